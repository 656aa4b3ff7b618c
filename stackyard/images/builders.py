"""What builds images on this machine, by the command line that the four of them share."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stackyard.errors import BuildError, DeployError
from stackyard.images.source import Source

NAMES = ("docker", "podman", "buildah", "nerdctl")
# Those that need neither daemon nor an address on loopback to push without TLS
DAEMONLESS = ("podman", "buildah")
PROBE_SECONDS = 20
LOGIN_SECONDS = 60
# where podman and buildah keep what login is told; docker and nerdctl have a file of their own
AUTHENTICATION = "REGISTRY_AUTH_FILE"


@dataclass(frozen=True)
class Builder:
    """A program that builds and pushes images.

    Attributes:
        name: as in ``NAMES``.
        path: of the program.
    """

    name: str
    path: str

    def build(self, root: Path, source: Source, platform: str, image: str) -> Iterator[str]:
        """Build *image* and yield what the program says.

        Raises:
            BuildError: it failed.
        """
        argv = ["build", "--platform", platform, "--file", str(root / source.dockerfile)]
        argv += ["--tag", image, *(["--target", source.target] if source.target else [])]
        for name, value in source.arguments:
            argv += ["--build-arg", f"{name}={value}"]
        status, last = yield from _lines([self.path, *argv, str(root / source.context)])
        if status:
            raise BuildError(
                f"{source.dockerfile}: {self.name} ended with {status}: {last}; mend the Dockerfile"
            )

    def log_in(self, registry: str, user: str, password: str, credentials: Path) -> None:
        """Log in to a registry; the password goes through standard input.

        Raises:
            DeployError: the registry or the program refuses.
        """
        argv = [self.path, "login", "--username", user, "--password-stdin", registry]
        done = _finished(argv, LOGIN_SECONDS, password, _environment(credentials))
        if done.returncode:
            said = _last(done.stdout)
            raise DeployError(f"{registry}: {self.name} cannot log in: {said}; see its message")

    def push(self, image: str, credentials: Path | None) -> Iterator[str]:
        """Push *image* and yield what the program says.

        Args:
            image: address and tag.
            credentials: the file of ``log_in``; None for the embedded account's registry, which
                asks for none and speaks HTTP on loopback.

        Raises:
            DeployError: the registry or the program refuses.
        """
        # docker and nerdctl take loopback for plain by themselves
        plain = ["--tls-verify=false"] if not credentials and self.name in DAEMONLESS else []
        environment = _environment(credentials) if credentials else None
        status, last = yield from _lines([self.path, "push", *plain, image], environment)
        if status:
            raise DeployError(
                f"{image}: {self.name} ended with {status}: {last}; deploy again, nothing has moved"
            )


def find() -> Builder:
    """Return the first builder that works.

    Raises:
        DeployError: none does; the message says why of each.
    """
    absent, broken = [], []
    for name in NAMES:
        path = shutil.which(name)
        if path is None:
            absent.append(name)
            continue
        # version asks the daemon as well, where there should be one
        done = _finished([path, "version"], PROBE_SECONDS)
        if not done.returncode:
            return Builder(name, path)
        broken.append(f"{name} does not work ({_last(done.stdout)})")
    why = [*broken, f"{', '.join(absent)} not installed"] if absent else broken
    raise DeployError(
        f"image: nothing here builds images: {', '.join(why)}; install or start one of them, or "
        "deploy the image that is deployed with --skip-build"
    )


def _environment(credentials: Path) -> Mapping[str, str]:
    return {**os.environ, AUTHENTICATION: str(credentials)}


def _finished(
    argv: Sequence[str],
    seconds: float,
    given: str = "",
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv,
            input=given,
            env=environment,
            timeout=seconds,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 1, f"no answer within {seconds:.0f} seconds")
    except OSError as error:
        return subprocess.CompletedProcess(argv, 1, f"cannot be run: {error.strerror}")


def _lines(
    argv: Sequence[str], environment: Mapping[str, str] | None = None
) -> Generator[str, None, tuple[int, str]]:
    """Run a program, yield its lines, and return its exit status and its last line."""
    last = "it said nothing"
    process = subprocess.Popen(
        argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout
    try:
        for line in process.stdout:
            if text := line.rstrip():
                last = text
                yield text
        return process.wait(), last
    finally:
        if process.poll() is None:  # whoever listened has gone
            process.terminate()
        process.stdout.close()
        process.wait()


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
