"""Start, find and stop the embedded account of a project."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from stackyard.aws.account import Account
from stackyard.errors import DeployError
from stackyard.local import process

DEFAULT_ACCOUNT = "123456789012"


@dataclass(frozen=True)
class StandIn:
    """A deployed resource that has nothing behind it but its provider schema."""

    stack_id: str
    logical_id: str
    type: str


@dataclass(frozen=True)
class LocalServer:
    """A running embedded account.

    Attributes:
        pid: process id.
        port: on loopback.
        started: seconds since the epoch.
        log: path of the log file.
    """

    pid: int
    port: int
    started: float
    log: str

    @property
    def endpoint(self) -> str:
        """Return the endpoint URL for all services."""
        return f"http://{process.HOST}:{self.port}"

    def account(self, region: str, account_id: str = DEFAULT_ACCOUNT) -> Account:
        """Return one of the accounts of this server; every twelve digits are one."""
        return Account(region=region, endpoint_url=self.endpoint, embedded_id=account_id)

    def stand_ins(self, account: Account) -> list[StandIn]:
        """Return the deployed resources of *account* that are stand-ins."""
        status = process.status(self.port) or {"stand_ins": []}
        return [
            StandIn(one["stack_id"], one["logical_id"], one["type"])
            for one in status["stand_ins"]
            if (one["account"], one["region"]) == (account.embedded_id, account.region)
        ]


def start(project: Path, port: int | None = None) -> LocalServer:
    """Return the project's embedded account, started if it is not running.

    Args:
        project: where ``.stackyard/`` with its state and log is.
        port: on loopback; a free one if None. A running account keeps the port that it has.

    Raises:
        DeployError: the port is in use, or the server did not come up.
    """
    with _locked(project):
        server = running(project)
        if server and port not in (None, server.port):
            raise DeployError(
                f"local account: it runs on port {server.port} already, not on {port}; "
                "leave out the port or stop it first"
            )
        if server is None:
            _clear(project)
            log = _folder(project) / "local.log"
            server = LocalServer(*process.launch(log, port), time.time(), str(log))
            _write(_state(project), server)
        return server


def running(project: Path) -> LocalServer | None:
    """Return the project's embedded account if it is running."""
    server = _read(project)
    # another process may have got the port or the process id since
    status = process.status(server.port) if server else None
    return server if server and status and status["pid"] == server.pid else None


def stop(project: Path) -> bool:
    """Stop the project's embedded account and return whether it was running."""
    with _locked(project):
        return _clear(project)


@contextlib.contextmanager
def ephemeral(folder: Path, port: int | None = None) -> Iterator[LocalServer]:
    """Run an embedded account of one's own, which ends with the block or with this process.

    Args:
        folder: where its log goes.
        port: on loopback; a free one if None.

    Raises:
        DeployError: as ``start``.
    """
    log = folder / "local.log"
    pid, chosen = process.launch(log, port, until_closed=True)
    try:
        yield LocalServer(pid, chosen, time.time(), str(log))
    finally:
        process.end(pid)


def _clear(project: Path) -> bool:
    """End the server of the state file, even if it no longer answers."""
    server = _read(project)
    _state(project).unlink(missing_ok=True)
    if server is None or not process.is_alive(server.pid) or not process.is_server(server.pid):
        return False
    process.end(server.pid)
    return True


def _read(project: Path) -> LocalServer | None:
    with contextlib.suppress(OSError, ValueError, TypeError):
        return LocalServer(**json.loads(_state(project).read_text("utf-8")))
    return None


def _folder(project: Path) -> Path:
    folder = project / ".stackyard"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _state(project: Path) -> Path:
    return project / ".stackyard" / "local.json"


def _write(path: Path, server: LocalServer) -> None:
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(asdict(server)), "utf-8")
    aside.replace(path)


@contextlib.contextmanager
def _locked(project: Path) -> Iterator[None]:
    """Let one process at a time start or stop the account."""
    with (_folder(project) / "local.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
