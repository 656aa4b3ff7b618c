"""The commands that are run once: init with somebody at a terminal, and bootstrap.

Slow: each is a process, and bootstrap derives permissions from the provider schemas.
"""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from stackyard.deploy.target import bootstrapped
from stackyard.local.account import running
from tests.projects import build_py, command, small
from tests.support import ROOT

ANSWERS = {
    "Organisation, a short name": "acme",
    "Account of dev": "100000000001",
    "Region of dev [us-east-1]": "",
    "Account of live": "100000000002",
    "Region of live [us-east-1]": "eu-central-1",
}


def answered(project: Path, *words: str, answers: dict[str, str]) -> tuple[int, str]:
    """Run a command at a terminal, answer what it asks and return its status and what it said."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*words),
        cwd=project,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "TERM": "dumb", "NO_COLOR": "1"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(theirs)
    said, open_questions = "", dict(answers)
    try:
        while piece := os.read(ours, 4096):
            said += piece.decode()
            for question in [one for one in open_questions if said.endswith(f"{one}: ")]:
                os.write(ours, f"{open_questions.pop(question)}\n".encode())
    except OSError:  # Linux's way to say that nobody writes to it any more
        pass
    os.close(ours)
    return process.wait(), said


def test_init_asks_for_what_it_was_not_told(tmp_path: Path) -> None:
    project = small(tmp_path)
    status, said = answered(project, "init", answers=ANSWERS)
    assert status == 0, said
    assert "stackyard.yaml: written; next: python build.py bootstrap" in said
    written = yaml.safe_load((project / "stackyard.yaml").read_text())
    assert written["organization"] == "acme"
    assert written["environments"]["dev"] == {"account": "100000000001", "region": "us-east-1"}
    assert written["environments"]["live"]["region"] == "eu-central-1"


@pytest.mark.parametrize("account", ["12345", "one hundred", ""])
def test_init_writes_no_account_that_is_none(tmp_path: Path, account: str) -> None:
    project = small(tmp_path)
    options = ("--organization", "acme", "--region", "us-east-1")
    accounts = ("--account", f"dev={account}", "--account", "live=100000000002")
    done = build_py(project, "init", *options, *accounts)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "environments" in done.stderr
    assert "account" in done.stderr
    assert not (project / "stackyard.yaml").exists()


def test_an_account_that_is_refused_at_the_terminal_leaves_no_file(tmp_path: Path) -> None:
    project = small(tmp_path)
    status, said = answered(project, "init", answers={**ANSWERS, "Account of live": "12345"})
    assert status == 1
    assert "'12345'" in said
    assert not (project / "stackyard.yaml").exists()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a project that has what the bootstrap stack is made of."""
    folder = small(tmp_path_factory.mktemp("paper"))
    sources = Path("templates_src")
    shutil.copytree(ROOT / sources / "parts", folder / sources / "parts")
    shutil.copy(ROOT / sources / "components/bootstrap.py", folder / sources / "components")
    yield folder
    build_py(folder, "local", "stop")


def test_bootstrap_makes_what_deployments_take_and_is_content_the_second_time(
    project: Path,
) -> None:
    first = build_py(project, "bootstrap", "--local")
    assert first.returncode == 0, first.stderr
    assert "stackyard-bootstrap: created (CREATE_COMPLETE" in first.stdout
    server = running(project)
    assert server
    target = bootstrapped(server.account("us-east-1"), is_needed=True)
    assert f"ArtifactBucket = {target.bucket}" in first.stdout
    deployed = build_py(project, "deploy", "paper", "dev", "--local")
    assert deployed.returncode == 0, deployed.stderr
    held = target.account.client("s3").list_objects_v2(Bucket=target.bucket)["Contents"]
    assert any(one["Key"].endswith("blueprints/paper.yaml") for one in held)
    again = build_py(project, "bootstrap", "--local", "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout.splitlines()[-1])["result"] == "unchanged"


def test_bootstrap_shows_its_template_without_an_account(project: Path) -> None:
    shown = build_py(project, "bootstrap", "--template")
    types = {one["Type"] for one in json.loads(shown.stdout)["Resources"].values()}
    assert {"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::DynamoDB::Table", "AWS::IAM::Role"} <= types


def test_bootstrap_without_a_place_says_what_to_add(project: Path) -> None:
    nowhere = build_py(project, "bootstrap", "--yes")
    assert (nowhere.returncode, nowhere.stderr.count("\n")) == (2, 1)
    assert "bootstrap: no region; add --region, or run init first" in nowhere.stderr
    unknown = build_py(project, "bootstrap", "dev", "--yes")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
