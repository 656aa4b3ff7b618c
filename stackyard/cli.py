"""The command line: every command and where it is. Only commands, start and view print and exit."""

from __future__ import annotations

import sys

import typer

from stackyard import start
from stackyard.commands import building, deploying, local
from stackyard.project import Project

app = typer.Typer(
    help="Builds, checks and deploys the templates of this project.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (building.build, building.show, deploying.deploy, deploying.destroy):
    app.command()(command)
app.add_typer(local.app, name="local")


def main(project: Project) -> None:
    """Run the command that ``sys.argv`` names."""
    app(obj=project)


@app.callback(invoke_without_command=True)
def without_command(context: typer.Context) -> None:
    """Build when no command is given."""
    if context.invoked_subcommand is None:
        sys.exit(start.build(context.obj, []))
