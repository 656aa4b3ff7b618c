"""Stackyard as a dependency: from the wheel, `stackyard new` gives a project that works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.commands.scaffolding import create
from stackyard.errors import BuildError, UsageError
from stackyard.library import Library
from stackyard.project import Project
from tests.support import ROOT

SOURCES = (
    "setup.cfg",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "params",
    "stackyard",
    "templates_src",
)


def shipped() -> Iterator[str]:
    """Yield every file of the two packages."""
    for package in ("stackyard", "templates_src"):
        for path in (ROOT / package).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(ROOT))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy2(ROOT / name, folder / name)
    # from what is installed here: neither network nor an environment for building
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*command, "-w", "out"], cwd=folder, check=True, capture_output=True)
    (made,) = (folder / "out").glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the programs of an environment with the wheel, and what this one has besides it."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    there = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install"]
    subprocess.run([*command, "--no-deps", "-q", wheel], check=True, capture_output=True)
    (there / "others.pth").write_text(sysconfig.get_paths()["purelib"])
    return folder / "bin"


def ran(command: list[str | Path], folder: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_both_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert set(archive.namelist()) >= set(shipped())


def test_a_new_project_builds_passes_its_tests_and_deploys(
    wheel: Path, installed: Path, tmp_path: Path
) -> None:
    # 15 s: it lints, and its own tests deploy two systems to embedded accounts
    assert "next: cd my-shop" in ran([installed / "stackyard", "new", "my-shop"], tmp_path)
    project, python = tmp_path / "my-shop", installed / "python"
    assert "0 findings" in ran([python, "build.py"], project)
    assert ran([python, "build.py"], project).startswith("nothing changed: 2 environments")
    assert "5 passed" in ran([python, "-m", "pytest", "-q"], project)
    assert "orders" in ran([python, "build.py", "cost"], project)
    version = wheel.name.split("-")[1]
    assert f"stackyard[local,functions]=={version}" in (project / "requirements.txt").read_text()
    assert "my_platform" not in "".join(
        path.read_text() for path in project.rglob("*.py") if ".venv" not in path.parts
    )


def test_a_function_comes_from_the_library_that_is_installed(tmp_path: Path) -> None:
    create(tmp_path, "first-yard")
    library = Library(Project(tmp_path / "first-yard", "first_yard"))
    assert library.function("worker") == ROOT / "templates_src/functions/worker"
    own = tmp_path / "first-yard/first_yard/functions"
    (own / "mine").mkdir(parents=True)
    assert library.function("mine") == own / "mine"
    (own / "worker").mkdir()
    with pytest.raises(BuildError, match="templates_src has a function 'worker' as well"):
        library.function("worker")


def test_a_component_that_no_blueprint_nests_is_found_in_the_library(tmp_path: Path) -> None:
    create(tmp_path, "second-yard")
    library = Library(Project(tmp_path / "second-yard", "second_yard"))
    assert set(library.components) == {"alerts", "ledger", "queue"}
    found = library.template("components/bootstrap")
    assert found.source == "templates_src/components/bootstrap.py"


@pytest.mark.parametrize("name", ["My-Platform", "1st", "a_b", "-x", "stackyard", "templates-src"])
def test_a_name_that_python_or_people_would_confuse_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"choose another name|use lower-case letters"):
        create(tmp_path, name)
    assert [*tmp_path.iterdir()] == []


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    create(tmp_path, "third-yard")
    with pytest.raises(BuildError, match="third-yard: exists already"):
        create(tmp_path, "third-yard")


def test_a_python_without_the_library_is_told_so_in_one_line() -> None:
    build = ROOT / "stackyard/scaffold/build.py"
    done = subprocess.run([sys.executable, "-I", "-S", build], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {sys.executable}: has no stackyard; "
        "run .venv/bin/python, or pip install -r requirements.txt\n"
    )
