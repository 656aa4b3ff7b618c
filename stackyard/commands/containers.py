"""Commands about what runs in containers and functions: logs, exec, run."""

from __future__ import annotations

import json
import os
import shlex
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
from stackyard.commands.targets import Target, target
from stackyard.errors import DeployError, TaskError, UsageError

if TYPE_CHECKING:
    from stackyard.observe.logs import Entry
    from stackyard.observe.run import Ran
    from stackyard.observe.tree import Found

Service = Annotated[str, typer.Option("--service", help="Which service, as Api or Api/Service.")]
Inside = Annotated[str, typer.Option("--container", help="Which container of the task.")]


def logs(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    name: Annotated[str, typer.Argument(help="Only of this nested stack or function.")] = "",
    since: Annotated[str, typer.Option(help="From then on: 90s, 10m, 3h, 2d, or a time.")] = "10m",
    following: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    pattern: Annotated[str, typer.Option("--filter", help="CloudWatch's filter pattern.")] = "",
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Print what services and functions have logged."""
    from stackyard.observe import logs as observing

    try:
        begin = observing.since(since)
    except ValueError:
        raise UsageError(f"logs: --since {since!r}; write 90s, 10m, 3h, 2d or a time") from None
    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    sources = observing.groups(_resources(found))
    if name:
        sources = {
            group: source for group, source in sources.items() if name in (source, group)
        } or _unknown(name, sources)
    read = observing.follow if following else observing.entries
    is_silent = True
    for entry in read(found.account, sources, begin, pattern):
        _print(entry, as_json=as_json)
        is_silent = False
    if is_silent:
        hint = "--since 1d looks further back"
        print(f"logs: nothing in {len(sources)} log groups since {since}; {hint}", file=sys.stderr)


def exec_(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    command: Annotated[str, typer.Argument(help="What to run in the container.")] = "/bin/sh",
    service: Service = "",
    container: Inside = "",
    task: Annotated[str, typer.Option("--task", help="Which task, or how its id begins.")] = "",
    only_print: Annotated[bool, typer.Option("--print", help="Only print the command.")] = False,
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Open a shell in a running task of a service, by ECS Exec."""
    from stackyard.observe.exec import shell

    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    arn = _service(found, service).physical_id
    ready = shell(found.account, arn, container=container, command=command, task_id=task)
    if as_json:
        print(json.dumps({"argv": ready.argv, "missing": ready.missing}, indent=2))
    elif only_print:
        print(shlex.join(ready.argv))
        for text in ready.missing:
            print(f"missing: {text}", file=sys.stderr)
    elif ready.missing:
        raise DeployError("\n".join(f"exec: {text}" for text in ready.missing))
    elif on_local:
        raise DeployError(
            "exec: the embedded account runs no containers; --print shows the command"
        )
    else:
        sys.stdout.flush()
        os.execvp(ready.argv[0], ready.argv)  # the terminal is the shell's now


def run(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    command: Annotated[
        list[str] | None, typer.Argument(help="Words of the command, after --.")
    ] = None,
    service: Service = "",
    container: Inside = "",
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run a command in a task of its own, as a service's tasks run: migrations."""
    from stackyard.observe.run import Began
    from stackyard.observe.run import run as running

    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    arn = _service(found, service).physical_id
    for event in running(found.account, arn, command or [], container):
        if isinstance(event, Began) and not as_json:
            task = event.task.rpartition("/")[2]
            print(f"task {task} of {event.task_definition} has begun", file=sys.stderr)
        elif not isinstance(event, Began):
            _ran(event, as_json=as_json)
            sys.exit(0 if event.exit_code == 0 else TaskError.status)


def _ran(event: Ran, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(event), indent=2))
        return
    for text in event.lines:
        print(text)
    code = "no exit code" if event.exit_code is None else f"exit code {event.exit_code}"
    print(f"ended with {code}: {event.reason}".rstrip(": "), file=sys.stderr)


def _print(entry: Entry, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(entry), default=str), flush=True)
    else:
        print(f"{entry.time:%H:%M:%S} {entry.source}  {entry.text}", flush=True)


def _resources(found: Target) -> list[Found]:
    from stackyard.observe import tree

    return list(tree.resources(found.account, found.stack().id))


def _service(found: Target, name: str) -> Found:
    from stackyard.aws.ecs import SERVICE
    from stackyard.observe.tree import chosen

    services = [one for one in _resources(found) if one.type == SERVICE]
    return chosen(services, name, "--service")


def _unknown(name: str, sources: dict[str, str]) -> dict[str, str]:
    names = ", ".join(sorted(set(sources.values()))) or "none"
    raise DeployError(f"logs: nothing called {name!r} logs; there are: {names}")
