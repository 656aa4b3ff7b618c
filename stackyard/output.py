"""Writes ``dist/`` as a whole: made aside, then moved, so that no reader ever sees half of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from stackyard.errors import BuildError
from stackyard.project import Project


def differences(dist: Path, files: Mapping[str, bytes], *, whole: bool) -> list[str]:
    """Return what is not as it should be: ``missing x``, ``stale x`` or ``unknown x``, sorted.

    Args:
        dist: the folder.
        files: what it should hold, by path.
        whole: nothing else may be there.

    Raises:
        BuildError: something else is in the place of the folder.
    """
    if dist.exists() and not dist.is_dir():
        raise BuildError(f"{dist}: is not a folder; move it away")
    found = []
    for path, content in files.items():
        try:
            if (dist / path).read_bytes() != content:
                found.append(f"stale {path}")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            found.append(f"missing {path}")
    if whole:
        found += [f"unknown {path}" for path in _existing(dist) if path not in files]
    return sorted(found)


def write(project: Project, files: Mapping[str, bytes], *, whole: bool) -> None:
    """Make ``dist/`` hold *files*; files that are already right keep their modification time.

    Args:
        project: whose ``dist/``.
        files: content by path below it.
        whole: remove everything else; otherwise the rest stays as it is.

    Raises:
        BuildError: the folder cannot be written.
    """
    stage, old = (project.work / f"dist.{kind}.{os.getpid()}" for kind in ("new", "old"))
    try:
        with _alone(project):
            _mend(project)
            stage.mkdir()
            kept = {} if whole else {path: None for path in _existing(project.dist)}
            paths = [*files, *(path for path in kept if path not in files)]
            for folder in {os.path.dirname(path) for path in paths}:
                os.makedirs(os.path.join(stage, folder), exist_ok=True)
            for path in paths:
                _place(f"{project.dist}/{path}", f"{stage}/{path}", files.get(path))
            with contextlib.suppress(FileNotFoundError):
                project.dist.rename(old)
            stage.rename(project.dist)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        recover(project)
        raise _unwritable(project, error) from None


def content(path: str | Path) -> bytes | None:
    """Return what is in a file, None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


def replace(project: Project, path: Path, content: bytes) -> None:
    """Write one file outside ``dist/`` in one piece.

    Raises:
        BuildError: it cannot be written.
    """
    aside = project.work / f"{path.name}.{os.getpid()}"
    try:
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        raise _unwritable(project, error) from None


def recover(project: Project) -> None:
    """Put ``dist/`` back if a run was interrupted between the two moves that replace it.

    Raises:
        BuildError: the folder cannot be written.
    """
    if any(project.work.glob("dist.*.*")):
        try:
            with _alone(project):
                _mend(project)
        except OSError as error:
            raise _unwritable(project, error) from None


@contextlib.contextmanager
def _alone(project: Project) -> Iterator[None]:
    """Let one process at a time move ``dist/``."""
    project.work.mkdir(parents=True, exist_ok=True)
    folder = os.open(project.work, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _mend(project: Project) -> None:
    for old in sorted(project.work.glob("dist.old.*")):
        if not project.dist.exists():
            old.rename(project.dist)
    for left in project.work.glob("dist.*.*"):
        shutil.rmtree(left)


def set_aside(project: Project, files: Mapping[str, bytes]) -> Path:
    """Write *files* that were refused where a person can look at them; return the folder."""
    rejected = project.work / "rejected"
    shutil.rmtree(rejected, ignore_errors=True)
    for path, content in files.items():
        (rejected / path).parent.mkdir(parents=True, exist_ok=True)
        (rejected / path).write_bytes(content)
    return rejected


def _place(current: str, target: str, wanted: bytes | None) -> None:
    if wanted is None or content(current) == wanted:
        try:
            os.link(current, target)
        except OSError:  # a file system without hard links
            shutil.copy2(current, target)
    else:
        with open(target, "wb") as file:
            file.write(wanted)


def _existing(dist: Path) -> list[str]:
    # another build may move the folder meanwhile, over which os.walk does not stumble
    return [
        os.path.relpath(os.path.join(folder, name), dist)
        for folder, _, names in os.walk(dist)
        for name in names
    ]


def _unwritable(project: Project, error: OSError) -> BuildError:
    where = error.filename or project.dist
    return BuildError(f"{where}: {error.strerror}; make the folder writable, dist/ is as it was")
