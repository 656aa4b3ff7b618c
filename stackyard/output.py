"""Writes ``dist/`` as a whole: made aside, then moved, so that no reader ever sees half of it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from stackyard.errors import BuildError
from stackyard.project import Project


def differences(dist: Path, files: Mapping[str, bytes], *, whole: bool) -> list[str]:
    """Return what is not as it should be: ``missing x``, ``stale x`` or ``unknown x``, sorted.

    Args:
        dist: the folder.
        files: what it should hold, by path.
        whole: nothing else may be there.
    """
    found = []
    for path, content in files.items():
        try:
            if (dist / path).read_bytes() != content:
                found.append(f"stale {path}")
        except FileNotFoundError:
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
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        kept = {} if whole else {path: None for path in _existing(project.dist)}
        for path in [*files, *(path for path in kept if path not in files)]:
            _place(project.dist / path, stage / path, files.get(path))
        shutil.rmtree(old, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError):
            project.dist.rename(old)
        stage.rename(project.dist)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        recover(project)
        raise _unwritable(project, error) from None


def recover(project: Project) -> None:
    """Put ``dist/`` back if a run was interrupted between the two moves that replace it.

    Raises:
        BuildError: the folder cannot be written.
    """
    for old in sorted(project.work.glob("dist.old.*")):
        if not project.dist.exists():
            try:
                old.rename(project.dist)
            except OSError as error:
                raise _unwritable(project, error) from None


def set_aside(project: Project, files: Mapping[str, bytes]) -> Path:
    """Write *files* that were refused where a person can look at them; return the folder."""
    rejected = project.work / "rejected"
    shutil.rmtree(rejected, ignore_errors=True)
    for path, content in files.items():
        (rejected / path).parent.mkdir(parents=True, exist_ok=True)
        (rejected / path).write_bytes(content)
    return rejected


def _place(current: Path, target: Path, content: bytes | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if content is None or (current.is_file() and current.read_bytes() == content):
        try:
            os.link(current, target)
        except OSError:  # a file system without hard links
            shutil.copy2(current, target)
    else:
        target.write_bytes(content)


def _existing(dist: Path) -> list[str]:
    return [str(path.relative_to(dist)) for path in dist.rglob("*") if path.is_file()]


def _unwritable(project: Project, error: OSError) -> BuildError:
    where = error.filename or project.dist
    return BuildError(f"{where}: {error.strerror}; make the folder writable, dist/ is as it was")
