"""Follow a running operation through all nested stacks, by polling with as few calls as will do."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Event, Stack
from stackyard.aws.errors import AwsError
from stackyard.aws.patience import Patience, has_expired
from stackyard.deploy.events import Progress
from stackyard.errors import DeployError

POLL_SECONDS = 3.0
EMBEDDED_POLL_SECONDS = 0.1
# AWS names no rate for DescribeStackEvents; it is shared by all that call in the account, and
# consoles poll as well. No more than this together, however many stacks are at work
CALLS_PER_SECOND = 4
QUIET_ROUNDS = 3  # without news, after which a nested stack is asked only every fourth round
QUIET_EVERY = 4
GONE_QUIET_SECONDS = 60  # without an event, ask the stack itself
RECENT_EVENTS = 100  # one page
STARTS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "IMPORT_IN_PROGRESS")


@dataclass(frozen=True)
class Round:
    """What one round of asking brought.

    Attributes:
        news: in the order it happened.
        notices: what went wrong in asking.
    """

    news: list[Progress]
    notices: list[str]


@dataclass
class _Followed:
    path: tuple[str, ...]
    known: set[str] = field(default_factory=set)
    ended: bool = False
    decided: datetime | None = None  # when the last event about the stack itself happened
    quiet: int = 0  # rounds without news


@dataclass
class _Watch:
    account: Account
    root: str
    stacks: dict[str, _Followed]
    # AWS's time of the first event: what is older belongs to earlier operations
    since: datetime | None = None
    patience: Patience = field(default_factory=Patience)
    last_call: float = 0.0


def known_events(account: Account, stack_id: str) -> set[str]:
    """Return the ids of a stack's latest events, for ``follow`` to leave out."""
    newest = cloudformation.newest_events(account, stack_id)
    return {event.id for event in itertools.islice(newest, RECENT_EVENTS)}


def start(account: Account, stack_id: str) -> Event | None:
    """Return the event with which a stack's last operation began, None if it had none."""
    for event in cloudformation.newest_events(account, stack_id):
        if event.is_of_stack and event.status in STARTS:
            return event
    return None


def follow(account: Account, stack_id: str, known: set[str]) -> Iterator[Progress]:
    """Yield what happens to a stack and those nested in it until its operation has ended.

    Args:
        account: the stack's.
        stack_id: of the root stack.
        known: events from before the operation.

    Raises:
        DeployError: AWS cannot be asked, or the stack is gone; the operation itself goes on.
    """
    for one in rounds(account, stack_id, known):
        yield from one.news


def rounds(
    account: Account, stack_id: str, known: set[str], since: datetime | None = None
) -> Iterator[Round]:
    """Yield what each round of asking brings, nothing too, until the operation has ended.

    Args:
        account: the stack's.
        stack_id: of the root stack.
        known: events from before the operation.
        since: when it began, if what happened up to now is to be told too.

    Raises:
        DeployError: as ``follow``.
    """
    root = _Followed((), set(known))
    watch = _Watch(account, stack_id, {stack_id: root}, since)
    last_news = time.monotonic()
    for number in itertools.count():
        news = _asked(watch, number)
        yield _round(watch, news)
        if news:
            last_news = time.monotonic()
        if root.ended or time.monotonic() - last_news > GONE_QUIET_SECONDS:
            # a failed root may be about to roll back, and events can be late
            stack = _settled(watch)
            if not stack.status.endswith("_IN_PROGRESS"):
                yield _round(watch, _asked(watch, 0))
                return
            last_news, root.ended = time.monotonic(), False
        time.sleep(EMBEDDED_POLL_SECONDS if account.is_embedded else POLL_SECONDS)


def _round(watch: _Watch, news: list[Progress]) -> Round:
    notices, watch.patience.notices = watch.patience.notices, []
    return Round(news, notices)


def _asked(watch: _Watch, number: int) -> list[Progress]:
    """Return the news of a round.

    Raises:
        DeployError: there is no way to ask.
    """
    try:
        return _news(watch, number)
    except DeployError as error:
        raise detached(watch.root, error) from error


def detached(stack_id: str, error: DeployError) -> DeployError:
    """Return what to say when the watching ends and the operation does not."""
    name = cloudformation.name_of(stack_id)
    if has_expired(error):
        return DeployError(
            f"{name}: the credentials have expired while it was watched ({error}); AWS goes on with"
            " it and nothing is lost; log in again, then run the same command: it goes on watching"
        )
    return DeployError(
        f"{error}; AWS goes on with {name}; run the same command again: it goes on watching"
    )


def _news(watch: _Watch, number: int) -> list[Progress]:
    """Return what is new in the stacks that are in progress, in the order it happened."""
    news: list[Progress] = []
    waiting = [stack_id for stack_id in watch.stacks if _is_due(watch, stack_id, number)]
    while waiting:
        stack_id = waiting.pop(0)  # a parent first, so that nothing is told before its cause
        one = watch.stacks[stack_id]
        # pages move on while they are read, so that a row can come twice in one answer
        events = list({event.id: event for event in _events(watch, stack_id, one)}.values())
        one.quiet = 0 if events else one.quiet + 1
        one.known |= {event.id for event in events}
        for event in events:
            watch.since = watch.since or event.time
            news.append(Progress(one.path, event))
            if event.is_of_stack:
                _decide(one, event, is_root=stack_id == watch.root)
            elif event.type == STACK and _opens(watch, one, event):
                waiting += [event.physical_id] * (event.physical_id not in waiting)
    return sorted(news, key=lambda progress: progress.event.time)


def _is_due(watch: _Watch, stack_id: str, number: int) -> bool:
    """Return whether to ask a stack in this round; a nested one's end is told by its parent."""
    one = watch.stacks[stack_id]
    if one.ended:
        return False
    is_quiet = one.quiet >= QUIET_ROUNDS and stack_id != watch.root
    return not is_quiet or number % QUIET_EVERY == 0


def _events(watch: _Watch, stack_id: str, one: _Followed) -> list[Event]:
    _pace(watch)
    try:
        return watch.patience.ask(
            lambda: cloudformation.events(watch.account, stack_id, one.known, watch.since)
        )
    except AwsError as error:
        if error.code != "ValidationError" or "does not exist" not in error.reason:
            raise
        one.ended = True  # a deleted stack is remembered for 90 days, and not in every region
        return []


def _pace(watch: _Watch) -> None:
    if not watch.account.is_embedded:
        time.sleep(max(0.0, watch.last_call + 1 / CALLS_PER_SECOND - time.monotonic()))
        watch.last_call = time.monotonic()


def _decide(one: _Followed, event: Event, *, is_root: bool) -> None:
    """Note whether a stack is at rest after *event*, unless a younger one has told already.

    What failed inside a nested stack is rolled back only when the root is.
    """
    if one.decided is None or event.time >= one.decided:
        one.decided = event.time
        one.ended = event.status.endswith(("_COMPLETE", "_FAILED") if is_root else "_COMPLETE")


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
    if not nested.ended and not event.status.endswith("_IN_PROGRESS"):
        nested.quiet = 0  # its last events are there now
        return True
    return False


def _settled(watch: _Watch) -> Stack:
    try:
        return watch.patience.ask(lambda: settled(watch.account, watch.root))
    except DeployError as error:
        if isinstance(error, AwsError) or has_expired(error):
            raise detached(watch.root, error) from error
        raise


def settled(account: Account, stack_id: str) -> Stack:
    """Return a stack that exists.

    Raises:
        DeployError: it was deleted meanwhile.
    """
    stack = cloudformation.describe(account, stack_id)
    if stack is None:
        name = cloudformation.name_of(stack_id)
        raise DeployError(f"{name}: was deleted by somebody else meanwhile; deploy it again")
    return stack
