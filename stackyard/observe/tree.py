"""The resources of a stack and of all that are nested in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK
from stackyard.aws.patience import Patience
from stackyard.errors import DeployError


@dataclass(frozen=True)
class Found:
    """A deployed resource.

    Attributes:
        name: logical ids from the root's, ``Api/Service``.
        stack_id: of the stack that it is directly in.
    """

    name: str
    type: str
    physical_id: str
    status: str
    stack_id: str

    @property
    def parent(self) -> str:
        """Name of the nested stack that it is in, empty for the root."""
        return self.name.rpartition("/")[0]


def resources(account: Account, stack_id: str, parent: str = "") -> Iterator[Found]:
    """Yield every resource, nested stacks included, each before what is in it.

    Raises:
        DeployError: AWS cannot be asked.
    """
    patience = Patience()
    for one in patience.ask(lambda: cloudformation.resources(account, stack_id)):
        name = f"{parent}/{one.logical_id}" if parent else one.logical_id
        yield Found(name, one.type, one.physical_id, one.status, stack_id)
        if one.type == STACK and one.physical_id.startswith("arn:"):
            yield from resources(account, one.physical_id, name)


def chosen(found: Sequence[Found], name: str, what: str) -> Found:
    """Return the one whose name is, ends in or begins with *name*; the only one if it is empty.

    Raises:
        DeployError: there is none, or more than one.
    """
    fitting = [one for one in found if one.name == name] or [
        one
        for one in found
        if not name
        or one.name.endswith(f"/{name}")
        or one.name.startswith(f"{name}/")
        or one.physical_id == name
    ]
    if len(fitting) == 1:
        return fitting[0]
    names = [one.name for one in fitting or found]
    if not names:
        raise DeployError(f"{what}: this stack has none; deploy it first")
    near = difflib.get_close_matches(name, names, n=1) if not fitting else []
    hint = f"did you mean {near[0]!r}? " if near else ""
    shown = ", ".join(sorted(names)[:10])
    said = "name one of them" if not name else f"no {name!r}" if not fitting else "name one"
    raise DeployError(f"{what}: {said}; {hint}there are: {shown}")
