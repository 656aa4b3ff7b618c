"""Commands of the fleet: what a rollout would do everywhere, do it, and see how it went."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Annotated

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
from stackyard.commands.place import Site, Where, site
from stackyard.errors import UsageError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.fleet.plan import Plan
    from stackyard.fleet.source import Source
    from stackyard.fleet.status import Status
    from stackyard.fleet.targets import Targets

app = typer.Typer(help="A system, or the bootstrap, in many accounts and regions.")
BLUEPRINT = "fleet"
SHOWN = 10  # instances of one kind by name; --json lists all

Rollout = Annotated[str, typer.Argument(help="bootstrap, launch-roles, or a system as pyshop/dev.")]
Values = Annotated[
    list[str] | None,
    typer.Option("--set", help="NAME=VALUE of a parameter for every account; repeatable."),
]
Overrides = Annotated[
    bool,
    typer.Option(help="Ask for the parameters of each instance: one call for each."),
]


@dataclass(frozen=True)
class _Ready:
    """A fleet's environment, what is rolled out and to whom."""

    site: Site
    source: Source
    targets: Targets


@app.command("plan")
def fleet_plan(
    context: typer.Context,
    environment: Environment,
    rollout: Rollout,
    values: Values = None,
    overrides: Overrides = True,
    on_local: Local = False,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say what a rollout would change in each account and region."""
    from stackyard.fleet.plan import plan

    where = Where(on_local=on_local, region=region, profile=profile, bucket=bucket)
    with _ready(context.obj, environment, rollout, values, where) as ready:
        account = ready.site.target.account
        made = plan(account, ready.source, ready.targets, reads_overrides=overrides)
    _show(made, as_json=as_json)


@app.command("deploy")
def fleet_deploy(
    context: typer.Context,
    environment: Environment,
    rollout: Rollout,
    values: Values = None,
    overrides: Overrides = True,
    allow_data_loss: DataLoss = None,
    on_local: Local = False,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Roll out, after a look at what it changes; failures are told with their reasons."""
    from stackyard.deploy import gate
    from stackyard.fleet.plan import plan
    from stackyard.fleet.source import upload
    from stackyard.fleet.status import status

    if as_json and not (yes or on_local):
        raise UsageError("fleet deploy: nobody can answer with --json; add --yes")
    where = Where(on_local=on_local, region=region, profile=profile, bucket=bucket)
    with _ready(context.obj, environment, rollout, values, where) as ready:
        here, to = ready.site, ready.targets
        account = here.target.account
        # the embedded account has no StackSets: there it is the wiring that is tried
        if not account.is_embedded:
            made = plan(account, ready.source, to, reads_overrides=overrides)
            if not as_json:
                _show(made, as_json=False)
            gate.check(made.losses(), allow_data_loss or (), to.stack_set_name)
            if not yes and not typer.confirm(f"Roll out to {len(made.rows)} instances?"):
                raise typer.Abort
        for one in _regions(here, to):
            upload(context.obj, ready.source, account, here.bucket(), one)
        code = _deployed(here, ready.source.key, as_json=as_json)
        if not account.is_embedded:
            end = status(account, to.stack_set_name, to.call_as)
            _tell(end, as_json=as_json)
            code = code or (0 if end.is_well else 3)
    sys.exit(code)


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
    from stackyard.fleet.status import status
    from stackyard.fleet.targets import named

    found = target(context.obj, BLUEPRINT, environment, region=region, profile=profile)
    name, call_as = named(found.item.parameters)
    end = status(found.account, name, call_as)
    _tell(end, as_json=as_json)
    sys.exit(0 if end.is_well else 3)


@contextmanager
def _ready(
    project: Project, environment: str, rollout: str, given: list[str] | None, where: Where
) -> Iterator[_Ready]:
    """Build the fleet and what it rolls out."""
    from stackyard.fleet.source import source
    from stackyard.fleet.targets import targets
    from stackyard.parameter_files import complete

    values = {}
    for one in given or ():
        name, sign, value = one.partition("=")
        if not sign:
            raise UsageError(f"fleet: --set {one} has no value; write {one}=VALUE")
        values[name] = value
    with site(project, BLUEPRINT, environment, where) as here:
        account, bucket = here.target.account, here.bucket()
        if not bucket:
            raise UsageError("fleet: no bucket is known; add --bucket, or bootstrap first")
        chosen = source(project, rollout, account, bucket, values)
        body = here.build.library.template(f"blueprints/{BLUEPRINT}").body
        filled = complete(body, here.parameters)
        to = targets(account, filled)
        # the StackSet itself is made where the fleet's stack is, and reads its template there
        parameters = {**here.parameters, "TemplateKey": chosen.key}
        yield _Ready(replace(here, parameters=parameters), chosen, to)


def _regions(here: Site, to: Targets) -> list[str]:
    """Return where templates are put: where the StackSet is made, and each region's own bucket."""
    from stackyard.fleet.source import REGION

    own = here.target.account.region
    return [*dict.fromkeys([own, *to.regions])] if REGION in here.bucket() else [own]


def _deployed(here: Site, key: str, *, as_json: bool) -> int:
    from stackyard.deploy import apply
    from stackyard.view import Watching

    here.published()
    watching = Watching(
        as_json=as_json, resume=f"python build.py watch fleet {here.item.environment}"
    )
    with here.target.locked(here.item.stack_name, 120) as lock, watching:
        for event in apply.deploy(here.target.account, here.request(), lock):
            watching.see(event)
    return watching.finish([], [*here.notes, f"rolled out: {key}"])


def _show(plan: Plan, *, as_json: bool) -> None:
    from stackyard.deploy.preview import Preview
    from stackyard.view_plan import show

    if as_json:
        print(json.dumps(asdict(plan), indent=2, default=str))
        return
    state = "does not exist yet" if plan.is_new else "exists"
    counts = ", ".join(f"{count} {action}" for action, count in plan.counts().items())
    print(f"{plan.stack_set_name}: {state}; {counts or 'no instances'}")
    for changes in plan.distinct():
        rows = [row for row in plan.rows if row.changes is changes]
        for action in dict.fromkeys(row.action for row in rows):
            same = [row for row in rows if row.action == action]
            names = ", ".join(f"{row.account} {row.region}" for row in same[:SHOWN])
            more = f" and {len(same) - SHOWN} more" if len(same) > SHOWN else ""
            print(f"{action} in {len(same)}: {names}{more}")
        if changes:
            show(Preview(changes, "comparison"), "in each of them")
    for row in plan.rows:
        if not row.is_certain:
            print(f"{row.account} {row.region}: is {row.status}: {row.reason or 'no reason told'}")
    for loss in plan.losses():
        print(f"data loss: {loss}")


def _tell(end: Status, *, as_json: bool) -> None:
    from stackyard.fleet.status import by_reason

    if as_json:
        print(json.dumps(asdict(end), indent=2))
        return
    counts = ", ".join(f"{count} {status}" for status, count in end.counts.items())
    print(f"{end.name}: {end.status}; {counts or 'no instances'}")
    for reason, rows in by_reason(end.failures).items():
        places = ", ".join(f"{row.account} {row.region}" for row in rows[:SHOWN])
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        print(f"{len(rows)} failed: {reason}: {places}{more}", file=sys.stderr)
