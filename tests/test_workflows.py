"""What GitHub and pre-commit run for us and for others: formed as they want it, allowed little."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.cli import app
from tests.actionlint import complaints
from tests.projects import build_py, small, write
from tests.support import ROOT

FOLDERS = (ROOT / ".github/workflows", ROOT / "stackyard/scaffold/github/workflows")
WORKFLOWS = [path for folder in FOLDERS for path in sorted(folder.glob("*.yml"))]
KEYS = {"name", "on", "permissions", "jobs", "concurrency", "env", "defaults"}
WRITES = {"release": {"contents"}, "stackyard": {"id-token", "pull-requests"}}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def loaded(path: Path) -> dict[str, Any]:
    # BaseLoader: to YAML 1.1, which PyYAML reads, `on` is true
    return dict(yaml.load(path.read_text(), yaml.BaseLoader))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in loaded(path)["jobs"].values() for step in job.get("steps", [])]


@pytest.fixture(params=WORKFLOWS, ids=named)
def workflow(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_a_workflow_has_the_keys_of_one_and_jobs_that_end(workflow: Path) -> None:
    data = loaded(workflow)
    assert {"name", "on", "permissions", "jobs"} <= data.keys() <= KEYS
    for name, job in data["jobs"].items():
        assert "uses" in job or {"runs-on", "timeout-minutes", "steps"} <= job.keys(), name
        for needed in [job.get("needs", [])] if isinstance(job.get("needs"), str) else []:
            assert needed in data["jobs"]


def test_actionlint_has_nothing_to_say(workflow: Path) -> None:
    assert complaints(workflow) == ""


def test_a_workflow_may_write_only_where_it_must(workflow: Path) -> None:
    data = loaded(workflow)
    assert data["permissions"] == {"contents": "read"}
    granted = {
        name
        for job in data["jobs"].values()
        for name, level in job.get("permissions", {}).items()
        if level == "write"
    }
    assert granted == WRITES.get(workflow.stem, set())


def test_actions_are_pinned_and_scripts_take_no_text_of_strangers(workflow: Path) -> None:
    for step in steps(workflow):
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))
        # what a pull request says would be run: it goes through the environment
        assert "${{" not in step.get("run", ""), step["run"]


def test_every_command_that_a_workflow_runs_exists(workflow: Path) -> None:
    known = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    for step in steps(workflow):
        for command in re.findall(r"build\.py ([a-z]\w*)", step.get("run", "")):
            assert command in known


def test_the_tests_run_as_on_any_bare_machine() -> None:
    runs = [step.get("run", "") for step in steps(ROOT / ".github/workflows/ci.yml")]
    assert ".ci/run" in runs


def test_what_is_released_has_passed_the_tests() -> None:
    jobs = loaded(ROOT / ".github/workflows/release.yml")["jobs"]
    assert jobs[jobs["publish"]["needs"]]["uses"] == "./.github/workflows/ci.yml"
    assert "workflow_call" in loaded(ROOT / ".github/workflows/ci.yml")["on"]


def test_the_reusable_workflow_describes_what_it_takes() -> None:
    inputs = loaded(ROOT / ".github/workflows/stackyard.yml")["on"]["workflow_call"]["inputs"]
    text = (ROOT / ".github/workflows/stackyard.yml").read_text()
    for name, given in inputs.items():
        assert {"description", "type", "default"} <= given.keys(), name
        assert f"inputs.{name}" in text.partition("jobs:")[2], f"{name} is not used"


def test_the_hook_builds_nothing_and_looks_at_what_a_build_reads() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {"id", "name", "entry", "language", "files"} <= hook.keys()
    assert "python build.py --check" in hook["entry"]
    looked_at = re.compile(hook["files"])
    for path in (
        *("params/pyshop/dev.yaml", "templates_src/components/queue.py", "dist/a.yaml"),
        *("build.py", "requirements.txt"),
    ):
        assert looked_at.search(path), path
    assert not looked_at.search("README.md")


def test_the_hook_finds_the_interpreter_of_the_project_and_says_what_is_stale(
    tmp_path: Path,
) -> None:
    # 3 s: it builds as it would for a person, linters included
    paths = (".pre-commit-hooks.yaml", "stackyard/scaffold/pre-commit-config.yaml")
    (entry,) = {
        one for path in paths for one in re.findall("entry: (.*)", (ROOT / path).read_text())
    }
    project = small(tmp_path)
    (project / ".venv/bin").mkdir(parents=True)
    # no link: an interpreter looks for its packages beside the name that it was called by
    run = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
    write(project, ".venv/bin/python", run)
    (project / ".venv/bin/python").chmod(0o755)
    assert build_py(project).returncode == 0
    assert hooked(project, entry).returncode == 0
    write(project, "params/paper/qa.yaml", "stack_name: p-qa\nregions: [eu-west-1]\n")
    done = hooked(project, entry)
    assert done.returncode == 1
    assert "dist/: missing params/paper/qa.json; run python build.py" in done.stderr


def hooked(project: Path, entry: str) -> subprocess.CompletedProcess[str]:
    """Run a hook as pre-commit does, in a shell in which no environment is activated."""
    env = {"PATH": "/usr/bin:/bin"}
    words = shlex.split(entry)
    return subprocess.run(words, cwd=project, env=env, capture_output=True, text=True)
