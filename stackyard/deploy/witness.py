"""Watch an operation, and keep what explains it before a rollback destroys it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Stack
from stackyard.aws.ecs import SERVICE
from stackyard.aws.patience import Patience
from stackyard.deploy import evidence, watch
from stackyard.deploy.events import (
    Cause,
    DeployEvent,
    Evidence,
    Noticed,
    Operation,
    Outcome,
    Progress,
    Rollout,
    Started,
    Watched,
)
from stackyard.deploy.explain import ended
from stackyard.deploy.rollout import Rollouts, reverted
from stackyard.errors import DeployError


@dataclass
class Story:
    """What was seen of one operation.

    Attributes:
        happened: in order.
        evidence: likewise.
        rollouts: of the services that it touched.
    """

    rollouts: Rollouts
    happened: list[Progress] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    tasks: set[str] = field(default_factory=set)
    failed: dict[str, int] = field(default_factory=dict)

    @property
    def since(self) -> datetime | None:
        """AWS's time of the first event."""
        return self.happened[0].event.time if self.happened else None


def witness(
    account: Account,
    stack_id: str,
    operation: Operation,
    known: set[str],
    since: datetime | None = None,
) -> Iterator[DeployEvent]:
    """Yield what happens until an operation has ended; the last is an Outcome.

    Args:
        account: the stack's.
        stack_id: of the root stack.
        operation: what it does to it.
        known: events from before.
        since: when it began, if what happened up to now is to be told too.

    Raises:
        DeployError: AWS cannot be asked, or the stack is gone; the operation itself goes on.
    """
    story = Story(Rollouts(account))
    yield from observe(account, stack_id, story, known, since)
    yield finished(account, stack_id, operation, story)


def observe(
    account: Account,
    stack_id: str,
    story: Story,
    known: set[str],
    since: datetime | None = None,
) -> Iterator[Watched]:
    """Yield what happens until an operation has ended, and note it in *story*.

    Args and Raises: as ``witness``.
    """
    for one in watch.rounds(account, stack_id, known, since):
        yield from map(Noticed, one.notices)
        for progress in one.news:
            story.happened.append(progress)
            story.rollouts.note(progress)
            yield progress
            yield from _kept(story, _of_failure(account, story, progress))
        yield from _rollouts(account, story)


def attach(account: Account, stack: Stack) -> Iterator[DeployEvent]:
    """Yield what the operation that a stack is in does, from its beginning to its Outcome.

    Raises:
        DeployError: AWS cannot be asked, or the stack is gone; the operation itself goes on.
    """
    started, since = begun(account, stack)
    yield started
    yield from witness(account, stack.id, started.operation, set(), since)


def begun(account: Account, stack: Stack) -> tuple[Started, datetime | None]:
    """Return the beginning of the operation that a stack is in, and when that was.

    Raises:
        DeployError: AWS cannot be asked.
    """
    first = watch.start(account, stack.id)
    operation = operation_of(first.status if first else stack.status)
    now = _now(account, stack.id)
    return Started(operation, stack.name, stack.id, now), first.time if first else None


def operation_of(status: str) -> Operation:
    """Return what a stack with this status is going through, a rollback with what it undoes."""
    if status.startswith("DELETE"):
        return "delete"
    return "create" if status.startswith(("CREATE", "ROLLBACK", "REVIEW")) else "update"


def finished(account: Account, stack_id: str, operation: Operation, story: Story) -> Outcome:
    """Return how an operation ended that is no longer in progress.

    Raises:
        DeployError: AWS cannot be asked, or the stack is gone.
    """
    patience = Patience()
    stack = patience.ask(lambda: watch.settled(account, stack_id))
    return ended(
        stack, operation, story.happened, story.evidence, undone(account, stack.status, story)
    )


def undone(account: Account, status: str, story: Story) -> list[Cause]:
    """Return the services that ECS rolled back although their stack is complete."""
    touched = story.rollouts.touched
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE") or not touched:
        return []
    found = Patience().ask(lambda: reverted(account, touched.values()))
    for cause in found:
        story.evidence += evidence.of_service(
            account, cause.name, cause.physical_id, story.tasks, story.since
        )
    return found


def _rollouts(account: Account, story: Story) -> Iterator[Watched]:
    for rollout in story.rollouts.look():
        yield rollout
        before = story.failed.get(rollout.service, 0)
        story.failed[rollout.service] = rollout.failed
        if story.rollouts.fails(rollout, before):
            yield from _kept(story, _of_rollout(account, story, rollout))


def _of_rollout(account: Account, story: Story, rollout: Rollout) -> Iterator[Evidence]:
    return evidence.of_service(account, rollout.name, rollout.service, story.tasks, story.since)


def _of_failure(account: Account, story: Story, progress: Progress) -> Iterator[Evidence]:
    """Yield what is known of a failure the moment it is told, when nothing is removed yet."""
    event = progress.event
    if event.status not in ("CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED"):
        return
    if event.type == SERVICE and event.physical_id.startswith("arn:"):
        yield from evidence.of_service(
            account, progress.name, event.physical_id, story.tasks, story.since
        )
    else:
        yield from evidence.of_function(account, progress)


def _kept(story: Story, found: Iterator[Evidence]) -> Iterator[Evidence]:
    for item in found:
        story.evidence.append(item)
        yield item


def _now(account: Account, stack_id: str) -> datetime | None:
    """Return the time by AWS's clock, which this machine's need not agree with."""
    client = account.client("cloudformation", cloudformation.name_of(stack_id))
    try:
        answer = client.describe_stacks(StackName=stack_id)
    except DeployError:
        return None
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
    return parsedate_to_datetime(date) if date else None
