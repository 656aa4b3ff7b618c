"""What every test may ask for: the library of this project, rendered once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.library import Library, Rendered
from stackyard.project import Project

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(ROOT)


@pytest.fixture(scope="session")
def library(project: Project) -> Library:
    return Library(project)


def all_templates() -> list[Rendered]:
    """Return every template of the library."""
    found = Library(Project(ROOT))
    paths = [f"components/{name}" for name in found.components]
    paths += [f"blueprints/{name}" for name in found.blueprints]
    return [found.template(path) for path in paths]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``rendered`` for each template, so that new ones are covered."""
    if "rendered" in metafunc.fixturenames:
        templates = all_templates()
        metafunc.parametrize("rendered", templates, ids=[item.path for item in templates])


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
