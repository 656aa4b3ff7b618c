"""dist/ changes as a whole or not at all."""

import os
import resource
from pathlib import Path

import pytest

from stackyard import output
from stackyard.errors import BuildError
from stackyard.project import Project

FILES = {"a.yaml": b"a", "sub/b.yaml": b"b"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    output.write(made, FILES, whole=True)
    return made


def test_writes_every_file(project: Project) -> None:
    assert (project.dist / "sub/b.yaml").read_bytes() == b"b"
    assert output.differences(project.dist, FILES, whole=True) == []


def test_leaves_nothing_of_its_own_behind(project: Project) -> None:
    assert list(project.work.iterdir()) == []


def test_unchanged_files_keep_their_modification_time(project: Project) -> None:
    os.utime(project.dist / "a.yaml", (1, 1))
    output.write(project, {**FILES, "sub/b.yaml": b"new"}, whole=True)
    assert (project.dist / "a.yaml").stat().st_mtime == 1
    assert (project.dist / "sub/b.yaml").read_bytes() == b"new"


def test_whole_build_removes_what_it_did_not_make(project: Project) -> None:
    output.write(project, {"a.yaml": b"a"}, whole=True)
    assert not (project.dist / "sub").exists()


def test_narrow_build_keeps_the_rest(project: Project) -> None:
    output.write(project, {"a.yaml": b"new"}, whole=False)
    assert (project.dist / "sub/b.yaml").read_bytes() == b"b"


def test_differences_say_what_is_the_matter(project: Project) -> None:
    wanted = {"a.yaml": b"other", "c.yaml": b"c"}
    assert output.differences(project.dist, wanted, whole=True) == [
        "missing c.yaml",
        "stale a.yaml",
        "unknown sub/b.yaml",
    ]


def test_interruption_between_the_two_moves_is_mended(project: Project) -> None:
    project.work.mkdir(exist_ok=True)
    project.dist.rename(project.work / "dist.old.1")
    output.recover(project)
    assert output.differences(project.dist, FILES, whole=True) == []


def test_failure_while_writing_leaves_the_folder_as_it_was(project: Project) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))  # as on a disk that is full
    try:
        with pytest.raises(BuildError, match="File too large; make the folder writable"):
            output.write(project, {"a.yaml": b"new"}, whole=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert output.differences(project.dist, FILES, whole=True) == []
