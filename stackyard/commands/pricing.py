"""What a system costs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard import start
from stackyard.commands.options import Json, Verbose

if TYPE_CHECKING:
    from stackyard.pricing import Bill
    from stackyard.pricing.tables import Promise
    from stackyard.project import Project

Markdown = Annotated[bool, typer.Option("--markdown", help="Say it as Markdown.")]


def cost(
    context: typer.Context,
    blueprint: Annotated[str, typer.Argument(help="Only this system.")] = "",
    environment: Annotated[str, typer.Argument(help="Only this environment.")] = "",
    compare: Annotated[
        str, typer.Option(help="Show the difference to this environment of the same system.")
    ] = "",
    as_json: Json = False,
    markdown: Markdown = False,
    verbose: Verbose = False,
) -> None:
    """Price a month, line by line, with the assumptions in params/usage.yaml."""
    from stackyard.pricing import tables
    from stackyard.view_pricing import bill_table, comparison_table, totals_table

    bills = _bills(context.obj, blueprint, environment)
    if compare:
        (other,) = _bills(context.obj, bills[0].blueprint, compare)
        if as_json:
            print(json.dumps([bills[0].data(), other.data()], indent=2))
        else:
            comparison_table(other, bills[0], markdown=markdown)
        return
    promised = [tables.promises(bill.blueprint, bill.environment) for bill in bills]
    if as_json:
        print(json.dumps([_data(*both) for both in zip(bills, promised, strict=True)], indent=2))
    elif len(bills) > 1:
        totals_table(bills, markdown=markdown)
    else:
        bill_table(bills[0], promised[0], markdown=markdown)


def _data(bill: Bill, promised: Sequence[Promise]) -> dict[str, object]:
    rows = [
        {
            "row": item.row,
            "text": item.text,
            "usd": [item.least, item.most],
            "ours": ours(bill, item),
        }
        for item in promised
    ]
    return {**bill.data(), "promised": rows}


def ours(bill: Bill, promise: Promise) -> float:
    """Return what our bill says of what a document promises; the total if it names no kinds."""
    lines = [line for line in bill.lines if not promise.kinds or line.kind in promise.kinds]
    return round(sum(line.usd for line in lines), 2)


def _bills(project: Project, blueprint: str, environment: str) -> list[Bill]:
    from stackyard.environments import environments
    from stackyard.library import Library
    from stackyard.pricing import price, tables

    prices, usage = tables.prices(), tables.usage(project.params / "usage.yaml")
    names = [blueprint] if blueprint else [*Library(project).blueprints]
    return [
        price(start.resolved(project, name, chosen), prices, usage)
        for name in names
        for chosen in ([environment] if environment else environments(project.params, name))
    ]
