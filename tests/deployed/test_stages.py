"""Systems of several stacks, as the commands bring, show and destroy them in three regions.

Slow: each run of the command line is a process that builds four blueprints, 2 s and more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.local.account import running
from tests.deployed.test_commands import data, lines, said
from tests.projects import build_py
from tests.staged import REGIONS, environment, newspaper

ASKING = """
from pathlib import Path

from stackyard.commands import staged
from stackyard.commands.place import Where
from stackyard.project import Project
from stackyard.stages import course

system = course(Project(Path()), "paper", "live")
with staged.sites(Project(Path()), system, Where(on_local=True)) as found:
    staged.ask(found, dict.fromkeys(found, ()), system, lambda *_: ", for nothing")
"""
LIVE = ("paper", "live", "--local")
DEV = ("paper", "dev", "--local")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a project with an embedded account on which nothing is deployed."""
    folder = newspaper(tmp_path_factory.mktemp("newspaper"))
    said(folder, "local", "start")
    yield folder
    build_py(folder, "local", "stop")


@pytest.fixture
def deployed(project: Path) -> Iterator[Path]:
    """Return the project with its live system deployed as its files say."""
    for name in REGIONS:
        environment(project, name, "live")
    said(project, "deploy", *LIVE)
    yield project
    for name in REGIONS:
        environment(project, name, "live")


def there(project: Path, name: str) -> Account:
    """Return the account in the region of a blueprint."""
    server = running(project)
    assert server
    return server.account(REGIONS[name])


def stack(project: Path, name: str) -> dict[str, Any]:
    """Return the live stack of a blueprint as AWS describes it."""
    cloudformation = there(project, name).client("cloudformation")
    found: dict[str, Any] = cloudformation.describe_stacks(StackName=f"{name}-live")["Stacks"][0]
    return found


def values(project: Path, name: str) -> dict[str, str]:
    return {
        one["ParameterKey"]: one["ParameterValue"] for one in stack(project, name)["Parameters"]
    }


def given(project: Path, name: str) -> str:
    (output,) = stack(project, name)["Outputs"]
    return str(output["OutputValue"])


def order(told: list[dict[str, Any]], kind: str) -> list[str]:
    """Return the blueprints in the order in which AWS began with them."""
    return [one["blueprint"] for one in told if one["event"] == kind]


def test_stages_come_first_and_hand_over_what_they_give(project: Path) -> None:
    told = lines(project, "deploy", *LIVE)
    began = order(told, "started")
    assert sorted(began) == sorted(REGIONS)
    assert began.index("mill") < began.index("press") < began.index("paper")
    assert began[-1] == "paper"
    ends = told[-1]["environments"]["live"]
    assert (ends["stack_name"], ends["result"]) == ("paper-live", "created")
    assert {name: one["result"] for name, one in ends["stages"].items()} == dict.fromkeys(
        ("mill", "press", "ink"), "created"
    )
    assert values(project, "press")["MillArn"] == given(project, "mill")
    assert values(project, "paper")["PressArn"] == given(project, "press")
    assert values(project, "paper")["InkArn"] == given(project, "ink")
    assert [given(project, name).split(":")[3] for name in REGIONS] == [*REGIONS.values()]


def test_what_is_identical_stays_and_what_changed_is_updated(deployed: Path) -> None:
    environment(deployed, "ink", "live", title="black")
    told = lines(deployed, "deploy", *LIVE)
    assert order(told, "started") == ["ink"]
    ends = told[-1]["environments"]["live"]
    assert (ends["result"], ends["stages"]["ink"]["result"]) == ("unchanged", "updated")
    assert ends["stages"]["mill"]["result"] == "unchanged"


def test_a_stage_that_fails_keeps_back_what_waits_for_it_and_the_command_resumes(
    deployed: Path,
) -> None:
    for name in REGIONS:
        environment(deployed, name, "live", title="later", zone="ZNO" if name == "press" else "")
    done = build_py(deployed, "deploy", *LIVE)
    assert done.returncode == 3
    assert "mill: mill-live updated" in done.stdout
    assert "ink: ink-live updated" in done.stdout
    assert "press: press-live rolled back (UPDATE_ROLLBACK_COMPLETE)" in done.stdout
    assert "error: press: Topic/Record (AWS::Route53::RecordSet): " in done.stderr
    assert "error: paper: not begun, as press did not end well" in done.stderr
    assert "what went well stays as it is; the same command goes on" in done.stderr
    assert values(deployed, "paper")["Title"] == "news"

    environment(deployed, "press", "live", title="later")
    told = lines(deployed, "deploy", *LIVE)
    assert order(told, "started") == ["press", "paper"]
    assert values(deployed, "paper")["Title"] == "later"


def test_a_stage_may_be_deployed_alone_and_the_rest_takes_what_it_gave(deployed: Path) -> None:
    environment(deployed, "ink", "live", title="red")
    assert "ink-live: updated" in said(deployed, "deploy", "ink", "live", "--local")
    assert values(deployed, "ink")["Title"] == "red"
    assert "no changes" in said(deployed, "plan", *LIVE, "--exit-code")


def test_an_environment_without_stages_says_what_is_left_out(deployed: Path) -> None:
    told = said(deployed, "deploy", *DEV)
    assert "press: has no environment dev and is left out\n" in told
    assert "ink: has no environment dev and is left out\n" in told
    assert "paper-dev: " in told


def test_all_stacks_of_an_account_that_ends_with_the_command_are_in_one(project: Path) -> None:
    told = lines(project, "deploy", *LIVE, "--ephemeral")
    ends = told[-1]["environments"]["live"]
    assert ends["result"] == "created"
    assert {one["result"] for one in ends["stages"].values()} == {"created"}


def test_environments_and_their_stages_are_deployed_side_by_side(deployed: Path) -> None:
    told = said(deployed, "deploy", "paper", "live", "dev", "--local")
    assert "mill live: mill-live unchanged" in told
    assert "paper dev: paper-dev " in told


def test_a_plan_shows_every_stack(deployed: Path) -> None:
    environment(deployed, "mill", "live", title="older")
    told = said(deployed, "plan", *LIVE, "--exit-code", status=5)
    assert "mill-live in eu-west-1: 1 to modify" in told
    assert "paper-live in us-east-1: no changes" in told
    seen = data(deployed, "plan", *LIVE)
    assert seen["changed"] is True
    assert seen["changes"] == []
    assert seen["stages"]["mill"]["changed"] is True
    assert seen["stages"].keys() == {"mill", "press", "ink"}


def test_the_status_and_the_outputs_are_those_of_all_stacks(deployed: Path) -> None:
    rows = data(deployed, "status", *LIVE)
    assert [row["stack_name"] for row in rows][-1] == "paper-live"
    assert {row["stack_name"]: row["region"] for row in rows} == {
        f"{name}-live": region for name, region in REGIONS.items()
    }
    outputs = data(deployed, "outputs", *LIVE)
    assert outputs == {
        f"{name.capitalize()}Arn": given(deployed, name)
        for name in ("mill", "press", "ink", "paper")
    }


def test_an_approved_plan_is_of_one_stack(deployed: Path, tmp_path: Path) -> None:
    kept = tmp_path / "plan.json"
    for name in ("ink", "paper"):
        environment(deployed, name, "live", title="approved")
    planned = data(deployed, "plan", *LIVE, "--out", str(kept))
    assert "stages" not in planned
    assert lines(deployed, "deploy", *LIVE, "--plan", str(kept))[-1]["result"] == "updated"
    assert values(deployed, "paper")["Title"] == "approved"
    assert values(deployed, "ink")["Title"] != "approved"


def test_one_question_is_asked_for_all_stacks_after_what_would_happen(deployed: Path) -> None:
    """The embedded account is never asked about, so that a program of ours asks here."""
    environment(deployed, "ink", "live", title="asked")
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        cwd=deployed,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert "ink-live in eu-west-1: 1 to modify" in done.stdout
    assert "press-live in us-west-2: no changes" in done.stdout
    stacks = [f"{name}-live in {region}" for name, region in REGIONS.items()]
    question = done.stderr.splitlines()[-1]
    assert all(stack in question for stack in stacks)
    assert "account 123456789012, for nothing? nobody is here to answer; add --yes" in question
    assert values(deployed, "ink")["Title"] != "asked"


def test_a_question_that_nobody_answers_destroys_nothing(deployed: Path) -> None:
    done = build_py(deployed, "destroy", *LIVE)
    assert done.returncode == 3
    assert "nobody is here to answer" in done.stderr
    for name in REGIONS:
        assert f"{name}-live" in done.stderr
        assert stack(deployed, name)["StackStatus"].endswith("_COMPLETE")


def test_a_path_of_a_stage_that_there_is_not_is_refused(deployed: Path) -> None:
    done = build_py(deployed, "destroy", *LIVE, "--yes", "--delete-data", "inc:Topic/Topic")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "paper has no stage 'inc'; it has " in done.stderr


def test_destroying_goes_the_other_way_and_again_finds_nothing(deployed: Path) -> None:
    told = lines(deployed, "destroy", *LIVE, "--yes")
    began = order(told, "started")
    assert began[0] == "paper"
    assert began.index("press") < began.index("mill")
    assert sorted(began) == sorted(REGIONS)
    ends = told[-1]["environments"]["live"]
    assert {ends["result"], *(one["result"] for one in ends["stages"].values())} == {"deleted"}
    for name in REGIONS:
        listed = there(deployed, name).client("sns").list_topics()["Topics"]
        assert [one for one in listed if f"{name}-live" in json.dumps(one)] == []
    again = said(deployed, "destroy", *LIVE, "--yes")
    assert "paper: paper-live absent" in again


def test_before_anything_is_deployed_a_plan_says_what_is_not_known(project: Path) -> None:
    """Needs the end of the tests above: nothing of live exists."""
    said(project, "destroy", *LIVE, "--yes")
    told = said(project, "plan", *LIVE)
    assert "PressArn, InkArn: known once press, ink is deployed" in told
    done = build_py(project, "plan", *LIVE, "--out", "plan.json")
    assert done.returncode == 3
    assert "PressArn is given by press, whose stack does not have it" in done.stderr
    assert "deploy press live first" in done.stderr
