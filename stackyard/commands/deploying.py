"""The command that changes a stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands.options import (
    Blueprint,
    Bucket,
    DataLoss,
    Json,
    Local,
    Port,
    Profile,
    Region,
    Verbose,
    Yes,
)
from stackyard.commands.place import Site, Where, site
from stackyard.errors import StackyardError, UsageError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.deploy.events import DeployEvent
    from stackyard.deploy.lock import Lock
    from stackyard.view import Watching

PATIENCE_SECONDS = 120  # a dead owner's lock has expired by then


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What the command line asks for, besides the place."""

    blueprint: str
    plan: Path | None
    allowed: Sequence[str]
    lock_timeout: float
    yes: bool


def deploy(
    context: typer.Context,
    blueprint: Blueprint,
    environments: Annotated[
        list[str], typer.Argument(help="Its environments; several are deployed side by side.")
    ],
    on_local: Local = False,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="With --local: on an account that ends with it.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option(help="Execute exactly the change set of this plan --out file.")
    ] = None,
    allow_data_loss: DataLoss = None,
    lock_timeout: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for another deployment; 0 leaves.")
    ] = PATIENCE_SECONDS,
    port: Port = None,
    bucket: Bucket = "",
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Build a system and bring its stack to it."""
    where = Where(
        on_local=on_local,
        ephemeral=ephemeral,
        port=port,
        region=region,
        profile=profile,
        bucket=bucket,
    )
    where.check("deploy")
    wish = _Wish(
        blueprint=blueprint,
        plan=plan,
        allowed=allow_data_loss or (),
        lock_timeout=lock_timeout,
        # a plan was approved when it was made; an embedded account is nobody's production
        yes=yes or on_local or plan is not None,
    )
    if as_json and not wish.yes:
        raise UsageError("deploy: nobody can answer with --json; add --yes")
    if len(environments) == 1:
        with site(context.obj, blueprint, environments[0], where) as here:
            sys.exit(_one(here, wish, as_json=as_json))
    if plan or not wish.yes:
        option = "--plan is of one environment" if plan else "nobody can answer for several"
        remedy = "give one" if plan else "add --yes"
        raise UsageError(f"deploy: {option}; {remedy}")
    sys.exit(_several(context.obj, wish, where, environments, as_json=as_json))


def _one(here: Site, wish: _Wish, *, as_json: bool) -> int:
    from stackyard.deploy.events import Planned
    from stackyard.view_plan import show

    account, name = here.target.account, here.item.stack_name
    watching = _watching(here, wish, as_json=as_json)
    with here.target.locked(name, wish.lock_timeout) as lock, watching:
        for event in _events(here, wish, lock):
            watching.see(event)
            if isinstance(event, Planned) and not as_json and event.preview:
                if event.operation == "update" or not wish.yes:
                    show(event.preview, name)
                if not (event.refused or wish.yes):
                    place = f"{account.id} in {account.region}"
                    watching.confirm(f"Deploy {name} to {place}{_monthly(here)}?")
    stand_ins = here.server.stand_ins(account) if here.server else []
    return watching.finish(stand_ins, here.notes)


def _monthly(here: Site) -> str:
    """Return what a month of it costs; empty where nothing is assumed about its usage."""
    from stackyard.pricing import price, tables

    assumed = here.project.params / "usage.yaml"
    if not assumed.exists():
        return ""
    usage = tables.usage(assumed)
    system = here.build.resolve(here.item.blueprint, here.item, here.target.account.region)
    bill = price(system, tables.prices(), usage)
    return f", about ${bill.usd:,.0f} a month at prices of {bill.region}"


def _events(here: Site, wish: _Wish, lock: Lock | None) -> Iterator[DeployEvent]:
    """Publish and deploy, or execute what was approved."""
    from stackyard.deploy import apply, approved

    here.published()
    request = here.request(wish.allowed)
    account = here.target.account
    if wish.plan is None:
        yield from apply.deploy(account, request, lock)
    else:
        made = approved.prepare(account, request, approved.read(wish.plan))
        yield from apply.carry_out(account, made, lock)


def _watching(here: Site, wish: _Wish, *, as_json: bool) -> Watching:
    from stackyard.deploy.durations import Durations
    from stackyard.deploy.timeline import waits
    from stackyard.view import Watching

    item, account = here.item, here.target.account
    region = account.region
    place = "" if account.is_embedded else f"{account.id}/{region}/"
    system = here.build.resolve(wish.blueprint, item, region)
    durations = None
    if not account.is_embedded:
        path = here.project.work / "durations.json"
        durations = Durations(path, f"{place}{item.stack_name}")
    resume = f"python build.py deploy {wish.blueprint} {item.environment}"
    resume += " --local" if account.is_embedded else ""
    return Watching(
        as_json=as_json, lines=True, resume=resume, waits=waits(system), durations=durations
    )


def _several(
    project: Project, wish: _Wish, where: Where, environments: Sequence[str], *, as_json: bool
) -> int:
    """Deploy environments side by side; what fails in one keeps no other from its end."""
    from stackyard.commands import side_by_side

    failed: dict[str, StackyardError] = {}
    with ExitStack() as stack:
        sites = {}
        for name in dict.fromkeys(environments):
            try:
                # one after the other: each builds, and dist/ is one
                sites[name] = stack.enter_context(site(project, wish.blueprint, name, where))
            except StackyardError as error:
                failed[name] = error
        works = {
            name: side_by_side.Work(
                lock=partial(here.target.locked, here.item.stack_name, wish.lock_timeout),
                begin=partial(_events, here, wish),
            )
            for name, here in sites.items()
        }
        ends = failed | side_by_side.run(works, as_json=as_json)
    return side_by_side.tell(ends, as_json=as_json)
