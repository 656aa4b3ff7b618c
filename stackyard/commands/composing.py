"""The command that writes a Compose file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from stackyard import start
from stackyard.commands.options import Blueprint, Environment, Json, Verbose


def compose(
    context: typer.Context,
    blueprint: Blueprint,
    environment: Environment,
    image: Annotated[str, typer.Option(help="Image of the API; API_IMAGE wins over it.")] = "",
    worker_image: Annotated[
        str, typer.Option(help="Image of the worker; the starter of this project by default.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="File to write, such as compose.yaml.")] = None,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Print a Compose file that runs the shape of an environment on this machine."""
    from stackyard.compose import Images, compose

    system = start.resolved(context.obj, blueprint, environment)
    made = compose(system, Images(image, worker_image))
    text = json.dumps(made.data, indent=2) + "\n" if as_json else _yaml(made.data)
    if out:
        out.write_text(text, "utf-8")
        print(f"{out}: docker compose -f {out} up", file=sys.stderr)
    else:
        print(text, end="")
    for note in made.notes:
        print(f"note: {note}", file=sys.stderr)


def _yaml(data: Any) -> str:
    """Return YAML in which a file of several lines stands as it is."""
    import yaml

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, width=100)
