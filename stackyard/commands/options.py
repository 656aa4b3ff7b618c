"""The arguments and options that several commands take, each declared once."""

from __future__ import annotations

from typing import Annotated

import typer

Blueprint = Annotated[str, typer.Argument(help="Name of the system, such as pyshop.")]
Environment = Annotated[str, typer.Argument(help="Name of one of its environments.")]
Local = Annotated[bool, typer.Option("--local", help="On the embedded account.")]
Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show where an error comes from.")]
Profile = Annotated[str, typer.Option(help="AWS profile.")]
Region = Annotated[str, typer.Option(help="AWS region; the environment's first if not given.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
