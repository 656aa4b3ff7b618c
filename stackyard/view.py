"""What a terminal shows, drawn by rich. Only the command line imports this."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from stackyard.resolved import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackyard.build import Report
    from stackyard.resolved import Resource, System
    from stackyard.view_watch import Watching

__all__ = ["Watching", "build_table", "progress", "resource_tree"]

console = Console()


def __getattr__(name: str) -> Any:
    """Return ``Watching``, whose import brings boto3, which no build needs."""
    if name == "Watching":
        from stackyard.view_watch import Watching

        return Watching
    raise AttributeError(name)


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
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))  # fits 80 columns
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
