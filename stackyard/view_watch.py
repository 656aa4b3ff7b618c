"""A deployment while it runs: a live tree on a terminal, plain lines in a pipe, or JSON lines."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text
from rich.tree import Tree

from stackyard.aws.cloudformation import STACK, Change
from stackyard.deploy.changes import ResourceChange
from stackyard.deploy.events import (
    Advice,
    DeployEvent,
    Emptied,
    Evidence,
    Noticed,
    Outcome,
    Planned,
    Progress,
    Removed,
    Rollout,
    Said,
    Started,
)
from stackyard.deploy.timeline import Item, Timeline
from stackyard.errors import DeployError

if TYPE_CHECKING:
    from stackyard.deploy.durations import Durations
    from stackyard.local.account import StandIn

console = Console()
STILL_SECONDS = 60  # in a pipe: CI ends what says nothing for ten minutes
LONGEST_REASON = 300
RESUME = "the same command"


class Watching:
    """Shows a deployment.

    Args:
        as_json: JSON: the outcome, as the last line.
        lines: with JSON a line for every other event as well.
        resume: the command that goes on watching after an interruption.
        waits: what each nested stack and resource needs first, by name.
        durations: what earlier runs took; this one is added when it is over.
    """

    def __init__(
        self,
        *,
        as_json: bool,
        lines: bool = False,
        resume: str = RESUME,
        waits: Mapping[str, frozenset[str]] | None = None,
        durations: Durations | None = None,
    ) -> None:
        self.as_json = as_json
        self.lines = lines
        self.resume = resume
        self.durations = durations
        self.timeline = Timeline(waits or {})
        self.outcome: Outcome | None = None
        self.running: Started | None = None
        self.started = time.monotonic()
        self._lock = threading.RLock()  # the terminal is drawn by a thread of rich's
        self._quiet = threading.Event()
        terminal = console.is_terminal and not as_json
        self.live = Live(console=console, transient=True, get_renderable=self._drawn)
        self.is_live = terminal

    def __enter__(self) -> Watching:
        """Begin to draw."""
        if self.is_live:
            self.live.start()
        elif not self.as_json:
            self._quiet.clear()
            threading.Thread(target=self._say_what_runs, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None = None, *_: object) -> None:
        """Stop drawing, and say how to resume if somebody has stopped watching."""
        self._quiet.set()
        if self.is_live:
            self.live.stop()
        if kind and issubclass(kind, KeyboardInterrupt) and self.running and not self.outcome:
            print(
                f"{self.running.stack_name}: no longer watched; AWS goes on with it, and "
                f"{self.resume} goes on watching",
                file=sys.stderr,
            )

    def asks(self, event: DeployEvent) -> bool:
        """Return whether a person should be asked before what *event* announces is done."""
        return isinstance(event, Planned) and not self.as_json

    def confirm(self, question: str) -> None:
        """Ask; anything but yes ends the program.

        Raises:
            DeployError: there is nobody to ask.
        """
        self.__exit__()
        confirm(question)
        self.__enter__()

    def see(self, event: DeployEvent) -> None:
        """Show one event."""
        with self._lock:
            self._take_in(event)
        if self.as_json:
            if self.lines and not isinstance(event, Outcome):
                print(json.dumps(line(event), default=str), flush=True)
            return
        for text in self._told(event):
            self._say(text)

    def finish(self, stand_ins: Sequence[StandIn] = (), notes: Sequence[str] = ()) -> int:
        """Say how it ended and return the exit status.

        Args:
            stand_ins: deployed resources with nothing behind them.
            notes: more lines for people.
        """
        end = self.outcome
        assert end is not None, "a deployment ends with an outcome"
        if self.durations:
            self.durations.remember(self.timeline.took)
        if self.as_json:
            data = {"event": "outcome", **asdict(end)}
            print(json.dumps({**data, "stand_ins": [asdict(one) for one in stand_ins]}))
            return 0 if end.is_good else 3
        _conclusion(end, time.monotonic() - self.started)
        for note in notes:
            print(note)
        if stand_ins:
            kinds = sorted({one.type for one in stand_ins})
            print(f"{len(stand_ins)} stand-ins, with nothing behind them here: {', '.join(kinds)}")
        return 0 if end.is_good else 3

    def _take_in(self, event: DeployEvent) -> None:
        if isinstance(event, Outcome):
            self.outcome = event
        elif isinstance(event, Planned | Started):
            self.timeline.begin(event)
            self.running = event if isinstance(event, Started) else None
        elif isinstance(event, Progress):
            self.timeline.see(event)
        elif isinstance(event, Rollout):
            self.timeline.roll(event)

    def _told(self, event: DeployEvent) -> list[str]:
        """Return the lines that stay of an event."""
        match event:
            case Planned():
                changes = event.preview.changes if event.preview else event.changes
                return [f"{event.operation} {event.stack_name}: {_counted(changes)}"]
            case Emptied():
                return [f"emptied {event.bucket} of {event.objects} objects"]
            case Removed():
                return [f"removed {event.type} {event.physical_id}"]
            case Noticed():
                return [event.text]
            case Said():
                return [f"{event.source}: {event.text}"]
            case Evidence():
                return evidence_lines(event)
            case Rollout() if event.failed or not self.is_live:
                return [f"{event.name}: {rollout_text(event)}"]
            case Progress():
                return self._progress(event)
        return []

    def _progress(self, progress: Progress) -> list[str]:
        event = progress.event
        if event.status.endswith("_FAILED"):
            name = progress.name or "the stack"
            return [f"{name}: {event.status} {shortened(event.reason)}"]
        if event.is_of_stack and progress.path and not self.is_live:
            return [f"{progress.name}: {event.status}"]
        return []

    def _say(self, text: str) -> None:
        if self.is_live:
            console.print(Text(text), soft_wrap=True)
        else:
            print(text, flush=True)

    def _say_what_runs(self) -> None:
        while not self._quiet.wait(STILL_SECONDS):
            with self._lock:
                running = [
                    self._timed(item)
                    for item in self.timeline.items.values()
                    if item.type != STACK and item.status.endswith("_IN_PROGRESS")
                ]
            if running:
                more = f" and {len(running) - 3} more" if len(running) > 3 else ""
                print(f"in progress: {', '.join(running[:3])}{more}", flush=True)

    def _timed(self, item: Item) -> str:
        seconds = span(self.timeline.running(item))
        return f"{item.name} {seconds}{self._usual(item)}"

    def _usual(self, item: Item) -> str:
        usual = self.durations and self.durations.usual(item.operation, item.name, item.type)
        if not usual:
            return ""
        return f" of about {span(usual.seconds)}{' (a guess)' if usual.is_estimate else ''}"

    def _drawn(self) -> Tree:
        with self._lock:
            return self._tree()

    def _tree(self) -> Tree:
        """Return the stacks and what is in progress in them, as much as the terminal holds."""
        root = self.timeline.items[""]
        if not self.running:
            return Tree("")
        tree = Tree(self._label(root, self.running.stack_name))
        branches = {"": tree}
        room = console.height - 3
        for stack in self.timeline.stacks():
            if room <= 0:
                break
            if stack.name:
                parent = branches.get(stack.name.rpartition("/")[0], tree)
                branches[stack.name] = parent.add(self._label(stack))
                room -= 1
            for item in self._worth_a_line(stack)[: max(0, room)]:
                branches[stack.name].add(self._label(item))
                room -= 1
        return tree

    def _worth_a_line(self, stack: Item) -> list[Item]:
        inside = [item for item in self.timeline.inside(stack.name) if item.type != STACK]
        failed = [item for item in inside if item.status.endswith("_FAILED")]
        return failed + [item for item in inside if item.status.endswith("_IN_PROGRESS")]

    def _label(self, item: Item, name: str = "") -> Text:
        label = Text(no_wrap=True, overflow="ellipsis")
        label.append(name or item.name.rpartition("/")[2], "bold" if item.type == STACK else "cyan")
        if not item.status:
            missing = [one.rpartition("/")[2] for one in self.timeline.missing(item.name)]
            after = f" waits for {', '.join(missing)}" if missing else " has not begun"
            return label.append(after, "dim")
        style = "red" if item.has_failed else "green" if item.is_over else "yellow"
        label.append(f" {item.status}", style)
        if item.is_over:
            label.append(f" {span(item.took)}" if item.took is not None else "")
        else:
            label.append(f" {span(self.timeline.running(item))}{self._usual(item)}")
        rollout = self.timeline.rollouts.get(item.name)
        if rollout and not item.is_over:
            label.append(f"; {rollout_text(rollout)}")
        if item.type == STACK:
            label.append(self._count(item), "dim")
        return label

    def _count(self, stack: Item) -> str:
        inside = self.timeline.inside(stack.name)
        done = sum(item.is_over for item in inside)
        return f" {done} of {len(inside)}" if inside else ""


def confirm(question: str) -> None:
    """Ask; anything but yes ends the program.

    Raises:
        DeployError: there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise DeployError(f"{question} nobody is here to answer; add --yes")
    typer.confirm(question, abort=True)


def line(event: DeployEvent) -> dict[str, Any]:
    """Return an event as one line of JSON."""
    kind = type(event).__name__.lower()
    if isinstance(event, Progress):
        row = event.event
        return {
            "event": kind,
            "name": event.name,
            "type": row.type,
            "physical_id": row.physical_id,
            "status": row.status,
            "reason": row.reason,
            "time": row.time.isoformat(),
        }
    if isinstance(event, Planned):
        facts = {"operation": event.operation, "stack_name": event.stack_name}
        rows = {"changes": [asdict(change) for change in event.changes]}
        known = event.preview.data() if event.preview else rows
        return {"event": kind, **facts, "refused": event.refused, **known}
    return {"event": kind, **asdict(event)}


def rollout_text(rollout: Rollout) -> str:
    """Return ``api:12 1 of 2 running, 1 pending, 3 failed``."""
    parts = [f"{rollout.running} of {rollout.desired} running"]
    parts += [f"{rollout.pending} pending"] if rollout.pending else []
    parts += [f"{rollout.failed} failed"] if rollout.failed else []
    parts += [f"{rollout.older} of the old revision"] if rollout.older else []
    if rollout.state == "FAILED":
        parts.append(f"circuit breaker: {rollout.reason or 'FAILED'}")
    return f"{rollout.task_definition} {', '.join(parts)}"


def evidence_lines(evidence: Evidence) -> list[str]:
    """Return a piece of evidence with its lines indented."""
    title = f"{evidence.name}: {evidence.title}"
    return [title, *(f"    {text}" for text in evidence.lines)]


def advice_lines(advice: Advice) -> list[str]:
    """Return what a reason means and what to do."""
    return [f"  means: {advice.meaning}", f"  to do: {advice.remedy}", f"  see: {advice.source}"]


def cause_lines(end: Outcome, about: str = "") -> list[str]:
    """Return why it failed, what explains that and what to do; nothing if it did not.

    Args:
        end: how it ended.
        about: what the first line begins with, if there are several stacks.
    """
    if end.cause is None:
        return []
    where = end.cause.name or end.stack_name
    found = [f"error: {about}{where} ({end.cause.type}): {end.cause.reason}"]
    for item in _of_cause(end):
        found += [f"  {text}" for text in evidence_lines(item)]
    return found + (advice_lines(end.cause.advice) if end.cause.advice else [])


def shortened(reason: str) -> str:
    """Return a reason on one line that can be read."""
    text = " ".join(reason.split())
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}..."


def span(seconds: float | None) -> str:
    """Return ``45s``, ``3m05s`` or ``1h02m``."""
    whole = int(seconds or 0)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest:02}s" if minutes < 60 else f"{minutes // 60}h{minutes % 60:02}m"


def _conclusion(end: Outcome, seconds: float) -> None:
    if end.result == "unchanged":
        print(f"{end.stack_name}: no changes")
    else:
        print(f"{end.stack_name}: {end.result} ({end.status}, {seconds:.1f} s)")
    for text in cause_lines(end):
        print(text, file=sys.stderr)
    for kept in end.remaining:
        print(f"remains: {kept.type} {kept.physical_id}: {kept.reason}")
    for name, value in end.outputs.items():
        print(f"  {name} = {value}")


def _of_cause(end: Outcome) -> Iterable[Evidence]:
    """Return the last piece of evidence of the cause; the others were shown when they came."""
    own = [item for item in end.evidence if end.cause and item.name == end.cause.name]
    return own[-1:]


def _counted(changes: Sequence[Change | ResourceChange]) -> str:
    counted = Counter(change.action.lower() for change in changes)
    return ", ".join(f"{count} to {action}" for action, count in counted.items()) or "nothing"
