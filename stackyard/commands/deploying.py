"""Commands that change a stack."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

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
from stackyard.errors import DeployError
from stackyard.project import Project


def deploy(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    ephemeral: Annotated[
        bool, typer.Option("--ephemeral", help="With --local: on an account that ends with it.")
    ] = False,
    port: Annotated[int | None, typer.Option(help="Port of the embedded account.")] = None,
    bucket: Annotated[str, typer.Option(help="Bucket for the templates.")] = "",
    profile: Profile = "",
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Build a system and bring its stack to it."""
    from stackyard.aws.account import Account
    from stackyard.deploy import apply
    from stackyard.deploy.plan import Request
    from stackyard.deploy.publish import publish
    from stackyard.local.prerequisites import provide
    from stackyard.view import Watching

    item = start.environment(context.obj, blueprint, environment)
    region = region or item.regions[0]
    with ExitStack() as stack:
        server = _server(context.obj, stack, ephemeral=ephemeral, port=port) if on_local else None
        account = server.account(region) if server else Account(region=region, profile=profile)
        parameters: Mapping[str, str] = item.parameters
        notes: list[str] = []
        if on_local:
            parameters, notes = provide(account, parameters)
        published = publish(account, context.obj.dist, blueprint, bucket)
        request = Request(
            stack_name=item.stack_name,
            template_url=published.url(f"blueprints/{blueprint}.yaml"),
            parameters={
                **parameters,
                "TemplateBucket": published.bucket,
                "TemplatePrefix": published.prefix,
            },
            tags=item.tags,
            # an embedded account is thrown away as it is
            termination_protection=None if on_local else item.termination_protection,
        )
        watching = Watching(as_json=as_json)
        with watching:
            for event in apply.deploy(account, request):
                watching.see(event)
                if watching.asks(event) and not (yes or on_local):
                    watching.confirm(f"Deploy {item.stack_name} to {account.id} in {region}?")
        stand_ins = server.stand_ins(account) if server else []
        sys.exit(watching.finish(stand_ins, notes))


def destroy(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    on_local: Local = False,
    region: Region = "",
    yes: Yes = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Delete a stack of the embedded account and all that it would leave behind."""
    from stackyard.deploy.destroy import destroy as delete
    from stackyard.local.account import running
    from stackyard.view import Watching

    item = start.environment(context.obj, blueprint, environment)
    if not on_local:
        raise DeployError("destroy: only the embedded account is supported yet; add --local")
    server = running(context.obj.root)
    if server is None:
        raise DeployError("destroy: no embedded account is running; there is nothing to destroy")
    watching = Watching(as_json=as_json)
    if not yes:
        watching.confirm(f"Delete {item.stack_name} with all its data?")
    with watching:
        for event in delete(server.account(region or item.regions[0]), item.stack_name):
            watching.see(event)
    sys.exit(watching.finish())


def _server(project: Project, stack: ExitStack, *, ephemeral: bool, port: int | None) -> Any:
    from stackyard.local import account

    if ephemeral:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        return stack.enter_context(account.ephemeral(folder, port))
    return account.start(project.root, port)
