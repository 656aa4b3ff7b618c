"""What a month will cost, for the question before a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stackyard.errors import BuildError

if TYPE_CHECKING:
    from stackyard.commands.place import Site
    from stackyard.resolved import System


def monthly(*found: Site) -> str:
    """Return what a month of it costs; empty where nothing is assumed about its usage."""
    from stackyard.pricing import tables
    from stackyard.pricing.monthly import told

    assumed = found[0].project.params / "usage.yaml"
    if not assumed.exists():
        return ""
    after = [
        here.build.resolve(here.item.blueprint, here.item, here.target.account.region)
        for here in found
    ]
    before = _deployed(found, after)
    return f", {told(before, after, tables.prices(), tables.usage(assumed))}"


def _deployed(found: Sequence[Site], after: Sequence[System]) -> list[System]:
    """Return what is there of several stacks; nothing if one of them cannot be read."""
    from stackyard.aws import cloudformation
    from stackyard.deploy.preview import deployed

    before = []
    for here, system in zip(found, after, strict=True):
        stack = cloudformation.describe(here.target.account, here.item.stack_name)
        # the empty shell of a change set has no template
        if stack and stack.status != "REVIEW_IN_PROGRESS":
            try:
                before.append(deployed(here.target.account, stack, system))
            except BuildError:
                return []
    return before
