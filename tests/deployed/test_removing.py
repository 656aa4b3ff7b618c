"""The commands recover, orphan and destroy, as people and pipelines run them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.projects import build_py, small

DEV = ("paper", "dev", "--local")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a project whose dev is deployed to an embedded account of its own."""
    folder = small(tmp_path_factory.mktemp("paper"))
    deployed = build_py(folder, "deploy", *DEV)
    assert deployed.returncode == 0, deployed.stderr
    yield folder
    build_py(folder, "local", "stop")


def test_a_pipe_without_force_destroys_nothing(project: Path) -> None:
    asked = build_py(project, "destroy", *DEV)
    assert asked.returncode == 3
    assert "nobody is here to answer" in asked.stderr
    assert "what is deleted cannot be brought back" in asked.stdout
    assert "no changes" in build_py(project, "deploy", *DEV).stdout


def test_recovering_what_is_sound_says_so(project: Path) -> None:
    done = build_py(project, "recover", *DEV)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "paper-dev: is in CREATE_COMPLETE: nothing is wrong with it\n"


def test_a_diagnosis_is_a_line_for_machines(project: Path) -> None:
    said = json.loads(build_py(project, "recover", *DEV, "--json").stdout)
    assert (said["event"], said["status"], said["action"]) == (
        "diagnosis",
        "CREATE_COMPLETE",
        "nothing",
    )


def test_recovering_or_destroying_what_was_never_deployed_is_no_error(project: Path) -> None:
    live = ("paper", "live", "--local")
    recovered = build_py(project, "recover", *live)
    assert (recovered.returncode, recovered.stderr) == (0, "")
    assert recovered.stdout == "paper-live: there is no such stack; nothing to recover\n"
    destroyed = build_py(project, "destroy", *live)
    assert (destroyed.returncode, destroyed.stderr) == (0, "")
    assert "paper-live: absent (there is no such stack" in destroyed.stdout


def test_an_orphan_that_is_referred_to_is_refused_in_one_line(project: Path) -> None:
    done = build_py(project, "orphan", "paper", "dev", "Topic/Topic", "--local", "--yes")
    assert done.returncode == 3
    assert done.stderr.startswith("error: Topic/Topic: is used by output TopicArn of the same")
    assert done.stderr.count("\n") == 1


def test_force_destroys_without_a_question_and_twice_is_no_error(project: Path) -> None:
    done = build_py(project, "destroy", *DEV, "--force", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["result"] == "deleted"
    again = build_py(project, "destroy", *DEV, "--force", "--json")
    assert json.loads(again.stdout.splitlines()[-1])["result"] == "absent"
