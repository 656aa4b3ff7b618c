"""``stackyard new``: a repository of one's own, made once from ``stackyard/scaffold``."""

from __future__ import annotations

import json
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from stackyard import installed
from stackyard.commands.options import Json, Verbose
from stackyard.errors import BuildError, StackyardError, UsageError

SCAFFOLD = Path(__file__).parent.parent / "scaffold"
NAME, PACKAGE, PIN = "my-platform", "my_platform", "@PIN@"
# Packaging tools leave out what begins with a dot
HIDDEN = ("gitignore", "github", "pre-commit-config.yaml")
PROJECT_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def stackyard() -> None:
    """Make projects; every project has a command line of its own, ``python build.py``."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Such as my-platform; the folder that is made.")],
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Make a project with one blueprint and one component of its own, and its tests."""
    written = create(Path.cwd(), name)
    if as_json:
        print(json.dumps(written, indent=2))
    else:
        print(f"{name}: {len(written)} files; next: cd {name}, and see README.md")


def create(folder: Path, name: str) -> list[str]:
    """Write a new project into *folder* and return its files.

    Raises:
        UsageError: no project can be called so.
        BuildError: the folder exists already.
    """
    package, version = name.replace("-", "_"), installed.version("stackyard")
    if not PROJECT_NAME.fullmatch(name):
        raise UsageError(f"new: {name!r} is no name; use lower-case letters, digits and hyphens")
    if package in sys.builtin_module_names or find_spec(package) is not None:
        raise UsageError(f"new: Python has a module {package!r} already; choose another name")
    target = folder / name
    if target.exists():
        raise BuildError(f"{target}: exists already; choose another name, or remove it")
    written = []
    for source in sorted(path for path in SCAFFOLD.rglob("*") if path.is_file()):
        path = source.relative_to(SCAFFOLD)
        if "__pycache__" in path.parts:
            continue
        first = f".{path.parts[0]}" if path.parts[0] in HIDDEN else path.parts[0]
        there = "/".join([first, *path.parts[1:]]).replace(PACKAGE, package)
        text = source.read_text("utf-8").replace(PACKAGE, package).replace(NAME, name)
        text = text.replace(PIN, f"=={version}" if version else "")
        (target / there).parent.mkdir(parents=True, exist_ok=True)
        (target / there).write_text(text, "utf-8")
        written.append(there)
    return written


def main() -> None:
    """Run ``stackyard`` and exit with its status, as ``build.py`` does."""
    try:
        sys.exit(app(prog_name="stackyard", standalone_mode=False) or 0)
    except TyperException as error:
        message = error.format_message().rstrip(".")
        print(f"error: stackyard: {message[:1].lower()}{message[1:]}", file=sys.stderr)
        sys.exit(2)
    except StackyardError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.status)
    except (KeyboardInterrupt, typer.Abort):
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}; check the path", file=sys.stderr)
        sys.exit(1)
