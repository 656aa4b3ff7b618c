"""The embedded account's server as a child process: start it, ask it, end it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from stackyard.errors import DeployError
from stackyard.local.server import STATUS_PATH

HOST = "127.0.0.1"
MODULE = "stackyard.local.server"
START_SECONDS = 60  # a laptop under load takes ten
STOP_SECONDS = 10
BACKLOG = 1024
SETTINGS = {
    "BIND_HOST": HOST,
    "LAMBDA_EXECUTOR": "local",
    # never start, stop or reap a container on the person's machine, even if Docker runs
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
    "PERSIST_STATE": "0",
    "S3_PERSIST": "0",
    "LOCALSTACK_PERSISTENCE": "0",
    # listeners on fixed ports that nothing here uses
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    "PYTHONUNBUFFERED": "1",
}
# Servers that this process has started, by process id
_children: dict[int, subprocess.Popen[bytes]] = {}


def launch(log: Path, port: int | None, *, until_closed: bool = False) -> tuple[int, int]:
    """Start a server, wait until it answers, and return its process id and port.

    Args:
        log: file that its output replaces.
        port: on loopback; a free one if None.
        until_closed: whether it ends when this process does.

    Raises:
        DeployError: the port is in use, or the server did not come up.
    """
    if find_spec("ministack") is None:
        raise DeployError("local account: ministack is not installed; pip install stackyard[local]")
    with _bound(port) as listening, log.open("wb") as output:
        chosen = int(listening.getsockname()[1])
        command = [sys.executable, "-m", MODULE, str(listening.fileno())]
        process = subprocess.Popen(
            command + ["--until-closed"] * until_closed,
            env=environment(chosen),
            stdin=subprocess.PIPE if until_closed else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[listening.fileno()],
            start_new_session=True,  # Ctrl-C of a deployment is not for the account
        )
    for pid in list(_children):
        is_alive(pid)  # collects what was killed
    _children[process.pid] = process
    _wait(process, chosen, log)
    return process.pid, chosen


def status(port: int, seconds: float = 5.0) -> Any:
    """Return what the server on *port* says of itself, None if none of ours answers."""
    # no proxy of the environment stands between us and loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{HOST}:{port}{STATUS_PATH}", timeout=seconds) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


def end(pid: int) -> None:
    """End a server, with force if it does not end by itself."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not is_alive(pid):
                return
            time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Return whether there is a process with this id."""
    child = _children.get(pid)
    if child and child.poll() is not None:
        if child.stdin:
            child.stdin.close()
        del _children[pid]
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def is_server(pid: int) -> bool:
    """Return whether the process is a server of ours, and not one that got its id since."""
    command = ["ps", "-o", "command=", "-p", str(pid)]
    return MODULE in subprocess.run(command, capture_output=True, text=True).stdout


def environment(port: int) -> dict[str, str]:
    """Return the person's environment without what would steer MiniStack or reach AWS."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    path = os.pathsep.join(filter(None, [str(_package_root()), kept.get("PYTHONPATH")]))
    return {**kept, **SETTINGS, "GATEWAY_PORT": str(port), "PYTHONPATH": path}


def _package_root() -> Path:
    return Path(__file__).parents[2]


def _bound(port: int | None) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port or 0))
    except OSError as error:
        bound.close()
        raise DeployError(
            f"local account: port {port} on {HOST} cannot be used ({error.strerror}); "
            "give another one, or none for a free one"
        ) from error
    bound.listen(BACKLOG)
    return bound


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not is_alive(process.pid):
            raise DeployError(
                f"local account: the server ended with status {process.returncode}: "
                f"{_last_line(log)}; see {log}"
            )
        if status(port, seconds=1.0):
            return
        time.sleep(0.05)
    end(process.pid)
    raise DeployError(
        f"local account: the server gave no answer in {START_SECONDS} seconds: "
        f"{_last_line(log)}; see {log}"
    )


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")
