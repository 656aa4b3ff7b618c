"""Commands about office hours: wake, sleep."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands.options import (
    Blueprint,
    Environment,
    Json,
    Local,
    Profile,
    Region,
    Verbose,
    Yes,
)
from stackyard.commands.targets import target
from stackyard.errors import UsageError

if TYPE_CHECKING:
    from stackyard.awake import Step

A_DAY = 24  # hours


def wake(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    lasting: Annotated[
        float | None, typer.Option("--hours", min=0.25, max=24 * 14, help="For how long; a day.")
    ] = None,
    until: Annotated[
        str, typer.Option(help="Until 22:00 or 2026-11-21T02:00, in the office's time zone.")
    ] = "",
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Wake an environment out of office hours, database first, and keep it awake for a day."""
    from stackyard import awake

    if until and lasting is not None:
        raise UsageError("wake: --hours and --until say the same; give one")
    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    known = awake.hours(found.account, found.stack().id)
    end = awake.moment(until, lasting or A_DAY, known.zone)
    _print(awake.wake(found.account, known, end), as_json=as_json)


def sleep(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Put an environment to sleep now, until its next opening hour."""
    from stackyard import awake

    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    known = awake.hours(found.account, found.stack().id)
    if not (yes or on_local):
        name = f"{found.item.stack_name} in {found.account.region}"
        typer.confirm(f"End all tasks of {name} and stop its database?", abort=True, err=True)
    _print(awake.sleep(found.account, known), as_json=as_json)


def _print(steps: Iterable[Step], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([asdict(step) for step in steps], indent=2))
        return
    for step in steps:
        print(f"{step.what}: {step.state}", flush=True)
