"""The command that gives what a stack has to other tools: ``outputs``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
from stackyard.commands.targets import target, with_stages

if TYPE_CHECKING:
    from stackyard.aws.cloudformation import Stack
    from stackyard.commands.targets import Target


def outputs(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    form: Annotated[
        Literal["text", "env", "dotenv", "json"],
        typer.Option("--format", help="For people, a shell, a .env file or machines."),
    ] = "text",
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write this .env file instead, with the parameters as well."),
    ] = None,
    on_local: Local = False,
    profile: Profile = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Print the outputs of a stack and of its stages."""
    from stackyard.aws import cloudformation
    from stackyard.observe.outputs import formatted

    found = target(
        context.obj, blueprint, environment, on_local=on_local, profile=profile, region=region
    )
    *stages, last = with_stages(
        context.obj, found.item, on_local=on_local, region=region, profile=profile
    )
    values: dict[str, str] = {}
    for one in stages:
        stack = cloudformation.describe(one.account, one.item.stack_name)
        values |= stack.outputs if stack else {}
    own = last.stack()
    values |= own.outputs
    if write:
        _write_environment(write, last, own, values)
        return
    text = formatted(values, "json" if as_json else form)
    if text:
        print(text)


def _write_environment(path: Path, of: Target, stack: Stack, outputs: Mapping[str, str]) -> None:
    from stackyard.observe.outputs import environment_file
    from stackyard.observe.outputs import write as written

    item = of.item
    command = f"python build.py outputs {item.blueprint} {item.environment} --write {path}"
    source = (
        f"Written by {command}\nParameters and outputs of {stack.name} in {of.account.region}; "
        "secrets by their ARN only"
    )
    written(path, environment_file(source, stack.parameters, outputs))
    print(f"{path} written", file=sys.stderr)
