"""``fleet plan``, ``deploy`` and ``status`` as people run them, on moto's StackSets.

Slow (a minute and more): every command is a process that builds, and moto is installed first.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackyard.aws.account import Account
from stackyard.deploy.lock import TABLE, held
from stackyard.deploy.target import BOOTSTRAP_STACK
from tests.fleet.moto import FAILING, server
from tests.projects import build_py, copied, write

ACCOUNT, GOOD = "123456789012", "210987654321"
BUCKET, ROLE = "acme-artifacts", f"arn:aws:iam::{ACCOUNT}:role/execution"
COMMON = "regions: [us-east-1]\nparameters:\n  RegionNames: [us-east-1, eu-west-1]\n"
TRIAL = """stack_name: fleet-trial
parameters:
  StackSetName: trial
  PermissionModel: SELF_MANAGED
  AccountIds: "{0}"
  MaxConcurrentPercent: 100
"""
ORGANIZATION = """stack_name: fleet-organization
parameters:
  StackSetName: organization
  OrganizationalUnitIds: {0}
  CallAs: DELEGATED_ADMIN
"""
EXAMPLE = ORGANIZATION.format("ou-exam-workloads")
Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = copied(tmp_path_factory.mktemp("fleet"))
    write(folder, "params/fleet/common.yaml", COMMON)
    write(folder, "params/fleet/organization.yaml", EXAMPLE)
    return folder


@pytest.fixture
def account(endpoint: str) -> Account:
    """Return an empty account with what a bootstrap makes for deployments."""
    request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    urllib.request.urlopen(request).close()
    made = Account(region="us-east-1", endpoint_url=endpoint, embedded_id=ACCOUNT)
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": BUCKET}}
    named = {"LockTable": TABLE, "ArtifactBucket": BUCKET, "ExecutionRoleArn": ROLE}
    outputs = {name: {"Value": value} for name, value in named.items()}
    body = {"Resources": {"Artifacts": bucket}, "Outputs": outputs}
    client = made.client("cloudformation")
    client.create_stack(StackName=BOOTSTRAP_STACK, TemplateBody=json.dumps(body))
    with held(made, "the first makes the table"):
        pass
    return made


def ran(account: Account, project: Path, *words: str) -> Done:
    """Run a command of the fleet."""
    credentials = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    reached = {"AWS_ENDPOINT_URL": account.endpoint_url, "AWS_CONFIG_FILE": "/dev/null"}
    return build_py(project, "fleet", *words, **credentials, **reached)


def to(project: Path, *accounts: str) -> None:
    """Have the trial roll out to these accounts."""
    write(project, "params/fleet/trial.yaml", TRIAL.format(",".join(accounts)))


def deployed(account: Account, project: Path, *options: str) -> Done:
    return ran(account, project, "deploy", "trial", "bootstrap", "--yes", *options)


def refused(done: Done, status: int = 3) -> str:
    """Return the one line that says why a command did nothing."""
    assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stdout + done.stderr
    return done.stderr


def test_a_rollout_is_planned_deployed_and_looked_after(account: Account, project: Path) -> None:
    to(project, GOOD, FAILING)
    planned = ran(account, project, "plan", "trial", "bootstrap")
    assert "trial: does not exist yet; 4 create" in planned.stdout
    done = deployed(account, project)
    assert done.returncode == 3
    assert "fleet-trial: created" in done.stdout
    assert "trial: ACTIVE; 2 CURRENT, 2 OUTDATED" in done.stdout
    reason = f"2 failed: Account {FAILING} should have 'stacksets-exec' role: {FAILING} eu-west-1"
    assert reason in done.stderr
    looked = ran(account, project, "status", "trial", "--json")
    assert looked.returncode == 3
    assert {one["account"] for one in json.loads(looked.stdout)["failures"]} == {FAILING}


def test_a_change_is_shown_for_each_account_and_region(account: Account, project: Path) -> None:
    to(project, GOOD)
    assert deployed(account, project).returncode == 0
    words = ("plan", "trial", "bootstrap", "--set", "OldVersionDays=30", "--json")
    found = json.loads(ran(account, project, *words).stdout)
    rows = [(row["account"], row["region"], row["action"]) for row in found["rows"]]
    assert rows == [(GOOD, "us-east-1", "update"), (GOOD, "eu-west-1", "update")]
    (change,) = found["changes"][found["rows"][0]["changes"]]
    assert change["path"] == "Artifacts"


def test_what_failed_is_tried_again_though_nothing_changed(account: Account, project: Path) -> None:
    to(project, GOOD, FAILING)
    deployed(account, project)
    again = deployed(account, project, "--json")
    rollout, outcome, status = (json.loads(row) for row in again.stdout.splitlines())
    assert [row["action"] for row in rollout["rows"]] == ["unchanged", "retry"] * 2
    assert outcome["result"] == "updated"
    assert status["counts"] == {"CURRENT": 2, "OUTDATED": 2}


def test_an_account_is_left_only_if_its_data_may_go(account: Account, project: Path) -> None:
    to(project, GOOD, FAILING)
    deployed(account, project)
    to(project, GOOD)
    done = deployed(account, project)
    assert done.returncode == 4
    assert "2 unchanged, 2 delete" in done.stdout
    assert "--allow-data-loss Artifacts" in done.stderr


def test_a_plan_is_done_as_approved_and_once(
    account: Account, project: Path, tmp_path: Path
) -> None:
    to(project, GOOD)
    file = str(tmp_path / "plan.json")
    assert ran(account, project, "plan", "trial", "bootstrap", "--out", file).returncode == 0
    approved = ("deploy", "trial", "bootstrap", "--plan", file)
    assert ran(account, project, *approved).returncode == 0
    said = refused(ran(account, project, *approved))
    assert "fleet-trial in us-east-1: the stack was deployed; another thing would happen in" in said


@pytest.mark.parametrize(
    ("accounts", "options", "said"),
    [
        ((GOOD, "998877665544"), (), "parameter AccountIds changed; another thing would happen in"),
        ((GOOD,), ("--set", "OldVersionDays=30"), "what is rolled out changed since the plan"),
    ],
)
def test_a_plan_is_refused_when_something_moved(
    account: Account,
    project: Path,
    tmp_path: Path,
    accounts: tuple[str, ...],
    options: tuple[str, ...],
    said: str,
) -> None:
    to(project, GOOD)
    file = str(tmp_path / "plan.json")
    ran(account, project, "plan", "trial", "bootstrap", "--out", file)
    to(project, *accounts)
    done = ran(account, project, "deploy", "trial", "bootstrap", "--plan", file, *options)
    assert said in refused(done)
    assert account.client("cloudformation").list_stack_sets()["Summaries"] == []


def test_a_second_rollout_waits_for_the_first(account: Account, project: Path) -> None:
    to(project, GOOD)
    with held(account, "fleet-trial"):
        said = refused(deployed(account, project, "--lock-timeout", "0"))
    assert re.search(r"fleet-trial in us-east-1: .* deploys it since", said)


def test_an_organisation_is_rolled_out_to_by_its_units(account: Account, project: Path) -> None:
    client = account.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]["Id"]
    unit = client.create_organizational_unit(ParentId=root, Name="workloads")
    unit_id = unit["OrganizationalUnit"]["Id"]
    made = client.create_account(Email="a@acme.io", AccountName="a")["CreateAccountStatus"]
    member = made["AccountId"]
    client.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit_id)
    write(project, "params/fleet/organization.yaml", ORGANIZATION.format(unit_id))
    try:
        words = ("organization", "bootstrap")
        assert f"create in 2: {member} us-east-1" in ran(account, project, "plan", *words).stdout
        done = ran(account, project, "deploy", *words, "--yes")
        assert "organization: ACTIVE; 2 CURRENT" in done.stdout
        nested = refused(ran(account, project, "deploy", "organization", "pyshop/dev"), 1)
        assert "nests stacks, which AWS refuses with PermissionModel SERVICE_MANAGED" in nested
    finally:
        write(project, "params/fleet/organization.yaml", EXAMPLE)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("organization", "bootstrap"), 1, "Ids is 'ou-exam-workloads', an example; write your"),
        (("trial", "bootstrap", "--set", "Old=1"), 1, "no parameter 'Old'; known: Artifact"),
        (("trial", "bootstrap", "--set", "Old"), 2, "--set Old has no value; write Old=VALUE"),
        (("trial", "launch-roles"), 1, "LaunchRolePrefix has no value; add --set LaunchRolePrefix"),
        (("trail", "bootstrap"), 1, "no environment 'trail'; did you mean 'trial'"),
        (("trial", "bootstrap", "--plan", "build.py"), 3, "make one with fleet plan --out"),
        (("trial", "bootstrap"), 3, "nobody is here to answer; add --yes"),
        (("trial", "bootstrap", "--json"), 2, "nobody can answer with --json; add --yes"),
        (("trial", "bootstrap", "--local", "--plan", "x"), 2, "has no StackSets to plan"),
    ],
)
def test_what_cannot_be_rolled_out_is_said_in_one_line(
    account: Account, project: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    to(project, GOOD)
    assert said in refused(ran(account, project, "deploy", *words), status)
    assert account.client("cloudformation").list_stack_sets()["Summaries"] == []


def test_a_fleet_that_was_never_deployed_says_so(account: Account, project: Path) -> None:
    to(project, GOOD)
    said = refused(ran(account, project, "status", "trial"))
    assert "trial in us-east-1: there is no such StackSet; run fleet deploy first" in said


def test_without_credentials_it_says_what_to_do(project: Path) -> None:
    to(project, GOOD)
    nobody = {"AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    done = build_py(
        project,
        *("fleet", "plan", "trial", "bootstrap"),
        AWS_SHARED_CREDENTIALS_FILE="/dev/null",
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        **nobody,
    )
    assert "no usable AWS credentials" in refused(done)
