"""Several environments deployed at once, each with an end of its own."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stackyard.deploy.events import DeployEvent, Outcome, Progress, Started
from stackyard.errors import DeployError, StackyardError
from stackyard.view_watch import line

if TYPE_CHECKING:
    from stackyard.deploy.lock import Lock

AT_A_TIME = 4
End = Outcome | StackyardError


@dataclass(frozen=True)
class Work:
    """What is to be done in one environment.

    Attributes:
        lock: its lock.
        begin: what is done while that is held.
    """

    lock: Callable[[], AbstractContextManager[Lock | None]]
    begin: Callable[[Lock | None], Iterator[DeployEvent]]


def run(works: Mapping[str, Work], *, as_json: bool) -> dict[str, End]:
    """Deploy environments side by side and return how each ended.

    An interruption gives their locks back and leaves them to AWS.
    """
    ends: dict[str, End] = {}
    running: dict[str, str] = {}
    slots = threading.Semaphore(AT_A_TIME)
    with ExitStack() as locks:

        def one(name: str, work: Work, held: ExitStack) -> None:
            with slots, held:
                ends[name] = _ended(name, work, held, running, as_json=as_json)
                running.pop(name, None)

        threads = []
        for name, work in works.items():
            # closed by its thread, or by whoever interrupts: a thread in mid-call cannot be ended
            held = ExitStack()
            locks.callback(held.close)
            threads.append(threading.Thread(target=one, args=(name, work, held), daemon=True))
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except KeyboardInterrupt:
            for name, stack_name in list(running.items()):
                print(
                    f"{name}: {stack_name} is no longer watched; AWS goes on with it, and the same "
                    "command goes on watching",
                    file=sys.stderr,
                )
            raise
    return {name: ends[name] for name in works}


def tell(ends: Mapping[str, End], *, as_json: bool) -> int:
    """Print how each environment ended and return the exit status, the gravest of all."""
    if as_json:
        data = {name: _data(end) for name, end in ends.items()}
        print(json.dumps({"event": "outcomes", "environments": data}, default=str))
    for name, end in ends.items():
        if isinstance(end, StackyardError):
            print(f"error: {name}: {end}", file=sys.stderr)
        elif not as_json:
            print(f"{name}: {end.stack_name} {end.result} ({end.status})")
            if end.cause:
                print(f"error: {name}: {end.cause.name}: {end.cause.reason}", file=sys.stderr)
    return max(_status(end) for end in ends.values())


def _ended(
    name: str, work: Work, held: ExitStack, running: dict[str, str], *, as_json: bool
) -> End:
    """Deploy one environment, with a line for each nested stack that is done."""
    last: Any = None
    try:
        for event in work.begin(held.enter_context(work.lock())):
            last = event
            if isinstance(event, Started):
                running[name] = event.stack_name
            if as_json and not isinstance(event, Outcome):
                told = {"environment": name, **line(event)}
                print(json.dumps(told, default=str), flush=True)
            elif isinstance(event, Progress) and event.event.is_of_stack and not as_json:
                print(f"{name}: {event.name or 'root'}: {event.event.status}", flush=True)
        assert isinstance(last, Outcome), "a deployment ends with an outcome"
    except StackyardError as error:
        return error
    except Exception as error:
        # the others' ends must be told all the same
        return DeployError(f"{type(error).__name__}: {error}; this is a defect: please report it")
    return last


def _data(end: End) -> dict[str, Any]:
    return {"error": str(end)} if isinstance(end, StackyardError) else asdict(end)


def _status(end: End) -> int:
    if isinstance(end, StackyardError):
        return end.status
    return 0 if end.is_good else DeployError.status
