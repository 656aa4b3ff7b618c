"""What a deployment says while it runs, for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from stackyard.aws.cloudformation import Change, Event
from stackyard.deploy.preview import Preview

Operation = Literal["create", "update", "delete", "orphan", "recover"]
Changed = Literal["created", "updated", "deleted", "orphaned", "recovered", "rolled back"]
Result = Changed | Literal["unchanged", "absent", "failed"]


@dataclass(frozen=True)
class Planned:
    """The change set is made; what it would do.

    Attributes:
        operation: of the root stack.
        stack_name: its name.
        changes: AWS's rows.
        preview: the same for people, nested stacks resolved.
        refused: whether it would lose data that nobody has named, so that it will not be done.
    """

    operation: Operation
    stack_name: str
    changes: Sequence[Change]
    preview: Preview | None = None
    refused: bool = False


@dataclass(frozen=True)
class Started:
    """AWS has begun.

    Attributes:
        operation: of the root stack.
        stack_name: its name.
        stack_id: its id.
        at: AWS's time, if somebody attaches to what began earlier.
    """

    operation: Operation
    stack_name: str
    stack_id: str
    at: datetime | None = None


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
class Rollout:
    """How far the deployment of an ECS service has come.

    Attributes:
        name: ``Api/Service``.
        service: its ARN.
        task_definition: ``api:12``, what is being rolled out.
        desired: tasks that shall run of it.
        running: those that run.
        pending: those that are starting.
        failed: those that stopped without ever being healthy; what trips the circuit breaker.
        older: tasks of earlier revisions that still run.
        state: ``IN_PROGRESS``, ``COMPLETED`` or ``FAILED``; empty where ECS does not say.
        reason: ECS's words.
    """

    name: str
    service: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed: int
    older: int
    state: str
    reason: str


@dataclass(frozen=True)
class Advice:
    """What people do about a reason that is known.

    Attributes:
        name: of the entry in ``reasons.yaml``.
        meaning: what has happened, in one sentence.
        remedy: what to do.
        source: page that says so.
    """

    name: str
    meaning: str
    remedy: str
    source: str


@dataclass(frozen=True)
class Evidence:
    """What explains a failure and will be gone after a rollback.

    Attributes:
        name: resource that it is about, ``Api/Service``.
        title: one line.
        lines: the end of a log.
        source: of the lines: log group and stream.
    """

    name: str
    title: str
    lines: Sequence[str] = ()
    source: str = ""


@dataclass(frozen=True)
class Noticed:
    """Something about the watching itself: AWS does not answer for a while."""

    text: str


@dataclass(frozen=True)
class Said:
    """A line of a program that works for the deployment.

    Attributes:
        source: ``image`` while it is built and pushed, ``migrations`` while they run.
        text: the line.
    """

    source: str
    text: str


@dataclass(frozen=True)
class Cause:
    """The first failure, through all nesting.

    Attributes:
        name: ``Network/PublicSubnet1``; empty if the stack itself failed.
        type: of the resource.
        physical_id: empty if it never came to exist.
        status: ``CREATE_FAILED``.
        reason: AWS's words.
        advice: what people do about it, if the reason is a known one.
    """

    name: str
    type: str
    physical_id: str
    status: str
    reason: str
    advice: Advice | None = None


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
    evidence: Sequence[Evidence] = ()

    @property
    def is_good(self) -> bool:
        """Whether the stack is as it was asked for."""
        return self.result not in ("rolled back", "failed")


Watched = Progress | Rollout | Evidence | Noticed
DeployEvent = Planned | Started | Watched | Said | Emptied | Removed | Outcome
