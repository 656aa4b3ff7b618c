"""Several stacks at once, each with an end of its own, some after others."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from stackyard.deploy.events import (
    DeployEvent,
    Emptied,
    Noticed,
    Outcome,
    Progress,
    Said,
    Started,
)
from stackyard.errors import DeployError, StackyardError
from stackyard.view_watch import cause_lines, line

if TYPE_CHECKING:
    from stackyard.deploy.lock import Lock

AT_A_TIME = 4


class NotBegunError(DeployError):
    """Something that a stack waits for has failed."""


End = Outcome | StackyardError


class Which(NamedTuple):
    """A stack.

    Attributes:
        environment: that it belongs to.
        blueprint: that it is made from.
        stage_of: the blueprint whose stage it is; empty if it is none here.
    """

    environment: str
    blueprint: str
    stage_of: str = ""


@dataclass(frozen=True)
class Work:
    """What is to be done with one stack.

    Attributes:
        lock: its lock.
        begin: what is done while that is held, after how *after* ended.
        after: what must have ended well before.
    """

    lock: Callable[[], AbstractContextManager[Lock | None]]
    begin: Callable[[Lock | None, Mapping[Which, Outcome]], Iterator[DeployEvent]]
    after: Sequence[Which] = ()


class Run:
    """Stacks that are worked on side by side.

    Args:
        works: what is to be done with each.
        as_json: whether events are lines of JSON.
    """

    def __init__(self, works: Mapping[Which, Work], *, as_json: bool) -> None:
        self.works = works
        self.as_json = as_json
        self.ends: dict[Which, End] = {}
        self._names = names(works)
        self._running: dict[Which, str] = {}
        self._over = {which: threading.Event() for which in works}
        self._stopped = threading.Event()
        self._speaking = threading.Lock()
        self._slots = threading.Semaphore(AT_A_TIME)

    def to_end(self) -> dict[Which, End]:
        """Do it all and return how each stack ended.

        An interruption gives their locks back and leaves them to AWS.
        """
        with ExitStack() as locks:
            threads = []
            for which in self.works:
                # closed by its thread, or by whoever interrupts: a thread in mid-call cannot be
                # ended
                held = ExitStack()
                locks.callback(held.close)
                threads.append(threading.Thread(target=self._one, args=(which, held), daemon=True))
            try:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            except KeyboardInterrupt:
                self._stopped.set()
                for which, stack_name in list(self._running.items()):
                    print(
                        f"{self._names[which]}: {stack_name} is no longer watched; AWS goes on "
                        "with it, and the same command goes on watching",
                        file=sys.stderr,
                    )
                raise
        return {which: self.ends[which] for which in self.works}

    def _one(self, which: Which, held: ExitStack) -> None:
        work = self.works[which]
        for before in work.after:
            self._over[before].wait()
        with self._slots, held:
            if not self._stopped.is_set():
                self.ends[which] = self._unmet(work) or self._ended(which, held)
            self._running.pop(which, None)
        self._over[which].set()

    def _unmet(self, work: Work) -> NotBegunError | None:
        for before in work.after:
            end = self.ends.get(before)
            if not (isinstance(end, Outcome) and end.is_good):
                return NotBegunError(f"not begun, as {self._names[before]} did not end well")
        return None

    def _ended(self, which: Which, held: ExitStack) -> End:
        """Work on one stack, with a line for each nested stack that is done."""
        work, last = self.works[which], None
        ends = {before: self.ends[before] for before in work.after}
        met = {before: end for before, end in ends.items() if isinstance(end, Outcome)}
        try:
            for event in work.begin(held.enter_context(work.lock()), met):
                last = event
                if isinstance(event, Started):
                    self._running[which] = event.stack_name
                self._tell(which, event)
            assert isinstance(last, Outcome), "a deployment ends with an outcome"
        except StackyardError as error:
            return error
        except Exception as error:
            # the others' ends must be told all the same
            said = f"{type(error).__name__}: {error}"
            return DeployError(f"{said}; this is a defect: please report it")
        return last

    def _tell(self, which: Which, event: DeployEvent) -> None:
        text = self._line(which, event)
        if text:
            with self._speaking:  # or a line and its end come apart
                print(text, flush=True)

    def _line(self, which: Which, event: DeployEvent) -> str:
        """Return what is said of an event, nothing of most."""
        if self.as_json and not isinstance(event, Outcome):
            about = {"environment": which.environment, "blueprint": which.blueprint}
            return json.dumps({**about, **line(event)}, default=str)
        if isinstance(event, Progress) and event.event.is_of_stack:
            text = f"{event.name or 'root'}: {event.event.status}"
        elif isinstance(event, Noticed):
            text = event.text
        elif isinstance(event, Said):
            text = f"{event.source}: {event.text}"
        elif isinstance(event, Emptied):
            text = f"emptied {event.bucket} of {event.objects} objects"
        else:
            return ""
        return f"{self._names[which]}: {text}"


def names(stacks: Mapping[Which, object]) -> dict[Which, str]:
    """Return what each is called: blueprint, environment or both, as far as they differ."""
    blueprints = {which.blueprint for which in stacks}
    environments = {which.environment for which in stacks}
    if len(blueprints) == 1:
        return {which: which.environment for which in stacks}
    if len(environments) == 1:
        return {which: which.blueprint for which in stacks}
    return {which: f"{which.blueprint} {which.environment}" for which in stacks}


def tell(ends: Mapping[Which, End], *, as_json: bool, resume: str = "") -> int:
    """Print how each stack ended and return the exit status, the gravest of all.

    Args:
        ends: of all stacks.
        as_json: as one line of JSON.
        resume: the command that goes on after a failure, if what went well stays as it is.
    """
    status = max(_status(end) for end in ends.values())
    if as_json:
        print(json.dumps({"event": "outcomes", "environments": _all(ends)}, default=str))
    called = names(ends)
    for which, end in ends.items():
        name = called[which]
        if isinstance(end, StackyardError):
            print(f"error: {name}: {end}", file=sys.stderr)
        elif not as_json:
            print(f"{name}: {end.stack_name} {end.result} ({end.status})")
            for text in cause_lines(end, f"{name}: "):
                print(text, file=sys.stderr)
            for kept in end.remaining:
                print(f"{name}: remains: {kept.type} {kept.physical_id}: {kept.reason}")
    if status and resume and not as_json:
        print(f"what went well stays as it is; {resume} goes on with the rest", file=sys.stderr)
    return status


def _all(ends: Mapping[Which, End]) -> dict[str, dict[str, Any]]:
    """Return the ends by environment, those of stages within."""
    found: dict[str, dict[str, Any]] = {}
    for which, end in ends.items():
        own = found.setdefault(which.environment, {})
        if which.stage_of:
            own.setdefault("stages", {})[which.blueprint] = _data(end)
        else:
            own.update(_data(end))
    return found


def _data(end: End) -> dict[str, Any]:
    return {"error": str(end)} if isinstance(end, StackyardError) else asdict(end)


def _status(end: End) -> int:
    if isinstance(end, StackyardError):
        return end.status
    return 0 if end.is_good else DeployError.status
