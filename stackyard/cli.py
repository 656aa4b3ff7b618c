"""The command line: every command and where it is. Only commands, start and view print and exit."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import TyperException

from stackyard import start
from stackyard.commands import (
    building,
    cataloging,
    comparing,
    composing,
    containers,
    deploying,
    destroying,
    exporting,
    fleets,
    local,
    observing,
    planning,
    pricing,
    releasing,
    removing,
    scheduling,
    setup,
)
from stackyard.errors import UsageError
from stackyard.project import Project

app = typer.Typer(
    help="Builds, checks and deploys the templates of this project.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    building.build,
    building.show,
    pricing.cost,
    setup.init,
    setup.bootstrap,
    planning.publish,
    planning.plan,
    deploying.deploy,
    destroying.destroy,
    removing.orphan,
    removing.recover,
    observing.watch,
    observing.status,
    exporting.outputs,
    observing.resources,
    observing.events,
    containers.logs,
    containers.run,
    comparing.diff,
    comparing.drift,
    releasing.release,
    releasing.relative,
    releasing.taskcat,
    composing.compose,
    scheduling.wake,
    scheduling.sleep,
):
    app.command()(command)
app.command("exec")(containers.exec_)
app.add_typer(cataloging.app, name="catalog")
app.add_typer(fleets.app, name="fleet")
app.add_typer(local.app, name="local")


def main(project: Project) -> int:
    """Run the command that ``sys.argv`` names and return its exit status.

    Raises:
        UsageError: the command line is wrong.
        KeyboardInterrupt: somebody interrupted it, or answered no.
    """
    try:
        # typer's own ending takes five lines for an error
        status: int | None = app(obj=project, prog_name="build.py", standalone_mode=False)
    except TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "build.py"
        message = error.format_message().rstrip(".")
        said = f"{path}: {message[:1].lower()}{message[1:]}"
        raise UsageError(f"{' '.join(said.split())}; see {path} --help") from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    if status == start.INTERRUPTED:
        raise KeyboardInterrupt
    return status or 0


@app.callback(invoke_without_command=True)
def without_command(context: typer.Context) -> None:
    """Build when no command is given."""
    if context.invoked_subcommand is None:
        sys.exit(start.build(context.obj, []))
