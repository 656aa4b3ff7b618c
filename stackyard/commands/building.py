"""Commands that need no account: build and show."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from stackyard import start
from stackyard.commands.options import Blueprint, Environment, Json, Region, Verbose


def build(
    context: typer.Context,
    blueprint: Annotated[str, typer.Argument(help="Only this system.")] = "",
    environment: Annotated[str, typer.Argument(help="Check only this environment.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; name what is stale.")
    ] = False,
    native_only: Annotated[bool, typer.Option("--native-only", help="Leave out cfn-lint.")] = False,
    no_lint: Annotated[bool, typer.Option("--no-lint", help="Leave out both linters.")] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Render and check everything and write dist/."""
    given = {
        "--check": check,
        "--native-only": native_only,
        "--no-lint": no_lint,
        "--json": as_json,
        "--verbose": verbose,
    }
    words = [word for word in (blueprint, environment) if word]
    flags = [flag for flag, is_given in given.items() if is_given]
    sys.exit(start.build(context.obj, ["build", *words, *flags]))


def show(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    kind: Annotated[
        str, typer.Option("--type", help="Only resources whose type contains this.")
    ] = "",
    region: Region = "",
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Show the resources that AWS would see, per nested stack."""
    from stackyard.view import resource_tree

    system = start.resolved(context.obj, blueprint, environment, region)
    chosen = [item for item in system.resources() if kind.lower() in item.type.lower()]
    if as_json:
        print(json.dumps([item.as_data() for item in chosen], indent=2))
    else:
        resource_tree(system, chosen)
