"""Starting, finding and stopping the embedded account's server."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from stackyard.errors import DeployError
from stackyard.local import process
from stackyard.local.account import running, start, stop


def test_a_started_account_is_reused_until_it_is_stopped(tmp_path: Path) -> None:
    first = start(tmp_path)
    try:
        assert start(tmp_path) == first
        assert first.account("eu-central-1", "111122223333").id == "111122223333"
        with pytest.raises(DeployError, match=f"runs on port {first.port} already, not on 1;"):
            start(tmp_path, 1)
    finally:
        assert stop(tmp_path)
    assert running(tmp_path) is None
    assert not stop(tmp_path)


def test_an_account_that_was_killed_is_started_again(tmp_path: Path) -> None:
    first = start(tmp_path)
    os.kill(first.pid, signal.SIGKILL)
    assert running(tmp_path) is None
    second = start(tmp_path, first.port)
    assert stop(tmp_path)
    assert second.pid != first.pid


def test_a_port_in_use_is_one_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DeployError, match=rf"^local account: port {port} on .* in use.*; give"):
            start(tmp_path, port)
    assert running(tmp_path) is None


@pytest.mark.parametrize(
    "state", ["", "{}", "[1]", json.dumps({"pid": 1, "port": 9, "started": 0, "log": ""})]
)
def test_a_stale_state_file_is_no_account(tmp_path: Path, state: str) -> None:
    (tmp_path / ".stackyard").mkdir()
    (tmp_path / ".stackyard" / "local.json").write_text(state)
    assert running(tmp_path) is None


def test_an_account_that_no_longer_answers_is_ended(tmp_path: Path) -> None:
    server = start(tmp_path)
    os.kill(server.pid, signal.SIGSTOP)
    state = tmp_path / ".stackyard" / "local.json"
    state.write_text(json.dumps({**vars(server), "port": 9}))
    assert running(tmp_path) is None
    os.kill(server.pid, signal.SIGCONT)
    assert stop(tmp_path)
    assert not process.is_alive(server.pid)


def test_a_server_that_ends_at_its_start_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MODULE", "stackyard.local.nothing")
    with pytest.raises(DeployError, match=r"ended with status 1: .*No module named stackyard"):
        start(tmp_path)
    assert running(tmp_path) is None


def test_the_server_never_listens_beyond_loopback_or_reaches_docker_or_aws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BIND_HOST", "0.0.0.0")
    monkeypatch.setenv("DOCKER_HOST", "unix:///var/run/docker.sock")
    monkeypatch.setenv("AWS_PROFILE", "production")
    environment = process.environment(4566)
    assert environment["BIND_HOST"] == "127.0.0.1"
    assert "nonexistent" in environment["DOCKER_HOST"]
    assert not [name for name in environment if name.startswith("AWS_")]
