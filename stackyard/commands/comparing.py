"""Commands that compare: environments, releases, and what is deployed with its template."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stackyard import start
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
from stackyard.commands.targets import locks_of, parameter_sets, target
from stackyard.errors import UsageError

if TYPE_CHECKING:
    from stackyard.deploy.target import Target as Place
    from stackyard.observe.diff import Difference
    from stackyard.observe.drift import Drift

DRIFTED = 5  # exit status: there is a difference
LONGEST = 100  # characters of a value


def diff(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    other: Annotated[str, typer.Argument(help="The environment to compare it with.")] = "",
    release: Annotated[
        str, typer.Option(help="Compare with the build of this tag, branch or commit.")
    ] = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show what differs between two environments, or since a release, with no account."""
    from stackyard.observe.diff import differences, kept
    from stackyard.observe.diff import release as built

    if not other and not release:
        raise UsageError("diff: nothing to compare with; name a second environment or --release")
    second = other or environment
    right = start.resolved(context.obj, blueprint, second, region)
    if release:
        left = built(context.obj.root, release, blueprint, environment, region, right)
    else:
        left = start.resolved(context.obj, blueprint, environment, region)
    found = list(differences(left, right))
    if not release:
        sets = {one.environment: one for one in parameter_sets(context.obj, blueprint)}
        found = [*kept(sets[environment], sets[second]), *found]
    first = f"{environment} at {release}" if release else environment
    if as_json:
        print(json.dumps([asdict(one) for one in found], indent=2, default=str))
    else:
        _print_differences(found, f"{blueprint} {first}", second)


def drift(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    with_governed: Annotated[
        bool, typer.Option("--governed", help="List what autoscaling and others govern, too.")
    ] = False,
    revert: Annotated[
        bool, typer.Option("--revert", help="Bring it back, by a drift-aware change set.")
    ] = False,
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Find what was changed behind the stack's back; exit status 5 if anything was."""
    from stackyard.observe import drift as observing

    if revert and as_json and not yes:
        raise UsageError("drift: nobody can answer with --json; add --yes")
    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    rows = list(observing.detect(found.account, found.stack().id))
    counted = [one for one in rows if one.counts]
    if as_json and not revert:
        print(json.dumps([asdict(one) | {"counts": one.counts} for one in rows], indent=2))
    elif not as_json:
        _print_drift(rows, found.item.stack_name, with_governed=with_governed)
    if revert and counted:
        place = locks_of(context.obj, found.item, region, profile, on_local=on_local)
        # a change set takes the whole stack back to its template
        for one in rows:
            for item, by in one.governed:
                said = f"{one.name}: {item.path}, which {by} has set, comes back as well"
                print(said, file=sys.stderr)
        sys.exit(_revert(place, found.item.stack_name, yes=yes, as_json=as_json))
    sys.exit(DRIFTED if counted else 0)


def _revert(place: Place, stack_name: str, *, yes: bool, as_json: bool) -> int:
    """Plan, ask, and bring a stack back to its template."""
    from stackyard.deploy import apply
    from stackyard.deploy.events import Planned
    from stackyard.deploy.lock import PATIENCE_SECONDS
    from stackyard.deploy.revert import prepare
    from stackyard.view_plan import show
    from stackyard.view_watch import Watching

    watching = Watching(as_json=as_json, lines=True)
    with place.locked(stack_name, PATIENCE_SECONDS) as lock:
        plan = prepare(place.account, stack_name, place.role_arn)
        if plan is None:
            print(f"{stack_name}: CloudFormation sees nothing to revert", file=sys.stderr)
            return DRIFTED
        with watching:
            for event in apply.carry_out(place.account, plan, lock):
                watching.see(event)
                if isinstance(event, Planned) and event.preview and not as_json:
                    show(event.preview, stack_name)
                if watching.asks(event) and not yes:
                    watching.confirm(f"Revert the drift of {stack_name}?")
    return watching.finish()


def _print_differences(found: Sequence[Difference], first: str, second: str) -> None:
    if not found:
        print(f"{first} and {second}: nothing differs")
        return
    path = ""
    for one in found:
        if one.kind != "differs":
            print(f"{'-' if one.kind == 'only left' else '+'} {one.path} ({one.type})")
            continue
        if one.path != path:
            print(f"> {one.path}{f' ({one.type})' if one.type else ''}")
        path = one.path
        print(f"    {one.key}: {_short(one.left)} -> {_short(one.right)}")
    print(f"{first} -> {second}: {len(found)} differences")


def _print_drift(rows: Sequence[Drift], stack_name: str, *, with_governed: bool) -> None:
    governed = 0
    for one in rows:
        governed += len(one.governed)
        if one.counts or with_governed:
            print(f"{one.status}  {one.name}  {one.type}  {one.physical_id}")
        for item in one.properties:
            print(f"    {item.path}: {_short(item.expected)} -> {_short(item.actual)}")
        for item, by in one.governed if with_governed else ():
            values = f"{_short(item.expected)} -> {_short(item.actual)}"
            print(f"    {item.path}: {values} (governed by {by})")
    counted = sum(one.counts for one in rows)
    folded = f", {governed} properties that something else governs" if governed else ""
    listed = "; --governed lists them" if governed and not with_governed else ""
    many = {0: "nothing has", 1: "1 resource has"}.get(counted, f"{counted} resources have")
    print(f"{stack_name}: {many} drifted{folded}{listed}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
