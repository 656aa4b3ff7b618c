"""A project with a Dockerfile, and builders that are on this machine as far as a test says."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.aws.account import Account
from stackyard.local.account import LocalServer, ephemeral
from tests.images.programs import Programs
from tests.images.stack import System

NUMBERS = itertools.count(100_000_000_001)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with ephemeral(tmp_path_factory.mktemp("embedded")) as running:
        yield running


@pytest.fixture
def account(server: LocalServer) -> Account:
    return server.account("us-east-1", str(next(NUMBERS)))


@pytest.fixture
def system(account: Account, root: Path) -> System:
    """Return what is not deployed yet."""
    return System(account, root)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Return the only programs that are found."""
    found = Programs(tmp_path)
    monkeypatch.setenv("PATH", str(found.folder))
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a project with an application beside it."""
    application = tmp_path / "app"
    (application / "src").mkdir(parents=True)
    (application / "Dockerfile").write_text("FROM scratch\nCOPY src /src\n")
    (application / "src" / "main.py").write_text("print('hello')\n")
    (tmp_path / "project").mkdir()
    return tmp_path / "project"
