"""A rollout for people: what it would do in each account and region, and how it went."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Protocol

from stackyard.deploy.preview import Preview
from stackyard.fleet.plan import Plan
from stackyard.fleet.status import Status, by_reason
from stackyard.view_plan import show

SHOWN = 10  # instances of one kind by name; --json lists all


class _Placed(Protocol):
    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


def show_plan(plan: Plan) -> None:
    """Print a plan, each change once for all instances that go through it."""
    state = "does not exist yet" if plan.is_new else "exists"
    counts = ", ".join(f"{count} {action}" for action, count in plan.counts().items())
    print(f"{plan.stack_set_name}: {state}; {counts or 'no instances'}")
    for changes in plan.distinct():
        rows = [row for row in plan.rows if row.changes is changes]
        for action in dict.fromkeys(row.action for row in rows):
            same = [row for row in rows if row.action == action]
            print(f"{action} in {len(same)}: {_places(same)}")
        if changes:
            show(Preview(changes, "comparison"), "in each of them")
    for row in plan.rows:
        if not row.is_certain:
            print(f"{row.account} {row.region}: is {row.status}: {row.reason or 'no reason told'}")
    for loss in plan.losses():
        print(f"data loss: {loss}")


def show_status(end: Status) -> None:
    """Print how instances are; what failed goes to the error output."""
    counts = ", ".join(f"{count} {status}" for status, count in end.counts.items())
    print(f"{end.name}: {end.status}; {counts or 'no instances'}")
    for reason, rows in by_reason(end.failures).items():
        print(f"{len(rows)} failed: {reason}: {_places(rows)}", file=sys.stderr)


def _places(rows: Sequence[_Placed]) -> str:
    names = ", ".join(f"{row.account} {row.region}" for row in rows[:SHOWN])
    return f"{names} and {len(rows) - SHOWN} more" if len(rows) > SHOWN else names
