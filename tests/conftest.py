"""What every test may ask for: the library of this project, rendered once."""

from __future__ import annotations

import pytest

from stackyard.library import Library
from stackyard.project import Project
from tests.support import ROOT, all_templates


@pytest.fixture(scope="session")
def project() -> Project:
    return Project(ROOT)


@pytest.fixture(scope="session")
def library(project: Project) -> Library:
    return Library(project)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``rendered`` for each template, so that new ones are covered."""
    if "rendered" in metafunc.fixturenames:
        templates = all_templates()
        metafunc.parametrize("rendered", templates, ids=[item.path for item in templates])
