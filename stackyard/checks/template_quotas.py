"""Templates, parameters and the system as a whole keep to CloudFormation's quotas."""

from __future__ import annotations

import json
import marshal
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from stackyard.checks import finding
from stackyard.findings import Finding
from stackyard.resolved import Stack, System

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
ENTRIES = {"Resources": 500, "Parameters": 200, "Outputs": 200, "Mappings": 200}
TEMPLATE_BYTES = 1024 * 1024  # from S3, as all of ours are read
VALUE_BYTES = 4096
DYNAMIC_REFERENCES = 60
RESOURCES_PER_OPERATION = 2500  # of a root stack and everything nested in it


def check(system: System) -> Iterator[Finding]:
    """Yield what exceeds a quota."""
    measured = _of_templates(_Same(system.templates))
    for stack in system.stacks():
        for message in _excesses(stack, *measured[stack.template]):
            yield finding(__name__, system, stack, message)
    total = sum(1 for _ in system.resources())
    if total > RESOURCES_PER_OPERATION:
        message = (
            f"the system has {total} resources, AWS handles {RESOURCES_PER_OPERATION} "
            "in one operation; split it into two systems"
        )
        yield finding(__name__, system, system.root, message)


def _excesses(stack: Stack, size: int, references: int) -> Iterator[str]:
    for section, most in ENTRIES.items():
        count = len(stack.body.get(section, {}))
        if count > most:
            yield f"{count} {section}, AWS takes {most}; move some to another nested template"
    if size > TEMPLATE_BYTES:
        yield f"{size} bytes, AWS takes {TEMPLATE_BYTES}; move resources to another template"
    if references > DYNAMIC_REFERENCES:
        yield f"{references} dynamic references, AWS takes {DYNAMIC_REFERENCES}; use fewer"
    for name, value in stack.parameters.items():
        passed = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        length = len(passed.encode())
        if length > VALUE_BYTES:
            yield f"{name} has {length} bytes, AWS takes {VALUE_BYTES}; pass less in one parameter"


class _Same:
    """Templates that are equal only to themselves: the environments of a blueprint share them."""

    def __init__(self, templates: Mapping[str, Any]) -> None:
        self.templates = templates

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.templates is other.templates

    def __hash__(self) -> int:
        return id(self.templates)


@lru_cache(maxsize=1)  # one blueprint after the other
def _of_templates(asked: _Same) -> dict[str, tuple[int, int]]:
    return {name: _measured(body) for name, body in asked.templates.items()}


def _measured(body: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many bytes a template has, if they may be too many, and dynamic references."""
    packed = marshal.dumps(
        dict(body), 2
    )  # five times as fast as JSON, and never under half its size
    if len(packed) * 2 <= TEMPLATE_BYTES:
        return 0, packed.count(b"{{resolve:")
    # the smallest form there is: the YAML in dist/ is never shorter
    written = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return len(written.encode()), written.count("{{resolve:")
