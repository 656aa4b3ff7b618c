"""taskcat itself on the embedded account: green for all, red for a planted fault."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.projects import build_py, copied
from tests.support import ROOT

WRITTEN = yaml.safe_load((ROOT / "taskcat.yml").read_text())


def report(folder: Path) -> str:
    return (folder / "index.html").read_text()


def test_every_test_of_the_file_is_green(tmp_path: Path) -> None:
    # 25 s for 16 systems: taskcat deploys and deletes all of them side by side
    done = build_py(ROOT, "taskcat", "--output", str(tmp_path))
    assert done.returncode == 0, done.stdout[-3000:]
    page = report(tmp_path)
    expected = sum(len(test["regions"]) for test in WRITTEN["tests"].values())
    assert page.count("CREATE_COMPLETE") == expected
    assert "test-red" not in re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL)


def test_a_planted_fault_is_red_with_its_reason(tmp_path: Path) -> None:
    project = copied(tmp_path / "project")
    (project / "taskcat.yml").write_text((ROOT / "taskcat.yml").read_text())
    template = project / "dist/blueprints/pyshop.yaml"
    template.write_text(template.read_text().replace("Network.Outputs.VpcId", "Network.Outputs.No"))
    output = tmp_path / "report"
    output.mkdir()
    done = build_py(project, "taskcat", "pyshop-dev", "--output", str(output))
    assert done.returncode == 1
    assert "test-red" in report(output)
    (log,) = output.glob("*cfnlogs.txt")
    assert "Outputs.No does not exist" in log.read_text()


def test_an_unknown_test_is_answered_with_those_that_exist() -> None:
    done = build_py(ROOT, "taskcat", "pyshop-devel")
    assert done.returncode == 2
    assert done.stderr.startswith("error: taskcat.yml: no test 'pyshop-devel'; known: ")


def test_taskcat_lint_passes(tmp_path: Path) -> None:
    # one system: taskcat takes half a minute for each, and the build has linted the same templates
    kept = {"pyshop-dev": WRITTEN["tests"]["pyshop-dev"]}
    chosen = tmp_path / "taskcat.yml"
    chosen.write_text(yaml.safe_dump({**WRITTEN, "tests": kept}))
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("taskcat")), "lint"),
            *("--input-file", str(chosen), "--project-root", "dist"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", ["LICENSE", ".git", ".venv", "tests"])
def test_only_what_is_built_is_uploaded(name: str) -> None:
    # the root of the project that taskcat uploads is dist/
    assert "--project-root dist" in (ROOT / "taskcat.yml").read_text()
    assert not (ROOT / "dist" / name).exists()
