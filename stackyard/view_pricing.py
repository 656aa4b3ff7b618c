"""Bills as tables, on a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from stackyard.pricing import Bill
from stackyard.pricing.comparison import Comparison, Difference
from stackyard.pricing.tables import Promise

console = Console()
MARKDOWN_WIDTH = 1000  # a row of Markdown must stay one line


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
    title = f"{bill.blueprint} {bill.environment}: ${bill.usd:,.2f} a month"
    _print(table, title, bill, markdown=markdown)
    totals = _table(markdown, "kind", right=("$/month",))
    for kind, usd in bill.by_kind().items():
        totals.add_row(kind, f"{usd:,.2f}")
    _draw(totals, markdown=markdown)
    if promised:
        _promises(bill, promised, markdown)


def _promises(bill: Bill, promised: Sequence[Promise], markdown: bool) -> None:
    from stackyard.commands.pricing import ours

    table = _table(markdown, "row", "the documents say", right=("$", "ours"))
    table.add_column("why it differs")
    for item in promised:
        said = f"{item.least:g}" if item.least == item.most else f"{item.least:g}-{item.most:g}"
        table.add_row(item.row, item.text, said, f"{ours(bill, item):,.2f}", item.reason)
    _draw(table, markdown=markdown)


def totals_table(bills: Sequence[Bill], *, markdown: bool) -> None:
    """Print the total of each environment."""
    table = _table(markdown, "blueprint", "environment", right=("$/month", "unpriced"))
    for bill in bills:
        total = f"{bill.usd:,.2f}"
        table.add_row(bill.blueprint, bill.environment, total, str(len(bill.unpriced)))
    _draw(table, markdown=markdown)
    console.print(f"list prices of {bills[0].region}, {bills[0].date}", style="dim")


def comparison_table(found: Comparison, *, markdown: bool) -> None:
    """Print what changes from one bill to another, by kind and then line by line."""
    headings = (found.old_name, found.new_name, "difference")
    table = _table(markdown, "kind", right=headings)
    for row in found.kinds:
        table.add_row(*_row(row))
    table.add_row(*_row(found.total), style="bold")
    title = f"{found.new.blueprint}: {found.old_name} and {found.new_name}, $ a month"
    _print(table, title, found.new, markdown=markdown)
    if found.lines:
        lines = _table(markdown, "resource (unit)", right=headings)
        for row in found.lines:
            lines.add_row(*_row(row))
        _draw(lines, markdown=markdown)


def _row(row: Difference) -> tuple[str, ...]:
    return row.what, f"{row.old:,.2f}", f"{row.new:,.2f}", f"{row.usd:+,.2f}"


def _table(markdown: bool, *left: str, right: Sequence[str]) -> Table:
    table = Table(box=box.MARKDOWN if markdown else box.SIMPLE_HEAD)
    for heading in left:
        table.add_column(heading)
    for heading in right:
        table.add_column(heading, justify="right")
    return table


def _print(table: Table, title: str, bill: Bill, *, markdown: bool) -> None:
    console.print(f"[bold]{title}[/] (list prices of {bill.region}, {bill.date})")
    _draw(table, markdown=markdown)
    for path, kind in bill.unpriced:
        console.print(f"unpriced: {path} {kind}", style="yellow")


def _draw(table: Table, *, markdown: bool) -> None:
    (Console(width=MARKDOWN_WIDTH) if markdown else console).print(table)
