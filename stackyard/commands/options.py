"""The arguments and options that several commands take, each declared once."""

from __future__ import annotations

from typing import Annotated

import typer


def _known_region(name: str) -> str:
    from stackyard.documents import nearest
    from stackyard.settings import known_regions

    if name and name not in known_regions():
        hint = nearest(name, known_regions()) or "write one as in us-east-1"
        raise typer.BadParameter(f"no region {name!r}; {hint.strip()}")
    return name


Blueprint = Annotated[str, typer.Argument(help="Name of the system, such as pyshop.")]
Environment = Annotated[str, typer.Argument(help="Name of one of its environments.")]
Local = Annotated[bool, typer.Option("--local", help="On the embedded account.")]
Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show where an error comes from.")]
Profile = Annotated[str, typer.Option(help="AWS profile.")]
Region = Annotated[
    str,
    typer.Option(callback=_known_region, help="AWS region; the environment's first if not given."),
]
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Port on loopback; a free one by default."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Bucket = Annotated[str, typer.Option(help="Bucket for the templates; the bootstrap stack's.")]
DataLoss = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-data-loss", help="Nested/LogicalId of a resource whose data may go; repeatable."
    ),
]
