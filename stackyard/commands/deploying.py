"""The command that changes a stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands import staged
from stackyard.commands.imaging import SkipBuild, SkipDeploy, SkipMigrations, Skips, released
from stackyard.commands.month import monthly
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
from stackyard.commands.place import Site, Where
from stackyard.errors import StackyardError, UsageError
from stackyard.project import Project
from stackyard.stages import course

if TYPE_CHECKING:
    from stackyard.commands.side_by_side import End, Which, Work
    from stackyard.deploy.events import DeployEvent, Outcome
    from stackyard.deploy.lock import Lock
    from stackyard.stages import Course
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
    skips: Skips

    def of(self, system: Course, blueprint: str) -> _Wish:
        """Return what of it is about one stack of a system."""
        allowed = staged.own("--allow-data-loss", self.allowed, system, blueprint)
        return replace(self, blueprint=blueprint, allowed=allowed)


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
    skip_build: SkipBuild = False,
    skip_deploy: SkipDeploy = False,
    skip_migrations: SkipMigrations = False,
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
        skips=Skips(build=skip_build, deploy=skip_deploy, migrations=skip_migrations),
    )
    wish.skips.check(has_plan=plan is not None)
    if as_json and not wish.yes:
        raise UsageError("deploy: nobody can answer with --json; add --yes")
    courses = [course(context.obj, blueprint, name) for name in dict.fromkeys(environments)]
    if len(courses) > 1 and (plan or not wish.yes):
        option = "--plan is of one environment" if plan else "nobody can answer for several"
        remedy = "give one" if plan else "add --yes"
        raise UsageError(f"deploy: {option}; {remedy}")
    if skip_deploy:  # an image is of one stack
        courses = [one.alone() for one in courses]
    for text in () if as_json else [text for one in courses for text in staged.left_out(one)]:
        print(text)
    if len(courses) == 1 and (plan or len(courses[0].before) == 1):
        with staged.sites(context.obj, courses[0], where) as found:
            staged.take_deployed(found)
            if not skip_deploy:
                found[blueprint].check_taken()
            sys.exit(_one(found[blueprint], wish.of(courses[0], blueprint), as_json=as_json))
    sys.exit(_several(context.obj, wish, where, courses, as_json=as_json))


def _one(here: Site, wish: _Wish, *, as_json: bool) -> int:
    from stackyard.deploy.events import Planned
    from stackyard.view_plan import show

    account, name = here.target.account, here.item.stack_name
    watching, is_agreed = _watching(here, wish, as_json=as_json), wish.yes
    with here.target.locked(name, wish.lock_timeout) as lock, watching:
        for event in _events(here, wish, lock):
            watching.see(event)
            if isinstance(event, Planned) and not as_json and event.preview:
                if event.operation == "update" or not is_agreed:
                    show(event.preview, name)
                if not (event.refused or is_agreed):
                    is_agreed = True  # to the second step of a first deployment as well
                    place = f"{account.id} in {account.region}"
                    watching.confirm(f"Deploy {name} to {place}{monthly(here)}?")
    stand_ins = here.server.stand_ins(account) if here.server else []
    return watching.finish(stand_ins, here.notes)


def _events(here: Site, wish: _Wish, lock: Lock | None) -> Iterator[DeployEvent]:
    """Publish and deploy, or execute what was approved."""
    from stackyard.deploy import apply, approved
    from stackyard.images.release import migrated

    here.published()
    account = here.target.account
    if wish.plan is None:
        yield from released(here, wish.allowed, wish.skips, lock)
    else:
        request = here.request(wish.allowed)
        made = approved.prepare(account, request, approved.read(wish.plan))
        events = apply.carry_out(account, made, lock)
        yield from migrated(account, wish.skips.command(here.item), request, events, lock)


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
    project: Project, wish: _Wish, where: Where, courses: Sequence[Course], *, as_json: bool
) -> int:
    """Deploy several stacks: environments side by side, and stages before what takes of them.

    What fails in one environment keeps no other from its end.
    """
    from stackyard.commands import side_by_side

    failed: dict[Which, End] = {}
    works: dict[Which, Work] = {}
    places: dict[str, Mapping[str, Site]] = {}
    with ExitStack() as stack:
        for one in courses:
            try:
                # one after the other: each builds, and dist/ is one
                found = stack.enter_context(staged.sites(project, one, where))
            except StackyardError as error:
                if len(courses) == 1:
                    raise
                failed[staged.whiches(one)[one.last]] = error
                continue
            places[one.environment] = found
            works |= _works(found, wish, one)
        if not wish.yes:
            own = {name: wish.of(courses[0], name).allowed for name in courses[0].before}
            staged.ask(places[courses[0].environment], own, courses[0], monthly)
        ends = failed | side_by_side.Run(works, as_json=as_json).to_end()
        resume = "" if len(works) == len(places) else "the same command"
        status = side_by_side.tell(ends, as_json=as_json, resume=resume)
        if len(courses) == 1 and not as_json:
            staged.conclude(found.values(), [*ends.values()][-1])
    return status


def _works(found: Mapping[str, Site], wish: _Wish, of: Course) -> dict[Which, Work]:
    """Return what is to be done with each stack of a system."""
    from stackyard.commands.side_by_side import Work

    called = staged.whiches(of)
    return {
        called[name]: Work(
            lock=partial(here.target.locked, here.item.stack_name, wish.lock_timeout),
            begin=partial(_taking, here, wish.of(of, name)),
            after=[called[stage] for stage in of.before[name]],
        )
        for name, here in found.items()
    }


def _taking(
    here: Site, wish: _Wish, lock: Lock | None, before: Mapping[Which, Outcome]
) -> Iterator[DeployEvent]:
    """Deploy a stack with what its stages have given."""
    here.take({which.blueprint: end.outputs for which, end in before.items()})
    if not wish.skips.deploy:
        here.check_taken()
    yield from _events(here, wish, lock)
