"""Start something on a stack and follow it to its end; shared by what recovers and removes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.patience import Patience
from stackyard.deploy import watch
from stackyard.deploy.events import Cause, DeployEvent, Evidence, Operation, Progress, Started
from stackyard.deploy.explain import advised, first_cause
from stackyard.deploy.rollout import Rollouts
from stackyard.deploy.witness import Story, begun, observe, undone

Begin = Callable[[], None]


class Followed:
    """An operation on a stack.

    Attributes:
        story: what was seen of it.
        status: of the stack at the end.
        undone: services that ECS rolled back although the stack is complete.
    """

    def __init__(self, account: Account, stack_id: str) -> None:
        self.account = account
        self.stack_id = stack_id
        self.story = Story(Rollouts(account))
        self.status = ""
        self.undone: Sequence[Cause] = ()

    @property
    def happened(self) -> Sequence[Progress]:
        """Return what became of the resources."""
        return self.story.happened

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Return what explains its failures."""
        return tuple(self.story.evidence)

    @property
    def cause(self) -> Cause | None:
        """Return the first failure, None if nothing failed."""
        if self.undone:
            return advised(self.undone[0], self.story.evidence)
        return first_cause(self.story.happened, self.story.evidence)

    def run(self, operation: Operation, begin: Begin) -> Iterator[DeployEvent]:
        """Begin, and yield what happens until the stack is at rest.

        Raises:
            DeployError: AWS refuses or cannot be asked; what has begun goes on.
        """
        self.story = Story(Rollouts(self.account))
        known = watch.known_events(self.account, self.stack_id)
        begin()
        yield Started(operation, cloudformation.name_of(self.stack_id), self.stack_id)
        yield from self._to_end(known)

    def attach(self) -> Iterator[DeployEvent]:
        """Yield what the operation that the stack is in does, from its beginning, if it is in one.

        Raises:
            DeployError: AWS cannot be asked; the operation goes on.
        """
        stack = watch.settled(self.account, self.stack_id)
        self.status = stack.status
        if self.status.endswith("_IN_PROGRESS"):
            started, since = begun(self.account, stack)
            yield started
            yield from self._to_end(set(), since)

    def _to_end(self, known: set[str], since: datetime | None = None) -> Iterator[DeployEvent]:
        yield from observe(self.account, self.stack_id, self.story, known, since)
        self.status = Patience().ask(lambda: watch.settled(self.account, self.stack_id)).status
        self.undone = undone(self.account, self.status, self.story)
