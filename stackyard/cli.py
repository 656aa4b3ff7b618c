"""The commands, one function each. Only this module, ``start`` and ``view`` print and exit."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from stackyard import start
from stackyard.errors import DeployError
from stackyard.project import Project

app = typer.Typer(
    help="Builds, checks and deploys the templates of this project.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
local = typer.Typer(help="The embedded account: AWS on this machine, with no AWS account.")
app.add_typer(local, name="local")

Blueprint = Annotated[str, typer.Argument(help="Name of the system, such as pyshop.")]
Environment = Annotated[str, typer.Argument(help="Name of one of its environments.")]
Local = Annotated[bool, typer.Option("--local", help="On the embedded account.")]
Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show where an error comes from.")]
Profile = Annotated[str, typer.Option(help="AWS profile.")]
Region = Annotated[str, typer.Option(help="AWS region; the environment's first if not given.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def main(project: Project) -> None:
    """Run the command that ``sys.argv`` names."""
    app(obj=project)


@app.callback(invoke_without_command=True)
def without_command(context: typer.Context) -> None:
    """Build when no command is given."""
    if context.invoked_subcommand is None:
        sys.exit(start.build(context.obj, []))


@app.command()
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


@app.command()
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


@app.command()
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
    from stackyard.view import Watching

    item = start.environment(context.obj, blueprint, environment)
    region = region or item.regions[0]
    with ExitStack() as stack:
        server = _server(context.obj, stack, ephemeral=ephemeral, port=port) if on_local else None
        account = server.account(region) if server else Account(region=region, profile=profile)
        published = publish(account, context.obj.dist, blueprint, bucket)
        request = Request(
            stack_name=item.stack_name,
            template_url=published.url(f"blueprints/{blueprint}.yaml"),
            parameters={
                **item.parameters,
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
        sys.exit(watching.finish(stand_ins, f"deploy {blueprint} {environment}"))


@app.command()
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
    sys.exit(watching.finish([], f"destroy {blueprint} {environment}"))


@local.command("start")
def local_start(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(help="Port on loopback; a free one by default.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Start the embedded account, or say where it runs."""
    from stackyard.local.account import start as begin

    server = begin(context.obj.root, port)
    print(f"embedded account: {server.endpoint} (log: {server.log})")


@local.command("status")
def local_status(context: typer.Context, as_json: Json = False, verbose: Verbose = False) -> None:
    """Say whether the embedded account runs, and where."""
    from stackyard.local.account import running

    server = running(context.obj.root)
    if as_json:
        facts = {"endpoint": server.endpoint, "pid": server.pid} if server else {}
        print(json.dumps({"running": server is not None, **facts}))
    else:
        print(f"embedded account: {server.endpoint}" if server else "embedded account: not running")


@local.command("stop")
def local_stop(context: typer.Context, verbose: Verbose = False) -> None:
    """Stop the embedded account; all that is deployed to it is gone."""
    from stackyard.local.account import stop

    print(
        "embedded account: stopped" if stop(context.obj.root) else "embedded account: not running"
    )


def _server(project: Project, stack: ExitStack, *, ephemeral: bool, port: int | None) -> Any:
    from stackyard.local import account

    if ephemeral:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        return stack.enter_context(account.ephemeral(folder, port))
    return account.start(project.root, port)
