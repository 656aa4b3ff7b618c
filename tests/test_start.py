"""Which command lines are builds that need no typer, and what a build is remembered by."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard import quick
from stackyard.start import is_plain_build


@pytest.mark.parametrize(
    "line",
    ["", "build", "build pyshop", "build pyshop dev", "build --check pyshop", "--json", "--check"],
)
def test_a_plain_build_needs_no_typer(line: str) -> None:
    assert is_plain_build(line.split())


@pytest.mark.parametrize(
    "line", ["show", "--help", "build --help", "build a b c", "--check pyshop", "--colour", "biuld"]
)
def test_what_needs_explaining_goes_to_typer(line: str) -> None:
    assert not is_plain_build(line.split())


def test_builds_with_other_arguments_are_remembered_apart(tmp_path: Path) -> None:
    lines = ["", "build pyshop", "build pyshop dev", "build --no-lint", "--json"]
    assert len({quick.state_path(str(tmp_path), line.split()) for line in lines}) == len(lines)


def test_build_and_nothing_are_the_same(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert quick.state_path(root, ["build", "--json"]) == quick.state_path(root, ["--json"])


def test_a_name_that_is_a_path_stays_in_its_folder(tmp_path: Path) -> None:
    path = Path(quick.state_path(str(tmp_path), ["build", "../../other"]))
    assert path.parent == tmp_path / ".stackyard/state"


@pytest.mark.parametrize("words", [["show"], ["deploy", "pyshop", "dev"]])
def test_only_a_build_is_ever_unchanged(tmp_path: Path, words: list[str]) -> None:
    assert quick.unchanged(str(tmp_path), "templates_src", words) == ""
