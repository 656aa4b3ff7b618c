"""Follow a running operation through all nested stacks, by polling with as few calls as will do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Event
from stackyard.deploy.events import Progress
from stackyard.errors import DeployError

POLL_SECONDS = 3.0
EMBEDDED_POLL_SECONDS = 0.1
# CloudFormation's rates are shared by the whole account; DescribeStackEvents is called once per
# stack that is in progress, and no more often than this together
CALLS_PER_SECOND = 4
GONE_QUIET_SECONDS = 60  # without an event, ask the stack itself


@dataclass
class _Followed:
    path: tuple[str, ...]
    known: set[str] = field(default_factory=set)
    ended: bool = False


@dataclass
class _Watch:
    account: Account
    root: str
    stacks: dict[str, _Followed]
    # AWS's time of the first event: what is older belongs to earlier operations
    since: datetime | None = None


def known_events(account: Account, stack_id: str) -> set[str]:
    """Return the ids of the events that a stack has now, for ``follow`` to leave out."""
    return {event.id for event in cloudformation.events(account, stack_id)}


def follow(account: Account, stack_id: str, known: set[str]) -> Iterator[Progress]:
    """Yield what happens to a stack and those nested in it until its operation has ended.

    Args:
        account: the stack's.
        stack_id: of the root stack.
        known: events from before the operation.

    Raises:
        DeployError: AWS cannot be asked, or the stack is gone; the operation itself goes on.
    """
    root = _Followed((), set(known))
    watch = _Watch(account, stack_id, {stack_id: root})
    last_news = time.monotonic()
    while True:
        news = _news(watch)
        yield from news
        if news:
            last_news = time.monotonic()
        if root.ended or time.monotonic() - last_news > GONE_QUIET_SECONDS:
            # a failed root may be about to roll back, and events can be late
            stack = settled(account, stack_id)
            if not stack.status.endswith("_IN_PROGRESS"):
                yield from _news(watch)
                return
            last_news, root.ended = time.monotonic(), False
        time.sleep(_pause(watch))


def _news(watch: _Watch) -> list[Progress]:
    """Return what is new in the stacks that are in progress, in the order it happened."""
    news: list[Progress] = []
    waiting = [stack_id for stack_id, one in watch.stacks.items() if not one.ended]
    while waiting:
        stack_id = waiting.pop(0)  # a parent first, so that nothing is told before its cause
        one = watch.stacks[stack_id]
        for event in cloudformation.events(watch.account, stack_id, one.known, watch.since):
            one.known.add(event.id)
            watch.since = watch.since or event.time
            news.append(Progress(one.path, event))
            if event.is_of_stack:
                one.ended = _is_end(event, is_root=stack_id == watch.root)
            elif event.type == STACK and _opens(watch, one, event):
                waiting.append(event.physical_id)
    return sorted(news, key=lambda progress: progress.event.time)


def _is_end(event: Event, *, is_root: bool) -> bool:
    """Return whether a stack is at rest after *event*.

    What failed inside a nested stack is rolled back only when the root is.
    """
    return event.status.endswith(("_COMPLETE", "_FAILED") if is_root else "_COMPLETE")


def _opens(watch: _Watch, parent: _Followed, event: Event) -> bool:
    """Note the nested stack that *event* is about and return whether it needs another look."""
    if not event.physical_id.startswith("arn:"):
        return False  # it does not exist yet
    nested = watch.stacks.get(event.physical_id)
    if nested is None:
        path = (*parent.path, event.logical_id)
        watch.stacks[event.physical_id] = _Followed(path)
        return True
    if nested.ended and event.status.endswith("_IN_PROGRESS"):
        nested.ended = False  # a rollback or deletion goes through it a second time
        return True
    return False


def _pause(watch: _Watch) -> float:
    if watch.account.is_embedded:
        return EMBEDDED_POLL_SECONDS
    open_stacks = sum(not one.ended for one in watch.stacks.values())
    return max(POLL_SECONDS, open_stacks / CALLS_PER_SECOND)


def settled(account: Account, stack_id: str) -> cloudformation.Stack:
    """Return a stack that exists.

    Raises:
        DeployError: it was deleted meanwhile.
    """
    stack = cloudformation.describe(account, stack_id)
    if stack is None:
        name = cloudformation.name_of(stack_id)
        raise DeployError(f"{name}: was deleted by somebody else meanwhile; deploy it again")
    return stack
