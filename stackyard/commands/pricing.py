"""What a system costs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard import start
from stackyard.commands.options import Json, Profile, Verbose
from stackyard.errors import UsageError

if TYPE_CHECKING:
    from stackyard.pricing import Bill
    from stackyard.pricing.tables import Promise
    from stackyard.project import Project

Markdown = Annotated[bool, typer.Option("--markdown", help="Say it as Markdown.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Compare the price table with AWS's.")]
Write = Annotated[bool, typer.Option("--write", help="With --refresh: correct the table.")]


def cost(
    context: typer.Context,
    blueprint: Annotated[str, typer.Argument(help="Only this system.")] = "",
    environment: Annotated[str, typer.Argument(help="Only this environment.")] = "",
    compare: Annotated[
        str,
        typer.Option(help="Show the difference to this environment, tag, branch or commit."),
    ] = "",
    refresh: Refresh = False,
    write: Write = False,
    profile: Profile = "",
    as_json: Json = False,
    markdown: Markdown = False,
    verbose: Verbose = False,
) -> None:
    """Price a month, line by line, with the assumptions in params/usage.yaml."""
    if write and not refresh:
        raise UsageError("cost: --write writes what --refresh has found; give both")
    if refresh:
        _refresh(profile, write=write, as_json=as_json)
    elif compare:
        if not environment:
            raise UsageError("cost: --compare is of one environment; name the system and it")
        _compare(context.obj, blueprint, environment, compare, as_json=as_json, markdown=markdown)
    else:
        _show(_bills(context.obj, blueprint, environment), as_json=as_json, markdown=markdown)


def _show(bills: Sequence[Bill], *, as_json: bool, markdown: bool) -> None:
    from stackyard.pricing import tables
    from stackyard.view_pricing import bill_table, totals_table

    promised = [tables.promises(bill.blueprint, bill.environment) for bill in bills]
    if as_json:
        print(json.dumps([_data(*both) for both in zip(bills, promised, strict=True)], indent=2))
    elif len(bills) > 1:
        totals_table(bills, markdown=markdown)
    else:
        bill_table(bills[0], promised[0], markdown=markdown)


def _compare(
    project: Project,
    blueprint: str,
    environment: str,
    other: str,
    *,
    as_json: bool,
    markdown: bool,
) -> None:
    """Compare with another environment, or with what a revision of the project would cost."""
    from stackyard.environments import environments
    from stackyard.observe.diff import release
    from stackyard.pricing import price, tables
    from stackyard.pricing.comparison import Comparison
    from stackyard.view_pricing import comparison_table

    (new,) = _bills(project, blueprint, environment)
    if other in environments(project.params, blueprint):
        (old,) = _bills(project, blueprint, other)
        names = other, environment
    else:
        # at the same prices and assumptions, so that the templates alone make the difference
        now = start.resolved(project, blueprint, environment)
        system = release(project.root, other, blueprint, environment, now=now)
        old = price(system, tables.prices(), tables.usage(project.params / "usage.yaml"))
        names = f"{environment} at {other}", environment
    comparison = Comparison(old, new, *names)
    if as_json:
        print(json.dumps(comparison.data(), indent=2))
    else:
        comparison_table(comparison, markdown=markdown)


def _refresh(profile: str, *, write: bool, as_json: bool) -> None:
    from dataclasses import asdict
    from datetime import date

    from stackyard.aws.account import Account
    from stackyard.aws.price_list import ENDPOINT_REGION
    from stackyard.pricing import refresh, tables

    path = tables.HERE / "prices.yaml"
    asked = list(
        refresh.ask(Account(ENDPOINT_REGION, profile), tables.prices(path), refresh.queries())
    )
    if as_json:
        print(json.dumps([{**asdict(row), "differs": row.differs} for row in asked], indent=2))
    for row in asked if not as_json else ():
        if row.differs:
            print(f"{row.name}: {row.old:g} in the table, {row.new:g} today")
        elif row.problem:
            print(f"{row.name}: {row.problem}", file=sys.stderr)
    if write:
        path.write_text(refresh.rewritten(path.read_text("utf-8"), asked, date.today()), "utf-8")
    found = sum(row.differs for row in asked)
    known = sum(row.new is not None for row in asked)
    told = "written" if write else "--write corrects the table" if found else "nothing to correct"
    print(
        f"{found} of {known} prices differ, {len(asked) - known} unknown; {told}", file=sys.stderr
    )


def _data(bill: Bill, promised: Sequence[Promise]) -> dict[str, object]:
    rows = [
        {
            "row": item.row,
            "text": item.text,
            "usd": [item.least, item.most],
            "ours": ours(bill, item),
            "reason": item.reason,
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
