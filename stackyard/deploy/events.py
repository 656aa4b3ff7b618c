"""What a deployment says while it runs, for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from stackyard.aws.cloudformation import Change, Event

Operation = Literal["create", "update", "delete"]
Result = Literal["created", "updated", "unchanged", "deleted", "rolled back", "failed"]


@dataclass(frozen=True)
class Planned:
    """The change set is made; what it would do."""

    operation: Operation
    stack_name: str
    changes: Sequence[Change]


@dataclass(frozen=True)
class Started:
    """AWS has begun."""

    operation: Operation
    stack_name: str
    stack_id: str


@dataclass(frozen=True)
class Progress:
    """A resource, or a stack itself, has come to a new status.

    Attributes:
        path: logical ids of the nested stacks that it is in, outermost first.
        event: the row of the stack's events.
    """

    path: tuple[str, ...]
    event: Event

    @property
    def name(self) -> str:
        """Return where it is: ``Network/PublicSubnet1``, empty for the root stack itself."""
        own = () if self.event.is_of_stack else (self.event.logical_id,)
        return "/".join((*self.path, *own))


@dataclass(frozen=True)
class Emptied:
    """A bucket that is to go was emptied."""

    bucket: str
    objects: int


@dataclass(frozen=True)
class Removed:
    """Something that a stack left behind on purpose was deleted."""

    type: str
    physical_id: str


@dataclass(frozen=True)
class Cause:
    """The first failure, through all nesting.

    Attributes:
        name: ``Network/PublicSubnet1``; empty if the stack itself failed.
        type: of the resource.
        physical_id: empty if it never came to exist.
        status: ``CREATE_FAILED``.
        reason: AWS's words.
    """

    name: str
    type: str
    physical_id: str
    status: str
    reason: str


@dataclass(frozen=True)
class Remaining:
    """Something that exists on after its stack, and why."""

    type: str
    physical_id: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """The end. It is always the last event."""

    result: Result
    stack_name: str
    status: str
    outputs: Mapping[str, str] = field(default_factory=dict)
    cause: Cause | None = None
    remaining: Sequence[Remaining] = ()

    @property
    def is_good(self) -> bool:
        """Whether the stack is as it was asked for."""
        return self.result not in ("rolled back", "failed")


DeployEvent = Planned | Started | Progress | Emptied | Removed | Outcome
