"""moto's server in an environment of its own: the only thing offline that has StackSets.

It gets the one type from us that it lacks, see ``moto_with_stack_sets``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

# Its dependencies exclude ours, so it cannot be installed beside this project
REQUIREMENT = "moto[server]==5.2.5"
START_SECONDS = 30
SERVER = Path(__file__).with_name("moto_with_stack_sets.py")
FAILING = "333344445555"  # an account in which every instance fails


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    """Yield the address of a server; skip the tests that ask where it cannot be installed."""
    python = _installed(folder)
    port = _free_port()
    # -P: or this file would be its moto
    command = [str(python), "-P", str(SERVER), "-p", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment())
    try:
        _wait(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _installed(folder: Path) -> Path:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed, which makes moto's environment")
    environment = folder / "environment"
    python = environment / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", "--python", "3.11", str(environment)],
        [uv, "pip", "install", "--quiet", "--python", str(python), REQUIREMENT],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"moto cannot be installed here: {done.stderr.strip()[-200:]}")
    return python


def _environment() -> dict[str, str]:
    # moto checks no credentials, and its own calls need some
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    return {**os.environ, **keys, "FAILING": FAILING}


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("moto's server did not start")
