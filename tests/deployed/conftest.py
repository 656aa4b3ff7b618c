"""One embedded account server for the session; every test has accounts of its own on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stackyard.aws.account import Account
from stackyard.local.account import LocalServer, ephemeral
from tests.deployed.small import written

REGION = "us-east-1"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with ephemeral(tmp_path_factory.mktemp("embedded")) as running:
        yield running


@pytest.fixture(scope="session")
def new_account(server: LocalServer) -> Callable[[], Account]:
    """Return a function that gives another empty account each time."""
    numbers = itertools.count(100_000_000_001)
    return lambda: server.account(REGION, str(next(numbers)))


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    return new_account()


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    return written(tmp_path / "dist")
