"""What tests share that is no fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stackyard.library import Library, Rendered
from stackyard.project import Project

ROOT = Path(__file__).parent.parent


def all_templates() -> list[Rendered]:
    """Return every template of the library."""
    found = Library(Project(ROOT))
    paths = [f"components/{name}" for name in found.components]
    paths += [f"blueprints/{name}" for name in found.blueprints]
    return [found.template(path) for path in paths]


def every(data: Any, key: str) -> Iterator[Any]:
    """Yield the value of *key* wherever it stands in JSON data."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield value
            yield from every(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from every(value, key)
