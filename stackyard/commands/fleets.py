"""Commands of the fleet: what a rollout would do everywhere, do it, and see how it went."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from stackyard.commands.options import (
    Bucket,
    DataLoss,
    Environment,
    Json,
    Local,
    Profile,
    Region,
    Verbose,
    Yes,
)
from stackyard.commands.place import Where
from stackyard.commands.rollouts import (
    BLUEPRINT,
    Wish,
    approved_of,
    planned,
    ready,
    rolled_out,
    told,
)
from stackyard.errors import UsageError

app = typer.Typer(help="A system, or the bootstrap, in many accounts and regions.")
PATIENCE_SECONDS = 120  # a dead owner's lock has expired by then

Rollout = Annotated[str, typer.Argument(help="bootstrap, launch-roles, or a system as pyshop/dev.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE of a parameter for every account; repeatable."),
]
Overrides = Annotated[
    bool,
    typer.Option(help="Ask for the parameters of each instance: one call for each."),
]


@app.command("plan")
def fleet_plan(
    context: typer.Context,
    environment: Environment,
    rollout: Rollout,
    values: Values = None,
    overrides: Overrides = True,
    out: Annotated[
        Path | None, typer.Option(help="Write it to this file, for fleet deploy --plan.")
    ] = None,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say what a rollout would change in each account and region."""
    from stackyard.fleet import approved
    from stackyard.view_fleet import show_plan

    where = Where(region=region, profile=profile, bucket=bucket)
    with ready(context.obj, environment, rollout, values, where) as prepared:
        made = planned(prepared, overrides=overrides)
        if out:
            approved.write(out, approved_of(prepared, made))
    if as_json:
        print(json.dumps(made.data(), indent=2, default=str))
    else:
        show_plan(made)


@app.command("deploy")
def fleet_deploy(
    context: typer.Context,
    environment: Environment,
    rollout: Rollout,
    values: Values = None,
    overrides: Overrides = True,
    plan: Annotated[
        Path | None, typer.Option(help="Do exactly what this fleet plan --out file says.")
    ] = None,
    allow_data_loss: DataLoss = None,
    lock_timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for another deployment; 0 leaves.")
    ] = PATIENCE_SECONDS,
    on_local: Local = False,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Roll out, after a look at what it changes; failures are told with their reasons."""
    if on_local and plan:
        raise UsageError("fleet deploy: the embedded account has no StackSets to plan; drop --plan")
    wish = Wish(
        plan=plan,
        overrides=overrides,
        allowed=allow_data_loss or (),
        # a plan was approved when it was made; an embedded account is nobody's production
        yes=yes or on_local or plan is not None,
        as_json=as_json,
    )
    if as_json and not wish.yes:
        raise UsageError("fleet deploy: nobody can answer with --json; add --yes")
    where = Where(on_local=on_local, region=region, profile=profile, bucket=bucket)
    with ready(context.obj, environment, rollout, values, where) as prepared:
        here = prepared.site
        with here.target.locked(here.item.stack_name, lock_timeout) as lock:
            sys.exit(rolled_out(prepared, wish, lock))


@app.command("status")
def fleet_status(
    context: typer.Context,
    environment: Environment,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say how the instances are, and why those that failed did."""
    from stackyard.commands.targets import target
    from stackyard.fleet.targets import named

    found = target(context.obj, BLUEPRINT, environment, region=region, profile=profile)
    name, call_as = named(found.item.parameters)
    sys.exit(told(found.account, name, call_as, as_json=as_json))
