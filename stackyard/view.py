"""What a terminal shows, drawn by rich. Only the command line imports this."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from stackyard.build import Report

console = Console()


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar per step while the block runs; it is gone afterwards."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
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
