"""Commands of the embedded account."""

from __future__ import annotations

import json

import typer

from stackyard.commands.options import Json, Port, Verbose

app = typer.Typer(help="The embedded account: AWS on this machine, with no AWS account.")


@app.command("start")
def local_start(
    context: typer.Context, port: Port = None, as_json: Json = False, verbose: Verbose = False
) -> None:
    """Start the embedded account, or say where it runs."""
    from stackyard.local.account import start as begin

    server = begin(context.obj.root, port)
    if as_json:
        print(json.dumps({"endpoint": server.endpoint, "pid": server.pid, "log": server.log}))
    else:
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
def local_stop(context: typer.Context, as_json: Json = False, verbose: Verbose = False) -> None:
    """Stop the embedded account; all that is deployed to it is gone."""
    from stackyard.local.account import stop

    stopped = stop(context.obj.root)
    if as_json:
        print(json.dumps({"stopped": stopped}))
    else:
        print(f"embedded account: {'stopped' if stopped else 'not running'}")
