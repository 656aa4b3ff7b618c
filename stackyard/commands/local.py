"""Commands of the embedded account."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from stackyard.commands.options import Json, Verbose

app = typer.Typer(help="The embedded account: AWS on this machine, with no AWS account.")


@app.command("start")
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


@app.command("status")
def local_status(context: typer.Context, as_json: Json = False, verbose: Verbose = False) -> None:
    """Say whether the embedded account runs, and where."""
    from stackyard.local.account import running

    server = running(context.obj.root)
    if as_json:
        facts = {"endpoint": server.endpoint, "pid": server.pid} if server else {}
        print(json.dumps({"running": server is not None, **facts}))
    else:
        print(f"embedded account: {server.endpoint}" if server else "embedded account: not running")


@app.command("stop")
def local_stop(context: typer.Context, verbose: Verbose = False) -> None:
    """Stop the embedded account; all that is deployed to it is gone."""
    from stackyard.local.account import stop

    print(
        "embedded account: stopped" if stop(context.obj.root) else "embedded account: not running"
    )
