"""taskcat itself on the embedded account: green for all, red for a planted fault."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.projects import build_py, copied
from tests.support import ROOT

GUIDE = ROOT / "docs/guide/taskcat.md"
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


def test_taskcat_lints_every_template_of_every_test() -> None:
    # 16 s: its linter is cfn-lint, once for each of some sixty templates
    done = build_py(ROOT, "taskcat", "--lint")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    said = done.stdout + done.stderr
    passed = {*re.findall(r"Linting passed for file: \S+/dist/(\S+\.yaml)", said)}
    manifest = json.loads((ROOT / "dist/manifest.json").read_bytes())["blueprints"].values()
    built = {path for facts in manifest for path in facts["outputs"]}
    expected = {path for path in built if re.match("(blueprints|components)/", path)}
    assert passed == expected


def test_what_taskcat_would_not_take_is_red_under_each_test_that_uses_it(tmp_path: Path) -> None:
    project = copied(tmp_path / "project")
    tests = {name: WRITTEN["tests"][name] for name in ("fleet-organization", "fleet-trial")}
    (project / "taskcat.yml").write_text(yaml.safe_dump({**WRITTEN, "tests": tests}))
    template = project / "dist/components/stack_set.yaml"
    template.write_text(template.read_text().replace("PermissionModel:", "PermissionModle:"))
    done = build_py(project, "taskcat", "--lint", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, {"passed": False})
    assert "PermissionModle" in done.stderr


def test_the_command_of_the_guide_lints_without_ours(tmp_path: Path) -> None:
    # one system: without ours, taskcat lints every template again for every test
    chosen = tmp_path / "taskcat.yml"
    tests = {"fleet-trial": WRITTEN["tests"]["fleet-trial"]}
    chosen.write_text(yaml.safe_dump({**WRITTEN, "tests": tests}))
    written = re.search(r"^taskcat lint .*$", GUIDE.read_text(), re.MULTILINE)
    assert written
    command = written[0].replace(f"../{chosen.name}", str(chosen)).split()
    done = subprocess.run(
        [str(Path(sys.executable).with_name(command[0])), *command[1:]],
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
