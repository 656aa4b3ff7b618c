"""Ctrl-C while a stack is deployed or destroyed: the command ends, AWS goes on, nothing is lost.

Slow: real processes, and a stack that takes seconds so that there is something to interrupt.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.deploy.lock import TABLE
from stackyard.local.account import running
from tests.deployed.slow import slow
from tests.projects import build_py, command

DEV = ("slow", "dev", "--local")
SECONDS = 5  # longer than the next command takes to attach
BEGUN = {"deploy": "Waiting: CREATE_IN_PROGRESS\n", "destroy": "Waiting: DELETE_IN_PROGRESS\n"}
RESUME = {"deploy": "python build.py deploy slow dev --local", "destroy": "the same command"}
TAKES = {"deploy": (), "destroy": ("--yes",)}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = slow(tmp_path_factory.mktemp("slow"), SECONDS)
    assert build_py(folder, "build").returncode == 0
    assert build_py(folder, "local", "start").returncode == 0
    yield folder
    build_py(folder, "local", "stop")


@pytest.fixture
def account(project: Path) -> Iterator[Account]:
    server = running(project)
    assert server
    yield server.account("us-east-1")
    build_py(project, "destroy", *DEV, "--yes")


def begun(project: Path, verb: str) -> subprocess.Popen[str]:
    """Return a command that has come to the slow resource."""
    process = subprocess.Popen(
        command(verb, *DEV, *TAKES[verb]),
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # whoever runs these tests in the background has it ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout
    while process.stdout.readline() != BEGUN[verb]:
        assert process.poll() is None
    return process


def locks(account: Account) -> list[object]:
    return list(account.client("dynamodb").scan(TableName=TABLE)["Items"])


def assert_goes_on(project: Path, account: Account, verb: str) -> None:
    """Run the same command again and see that it watches, ends well and leaves nothing."""
    resumed = build_py(project, verb, *DEV, *TAKES[verb])
    assert resumed.returncode == 0, resumed.stderr
    assert BEGUN[verb] in resumed.stdout
    assert locks(account) == []
    if stack := cloudformation.describe(account, "slow-dev"):
        assert recovery.change_sets(account, stack.id) == []
        assert (verb, stack.status) == ("deploy", "CREATE_COMPLETE")


@pytest.mark.parametrize("verb", ["deploy", "destroy"])
def test_once_detaches_says_how_to_go_on_and_gives_the_lock_back(
    project: Path, account: Account, verb: str
) -> None:
    if verb == "destroy":
        assert build_py(project, "deploy", *DEV).returncode == 0
    with begun(project, verb) as process:
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read() if process.stderr else ""
    assert process.returncode == 130
    said = f"slow-dev: no longer watched; AWS goes on with it, and {RESUME[verb]} goes on watching"
    assert errors == f"{said}\ninterrupted\n"
    stack = cloudformation.describe(account, "slow-dev")
    assert stack
    assert stack.status.endswith("_IN_PROGRESS")
    assert locks(account) == []
    assert_goes_on(project, account, verb)


@pytest.mark.parametrize("pause", [0.0, 0.01])
def test_twice_ends_it_too_and_leaves_no_lock_and_no_traceback(
    project: Path, account: Account, pause: float
) -> None:
    with begun(project, "deploy") as process:
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read() if process.stderr else ""
    assert process.returncode == 130
    assert errors.endswith("interrupted\n")
    assert "Traceback" not in errors
    assert locks(account) == []
    assert_goes_on(project, account, "deploy")
