"""Bills as tables, on a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from stackyard.pricing import Bill
from stackyard.pricing.tables import Promise

console = Console()


def bill_table(bill: Bill, promised: Sequence[Promise], *, markdown: bool) -> None:
    """Print a bill line by line, its totals, and what the system's documents promise."""
    table = _table(
        markdown, "stack", "resource", "item", right=("quantity", "unit price", "$/month")
    )
    last = ""
    for line in bill.lines:
        stack, _, resource = line.path.rpartition("/")
        shown = "" if stack == last and not markdown else stack
        price = f"{line.unit_usd:g} / {line.unit}"
        quantity = f"{line.quantity:,.6g}"
        table.add_row(shown, resource, line.item, quantity, price, f"{line.usd:,.2f}")
        last = stack
    _print(table, f"{bill.blueprint} {bill.environment}: ${bill.usd:,.2f} a month", bill)
    totals = _table(markdown, "kind", right=("$/month",))
    for kind, usd in bill.by_kind().items():
        totals.add_row(kind, f"{usd:,.2f}")
    console.print(totals)
    if promised:
        _promises(bill, promised, markdown)


def _promises(bill: Bill, promised: Sequence[Promise], markdown: bool) -> None:
    from stackyard.commands.pricing import ours

    table = _table(markdown, "row", "the documents say", right=("$", "ours"))
    table.add_column("why it differs")
    for item in promised:
        said = f"{item.least:g}" if item.least == item.most else f"{item.least:g}-{item.most:g}"
        table.add_row(item.row, item.text, said, f"{ours(bill, item):,.2f}", item.reason)
    console.print(table)


def totals_table(bills: Sequence[Bill], *, markdown: bool) -> None:
    """Print the total of each environment."""
    table = _table(markdown, "blueprint", "environment", right=("$/month", "unpriced"))
    for bill in bills:
        total = f"{bill.usd:,.2f}"
        table.add_row(bill.blueprint, bill.environment, total, str(len(bill.unpriced)))
    console.print(table)
    console.print(f"list prices of {bills[0].region}, {bills[0].date}", style="dim")


def comparison_table(old: Bill, new: Bill, *, markdown: bool) -> None:
    """Print what changes from one bill to another, by kind."""
    before, after = old.by_kind(), new.by_kind()
    table = _table(markdown, "kind", right=(old.environment, new.environment, "difference"))
    for kind in sorted(before.keys() | after.keys(), key=lambda kind: -after.get(kind, 0)):
        one, two = before.get(kind, 0.0), after.get(kind, 0.0)
        table.add_row(kind, f"{one:,.2f}", f"{two:,.2f}", f"{two - one:+,.2f}")
    difference = f"{new.usd - old.usd:+,.2f}"
    table.add_row("total", f"{old.usd:,.2f}", f"{new.usd:,.2f}", difference, style="bold")
    _print(table, f"{new.blueprint}: {old.environment} and {new.environment}, $ a month", new)


def _table(markdown: bool, *left: str, right: Sequence[str]) -> Table:
    table = Table(box=box.MARKDOWN if markdown else box.SIMPLE_HEAD)
    for heading in left:
        table.add_column(heading)
    for heading in right:
        table.add_column(heading, justify="right")
    return table


def _print(table: Table, title: str, bill: Bill) -> None:
    console.print(f"[bold]{title}[/] (list prices of {bill.region}, {bill.date})")
    console.print(table)
    for path, kind in bill.unpriced:
        console.print(f"unpriced: {path} {kind}", style="yellow")
