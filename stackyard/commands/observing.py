"""Commands that look at what is deployed: watch, status, outputs, resources, events."""

from __future__ import annotations

import json
import sys
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
)
from stackyard.commands.targets import parameter_sets, target, with_stages
from stackyard.errors import DeployError, UsageError

if TYPE_CHECKING:
    from stackyard.observe.status import Status


def watch(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Watch what a stack is going through, from its beginning to its end."""
    from stackyard import start
    from stackyard.deploy.durations import Durations
    from stackyard.deploy.timeline import waits
    from stackyard.deploy.witness import attach
    from stackyard.view_watch import Watching

    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    stack = found.stack()
    if not stack.status.endswith("_IN_PROGRESS") or stack.status == "REVIEW_IN_PROGRESS":
        if as_json:
            print(json.dumps({"event": "idle", "stack_name": stack.name, "status": stack.status}))
        else:
            print(f"{stack.name}: {stack.status}; nothing is in progress")
        return
    system = start.resolved(context.obj, blueprint, environment, found.account.region)
    durations = None
    if not on_local:
        where = found.account
        key = f"{where.id}/{where.region}/{stack.name}"
        durations = Durations(context.obj.work / "durations.json", key)
    watching = Watching(as_json=as_json, lines=True, waits=waits(system), durations=durations)
    with watching:
        for event in attach(found.account, stack):
            watching.see(event)
    sys.exit(watching.finish())


def status(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Annotated[str, typer.Argument(help="Only this environment.")] = "",
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Say how each environment is: stack, build, services, alarms."""
    from concurrent.futures import ThreadPoolExecutor

    from stackyard.library import known
    from stackyard.observe import status as observing

    sets = parameter_sets(context.obj, blueprint)
    if environment:
        known("environment", environment, [one.environment for one in sets], blueprint)
    targets = [
        each
        for one in sets
        if environment in ("", one.environment)
        for each in with_stages(context.obj, one, on_local=on_local, region=region, profile=profile)
    ]
    with ThreadPoolExecutor(4) as pool:
        asked = [
            pool.submit(
                observing.status,
                one.account,
                one.item.stack_name,
                one.item.environment,
                observing.built_digest(context.obj.dist, one.item.blueprint),
            )
            for one in targets
        ]
    found: list[Status] = []
    failed: list[DeployError] = []
    for one in asked:
        try:
            found.append(one.result())
        except DeployError as error:  # one account's refusal hides no other's answer
            failed.append(error)
    if as_json:
        rows = [asdict(one) | {"current": one.is_current, "well": one.is_well} for one in found]
        print(json.dumps(rows, indent=2, default=str))
    else:
        from stackyard.view_status import status_table

        status_table(found)
    if failed:
        raise DeployError("\n".join(map(str, failed)))


def resources(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    name: Annotated[str, typer.Argument(help="Nested/LogicalId: show it as it is now.")] = "",
    kind: Annotated[
        str, typer.Option("--type", help="Only resources whose type contains this.")
    ] = "",
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """List what is deployed, or show one resource with its live properties."""
    from stackyard.observe import resources as observing
    from stackyard.observe import tree

    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    rows = [
        one
        for one in tree.resources(found.account, found.stack().id)
        if kind.lower() in one.type.lower()
    ]
    if not name:
        if as_json:
            print(json.dumps([asdict(one) for one in rows], indent=2))
        else:
            for one in rows:
                print(f"{one.name}  {one.type}  {one.status}  {one.physical_id}")
        return
    one = tree.chosen(rows, name, "resources")
    properties, why = observing.live(found.account, one)
    if as_json:
        print(json.dumps({**asdict(one), "properties": properties, "unreadable": why}, indent=2))
        return
    print(f"{one.name}  {one.type}  {one.status}  {one.physical_id}")
    print(json.dumps(properties, indent=2) if properties is not None else f"properties: {why}")


def events(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    since: Annotated[
        str, typer.Option(help="From then on: 30m, 2h, 3d, or a time; else the last operation.")
    ] = "",
    failed: Annotated[bool, typer.Option("--failed", help="Only failures.")] = False,
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Print what happened to a stack and those nested in it, and the first cause of a failure."""
    from stackyard.deploy.explain import first_cause
    from stackyard.observe import events as observing
    from stackyard.observe import logs
    from stackyard.view_watch import advice_lines, line, shortened

    try:
        begin = logs.since(since) if since else None
    except ValueError:
        raise UsageError(f"events: --since {since!r}; write 30m, 2h, 3d or a time") from None
    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    happened = observing.happened(found.account, found.stack().id, begin)
    shown = [one for one in happened if not failed or one.event.status.endswith("_FAILED")]
    cause = first_cause(happened)
    if as_json:
        data = {"events": [line(one) for one in shown], "cause": asdict(cause) if cause else None}
        print(json.dumps(data, indent=2))
        return
    for one in shown:
        name = one.name or found.item.stack_name
        row = one.event
        print(
            f"{row.time:%Y-%m-%d %H:%M:%S}  {row.status}  {name}  {shortened(row.reason)}".strip()
        )
    if cause:
        print(f"first cause: {cause.name or found.item.stack_name} ({cause.type}): {cause.reason}")
        if cause.advice:
            print("\n".join(advice_lines(cause.advice)))
