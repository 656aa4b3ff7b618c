"""The commands as people and pipelines run them: real processes, a project of its own.

Slow: each run of the command line is a process that imports boto3 and builds, 0.7 s and more.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.aws.account import Account
from stackyard.deploy.lock import TABLE
from stackyard.local.account import running
from tests.deployed.shop import environment, shop
from tests.projects import build_py

DEV = ("shop", "dev", "--local")
LIVE = ("shop", "live", "--local")
Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a project whose dev is deployed, after it was planned without an account's help."""
    folder = shop(tmp_path_factory.mktemp("shop"))
    planned = said(folder, "plan", *DEV)
    assert "7 to add" in planned
    assert "not published yet: compared with what is deployed" in planned
    assert "4 files uploaded" in said(folder, "publish", *DEV)
    created = said(folder, "deploy", *DEV)
    assert "shop-dev: created (CREATE_COMPLETE" in created
    yield folder
    build_py(folder, "local", "stop")


def said(project: Path, *words: str, status: int = 0) -> str:
    """Run a command that ends with *status* and return what it printed."""
    done = build_py(project, *words)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def data(project: Path, *words: str, status: int = 0) -> Any:
    return json.loads(said(project, *words, "--json", status=status))


def lines(project: Path, *words: str, status: int = 0) -> list[dict[str, Any]]:
    """Run a command and return its lines of JSON."""
    return [json.loads(row) for row in said(project, *words, "--json", status=status).splitlines()]


@pytest.fixture
def renamed(project: Path) -> Iterator[Path]:
    """Return the project while its table is to be another one."""
    environment(project, "dev", table="orders-2")
    yield project
    environment(project, "dev")


@pytest.fixture
def grown(project: Path) -> Iterator[Path]:
    """Return the project while its tasks are to have more memory."""
    environment(project, "dev", memory="1024")
    yield project
    environment(project, "dev")


def test_init_writes_a_configuration_and_refuses_another_one(tmp_path: Path) -> None:
    folder = shop(tmp_path)
    words = ("init", "--organization", "acme", "--region", "eu-west-1", "--profile", "live=prod")
    accounts = ("--account", "dev=100000000001", "--account", "live=100000000002")
    assert "next: python build.py bootstrap" in said(folder, *words, *accounts)
    places = yaml.safe_load((folder / "stackyard.yaml").read_text())["environments"]
    assert places["live"] == {"account": "100000000002", "region": "eu-west-1", "profile": "prod"}
    again = build_py(folder, *words, *accounts)
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "stackyard.yaml: exists already" in again.stderr


def test_init_asks_only_somebody_who_is_there(tmp_path: Path) -> None:
    asked = build_py(shop(tmp_path), "init")
    assert asked.returncode == 2
    assert "nobody is here to answer" in asked.stderr
    assert "add --organization" in asked.stderr


def test_publishing_again_uploads_nothing(project: Path) -> None:
    said(project, "publish", *DEV)
    again = data(project, "publish", *DEV)
    assert again["uploaded"] == []
    assert again["kept"]


def test_a_plan_says_what_changes_with_values_before_and_after(grown: Path) -> None:
    told = said(grown, "plan", *DEV)
    assert "> Task AWS::ECS::TaskDefinition (replaced: Memory" in told
    assert "Memory: 512 -> 1024" in told
    assert "```diff\n!" in said(grown, "plan", *DEV, "--markdown")
    changes = data(grown, "plan", *DEV)["changes"]
    assert {one["path"] for one in changes} == {"Worker/Task", "Worker/Service"}


def test_a_plans_status_tells_pipelines_of_changes(grown: Path) -> None:
    said(grown, "plan", *DEV, "--exit-code", status=5)
    environment(grown, "dev")
    assert "no changes" in said(grown, "plan", *DEV, "--exit-code")


def test_two_forms_of_a_plan_exclude_each_other(project: Path) -> None:
    done = build_py(project, "plan", *DEV, "--json", "--markdown")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_plan_that_is_approved_is_deployed_as_it_is(project: Path, tmp_path: Path) -> None:
    kept = tmp_path / "plan.json"
    said(project, "plan", *LIVE, "--out", str(kept))
    approved = lines(project, "deploy", *LIVE, "--plan", str(kept))
    assert approved[-1]["result"] == "created"
    moved = build_py(project, "deploy", *LIVE, "--plan", str(kept))
    assert (moved.returncode, moved.stderr.count("\n")) == (3, 1)


def test_what_would_lose_data_is_refused_until_it_is_named(renamed: Path) -> None:
    refused = build_py(renamed, "deploy", *DEV)
    assert refused.returncode == 4
    assert "--allow-data-loss Store/Table" in refused.stderr
    planned = data(renamed, "plan", *DEV, status=4)
    assert [one["path"] for one in planned["losses"]] == ["Store/Table"]
    named = ("--allow-data-loss", "Store/Table")
    assert data(renamed, "plan", *DEV, *named)["changed"]
    told = lines(renamed, "deploy", *DEV, *named)
    assert [one["path"] for one in told[0]["losses"]] == ["Store/Table"]
    assert told[-1]["outputs"]["TableName"] == "orders-2"
    environment(renamed, "dev")
    assert "TableName = orders-dev" in said(renamed, "deploy", *DEV, *named)


def test_machines_get_a_line_for_each_event_and_the_outcome_last(grown: Path) -> None:
    told = lines(grown, "deploy", *DEV)
    assert [one["event"] for one in (*told[:2], told[-1])] == ["planned", "started", "outcome"]
    assert "Worker/Service" in {one["name"] for one in told if one["event"] == "progress"}
    environment(grown, "dev")
    said(grown, "deploy", *DEV)


@pytest.mark.parametrize(
    "words", [("deploy", "shop", "dev"), ("bootstrap",), ("drift", "shop", "dev", "--revert")]
)
def test_machines_do_not_answer_questions(project: Path, words: tuple[str, ...]) -> None:
    done = build_py(project, *words, "--json")
    assert done.returncode == 2
    assert "nobody can answer with --json; add --yes" in done.stderr


def test_one_failure_loses_no_other_environments_result(project: Path) -> None:
    done = build_py(project, "deploy", "shop", "nowhere", "dev", "--local")
    assert done.returncode == 1
    assert "dev: shop-dev unchanged" in done.stdout
    assert "error: nowhere: " in done.stderr
    *_, last = lines(project, "deploy", "shop", "nowhere", "dev", "--local", status=1)
    assert last["environments"]["dev"]["result"] == "unchanged"
    assert "nowhere" in last["environments"]["nowhere"]["error"]


def test_the_status_is_told_for_every_environment(project: Path) -> None:
    told = said(project, "status", "shop", "--local")
    assert "CREATE_COMPLETE" in told or "UPDATE_COMPLETE" in told
    (dev,) = data(project, "status", *DEV)
    assert (dev["stack_name"], dev["current"], dev["well"]) == ("shop-dev", True, True)


def test_outputs_come_in_the_form_that_is_asked_for(project: Path) -> None:
    assert "TABLE_NAME=orders-dev" in said(project, "outputs", *DEV, "--format", "env")
    assert 'TABLE_NAME="orders-dev"' in said(
        project, "outputs", *DEV, "--format", "dotenv"
    ).replace("'", '"')
    assert data(project, "outputs", *DEV)["TableName"] == "orders-dev"
    assert json.loads(said(project, "outputs", *DEV, "--format", "json")) == data(
        project, "outputs", *DEV
    )


def test_resources_are_listed_and_one_is_shown_as_it_is(project: Path) -> None:
    assert "Store/Table  AWS::DynamoDB::Table" in said(project, "resources", *DEV)
    only = data(project, "resources", *DEV, "--type", "ecs::service")
    assert [one["name"] for one in only] == ["Worker/Service"]
    shown = data(project, "resources", "shop", "dev", "Store/Table", "--local")
    assert shown["physical_id"] == "orders-dev"
    assert {"properties", "unreadable"} <= shown.keys()


def test_what_logged_nothing_is_said_so(project: Path) -> None:
    done = build_py(project, "logs", *DEV)
    assert (done.returncode, done.stdout) == (0, "")
    assert "since 10m; --since 1d looks further back" in done.stderr


def test_a_task_is_run_and_a_shell_is_shown(project: Path) -> None:
    ran = json.loads(said(project, "run", *DEV, "--json", "--", "echo", "hello"))
    assert ran["exit_code"] == 0
    argv = data(project, "exec", *DEV)["argv"]
    assert argv[:3] == ["aws", "ecs", "execute-command"]


def test_drift_is_an_exit_status(project: Path) -> None:
    assert "shop-dev: nothing has drifted" in said(project, "drift", *DEV)
    assert data(project, "drift", *DEV) == []


@pytest.fixture
def tampered(project: Path) -> Iterator[Account]:
    """Return the account while somebody has changed how the table is paid for."""
    server = running(project)
    assert server
    account = server.account("us-east-1")
    paid = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    account.client("dynamodb").update_table(
        TableName="orders-dev", BillingMode="PROVISIONED", ProvisionedThroughput=paid
    )
    yield account
    account.client("dynamodb").update_table(TableName="orders-dev", BillingMode="PAY_PER_REQUEST")


def test_drift_is_named_with_its_properties_and_an_exit_status(
    project: Path, tampered: Account
) -> None:
    told = said(project, "drift", *DEV, status=5)
    assert "MODIFIED  Store/Table  AWS::DynamoDB::Table  orders-dev" in told
    assert "    BillingMode: PAY_PER_REQUEST -> PROVISIONED" in told
    assert told.endswith("shop-dev: 1 resource has drifted\n")
    (row,) = data(project, "drift", *DEV, status=5)
    assert (row["name"], row["counts"]) == ("Store/Table", True)


def test_drift_that_cannot_be_reverted_here_is_one_line_and_leaves_no_lock(
    project: Path, tampered: Account
) -> None:
    done = build_py(project, "drift", *DEV, "--revert", "--yes")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "has no drift-aware change sets; change the resources back by hand" in done.stderr
    assert tampered.client("dynamodb").scan(TableName=TABLE)["Items"] == []


def test_environments_differ_without_an_account(project: Path) -> None:
    environment(project, "live", memory="2048")
    told = said(project, "diff", "shop", "dev", "live")
    environment(project, "live")
    assert "Memory: 512 -> 2048" in told
    assert data(project, "diff", "shop", "dev", "dev") == []


def test_watching_what_is_at_rest_says_so(project: Path) -> None:
    assert "nothing is in progress" in said(project, "watch", *DEV)


def test_an_orphan_outlives_what_is_destroyed(project: Path) -> None:
    said(project, "deploy", *LIVE)
    orphan = ("orphan", "shop", "live", "Worker/Notices", "--local", "--yes")
    assert lines(project, *orphan)[-1]["result"] == "orphaned"
    told = lines(project, "destroy", *LIVE, "--yes")
    assert (told[0]["event"], told[-1]["result"]) == ("started", "deleted")
    assert lines(project, "destroy", *LIVE, "--yes")[-1]["result"] == "absent"
