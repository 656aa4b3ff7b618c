"""What a terminal shows, drawn by rich. Only the command line imports this."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer
from rich import box
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from stackyard.deploy.events import DeployEvent, Emptied, Outcome, Planned, Progress, Removed
from stackyard.errors import DeployError
from stackyard.resolved import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackyard.aws.cloudformation import Change
    from stackyard.build import Report
    from stackyard.local.account import StandIn
    from stackyard.resolved import Resource, System

console = Console()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar per step while the block runs; it is gone afterwards."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bars(*columns, console=console, transient=True) as bars:
        tasks = {}

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=total)
            bars.update(tasks[step], completed=done, total=total)

        yield show


def build_table(report: Report) -> None:
    """Print the table of a build: a row per environment."""
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("blueprint", "environment"):
        table.add_column(heading)
    for heading in ("nested templates", "resources", "parameters", "findings", "seconds"):
        table.add_column(heading, justify="right")
    for row in report.rows:
        style = "red" if row.findings else ""
        numbers = (row.nested, row.resources, row.parameters, row.findings)
        cells = [row.blueprint, row.environment, *map(str, numbers), f"{row.seconds:.2f}"]
        table.add_row(*cells, style=style)
    console.print(table)


def resource_tree(system: System, chosen: Sequence[Resource]) -> None:
    """Print resources under their nested stacks, with what each property resolves to."""
    by_stack: dict[str, list[Resource]] = {}
    for resource in chosen:
        by_stack.setdefault(resource.path.rpartition("/")[0], []).append(resource)
    title = f"{system.blueprint} {system.environment} in {system.region}"
    tree = Tree(f"[bold]{title}[/] ({len(chosen)} resources)")
    for path, resources in by_stack.items():
        branch = tree.add(f"[bold]{path or system.stack_name}[/]")
        for resource in resources:
            leaf = branch.add(f"[cyan]{resource.logical_id}[/] {resource.type}")
            for name, value in resource.properties.items():
                leaf.add(Text(f"{name}: {_shown(value)}", overflow="fold"))
    console.print(tree)


def _shown(value: Any) -> str:
    data = plain(value)
    return data if isinstance(data, str) else json.dumps(data)


class Watching:
    """Shows a deployment: a line per nested stack on a terminal, plain lines in a pipe, or JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.stacks: dict[str, tuple[str, int]] = {}
        self.outcome: Outcome | None = None
        terminal = console.is_terminal and not as_json
        self.live = Live(console=console, transient=True) if terminal else None
        self.started = time.monotonic()

    def __enter__(self) -> Watching:
        """Begin to draw."""
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing; what matters is printed by ``finish``."""
        if self.live:
            self.live.stop()

    def asks(self, event: DeployEvent) -> bool:
        """Return whether a person should be asked before what *event* announces is done."""
        return isinstance(event, Planned) and not self.as_json

    def confirm(self, question: str) -> None:
        """Ask; anything but yes ends the program.

        Raises:
            DeployError: there is nobody to ask.
        """
        if not sys.stdin.isatty():
            raise DeployError(f"{question} nobody is here to answer; add --yes")
        self.__exit__()
        typer.confirm(question, abort=True)
        self.__enter__()

    def see(self, event: DeployEvent) -> None:
        """Show one event."""
        if isinstance(event, Outcome):
            self.outcome = event
        elif isinstance(event, Planned):
            self._say(f"{event.operation} {event.stack_name}: {_counted(event.changes)}")
        elif isinstance(event, Emptied):
            self._say(f"emptied {event.bucket} of {event.objects} objects")
        elif isinstance(event, Removed):
            self._say(f"removed {event.type} {event.physical_id}")
        elif isinstance(event, Progress):
            self._progress(event)

    def finish(self, stand_ins: Sequence[StandIn] = (), notes: Sequence[str] = ()) -> int:
        """Say how it ended and return the exit status.

        Args:
            stand_ins: deployed resources with nothing behind them.
            notes: more lines for people.
        """
        end = self.outcome
        assert end is not None, "a deployment ends with an outcome"
        if self.as_json:
            print(json.dumps({**asdict(end), "stand_ins": [asdict(one) for one in stand_ins]}))
            return 0 if end.is_good else 3
        seconds = time.monotonic() - self.started
        if end.result == "unchanged":
            print(f"{end.stack_name}: no changes")
        else:
            print(f"{end.stack_name}: {end.result} ({end.status}, {seconds:.1f} s)")
        if end.cause:
            where = end.cause.name or end.stack_name
            print(f"error: {where} ({end.cause.type}): {end.cause.reason}", file=sys.stderr)
        for kept in end.remaining:
            print(f"remains: {kept.type} {kept.physical_id}: {kept.reason}")
        for name, value in end.outputs.items():
            print(f"  {name} = {value}")
        for note in notes:
            print(note)
        if stand_ins:
            kinds = sorted({one.type for one in stand_ins})
            print(f"{len(stand_ins)} stand-ins, with nothing behind them here: {', '.join(kinds)}")
        return 0 if end.is_good else 3

    def _progress(self, event: Progress) -> None:
        stack = "/".join(event.path) or "root"
        if event.event.is_of_stack:
            _, done = self.stacks.get(stack, ("", 0))
            self.stacks[stack] = (event.event.status, done)
            if event.path:
                self._say(f"{stack}: {event.event.status}", transient=True)
        else:
            status, done = self.stacks.get(stack, ("", 0))
            finished = event.event.status.endswith("_COMPLETE")
            self.stacks[stack] = (status, done + finished)
            if event.event.status.endswith("_FAILED"):
                self._say(f"{event.name}: {event.event.status} {event.event.reason}")
        if self.live:
            self.live.update(self._table())

    def _table(self) -> Table:
        table = Table(box=None, padding=(0, 2))
        for stack, (status, done) in self.stacks.items():
            style = "green" if status.endswith("COMPLETE") else "yellow"
            style = "red" if "FAILED" in status or "ROLLBACK" in status else style
            table.add_row(stack, f"[{style}]{status}[/]", f"{done} resources")
        return table

    def _say(self, text: str, *, transient: bool = False) -> None:
        if self.as_json or (transient and self.live):
            return
        if self.live:
            console.print(text)
        else:
            print(text, flush=True)


def _counted(changes: Sequence[Change]) -> str:
    counted = Counter(change.action.lower() for change in changes)
    return ", ".join(f"{count} to {action}" for action, count in counted.items()) or "nothing"
