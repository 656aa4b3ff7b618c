"""Start something on a stack and follow it to its end; shared by what recovers and removes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy import watch
from stackyard.deploy.events import DeployEvent, Operation, Progress, Started

Begin = Callable[[], None]


class Followed:
    """An operation on a stack.

    Attributes:
        happened: what was seen of it.
        status: of the stack at the end.
    """

    def __init__(self, account: Account, stack_id: str) -> None:
        self.account = account
        self.stack_id = stack_id
        self.happened: list[Progress] = []
        self.status = ""

    def run(self, operation: Operation, begin: Begin) -> Iterator[DeployEvent]:
        """Begin, and yield what happens until the stack is at rest.

        Raises:
            DeployError: AWS refuses or cannot be asked; what has begun goes on.
        """
        known = watch.known_events(self.account, self.stack_id)
        begin()
        yield Started(operation, cloudformation.name_of(self.stack_id), self.stack_id)
        yield from self._to_end(known)

    def attach(self) -> Iterator[DeployEvent]:
        """Yield what happens from now on until the stack is at rest, if it is not already."""
        known = watch.known_events(self.account, self.stack_id)
        self.status = watch.settled(self.account, self.stack_id).status
        if self.status.endswith("_IN_PROGRESS"):
            yield from self._to_end(known)

    def _to_end(self, known: set[str]) -> Iterator[DeployEvent]:
        for event in watch.follow(self.account, self.stack_id, known):
            if isinstance(event, Progress):
                self.happened.append(event)
            yield event
        self.status = watch.settled(self.account, self.stack_id).status
