"""The bootstrap stack on the embedded account."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.commands import setup
from stackyard.deploy import bootstrap, target
from stackyard.deploy.apply import deploy
from stackyard.deploy.lock import held
from stackyard.deploy.publish import publish
from stackyard.deploy.target import BOOTSTRAP_STACK, bootstrapped
from stackyard.errors import DeployError
from stackyard.project import Project
from tests.deployed.small import outcome

SUBJECT = "repo:acme/platform:environment:production"


@pytest.fixture(scope="module")
def template(project: Project) -> dict[str, Any]:
    return bootstrap.template(project)


def bootstrap_account(account: Account, template: dict[str, Any], **given: str) -> str:
    return outcome(list(deploy(account, bootstrap.request(account, template, given)))).result


def test_it_makes_what_a_deployment_needs(
    account: Account, template: dict[str, Any], dist: Path
) -> None:
    assert bootstrap_account(account, template) == "created"
    target = bootstrapped(account)
    assert publish(account, dist, "root", target.bucket).bucket == target.bucket
    with held(account, "worker-dev", table=target.lock_table):
        items = account.client("dynamodb").scan(TableName=target.lock_table)
        assert items["Count"] == 1
    assert target.role_arn.startswith("arn:aws:iam::")


def test_the_bucket_is_versioned_and_speaks_tls_only(
    account: Account, template: dict[str, Any]
) -> None:
    bootstrap_account(account, template)
    s3, bucket = account.client("s3"), bootstrapped(account).bucket
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    assert any(one["Sid"] == "OnlyOverTls" for one in policy["Statement"])


def test_bootstrapping_again_changes_nothing(account: Account, template: dict[str, Any]) -> None:
    bootstrap_account(account, template)
    assert bootstrap_account(account, template) == "unchanged"


def test_bootstrapping_again_updates_and_keeps_what_was_given(
    account: Account, template: dict[str, Any]
) -> None:
    bootstrap_account(account, template, GithubSubject=SUBJECT)
    more = copy.deepcopy(template)
    policy = more["Resources"]["ExecutionPolicy1"]["Properties"]["PolicyDocument"]
    policy["Statement"][0]["Action"].append("iam:GetRole")
    assert bootstrap_account(account, more) == "updated"
    stack = cloudformation.describe(account, BOOTSTRAP_STACK)
    assert stack
    assert stack.parameters["GithubSubject"] == SUBJECT
    assert stack.outputs["DeploymentRoleArn"]


def test_ci_gets_a_role_only_if_somebody_may_assume_it(
    account: Account, template: dict[str, Any]
) -> None:
    bootstrap_account(account, template)
    stack = cloudformation.describe(account, BOOTSTRAP_STACK)
    assert stack
    assert stack.outputs["DeploymentRoleArn"] == ""


def test_the_ci_role_trusts_only_its_subject(account: Account, template: dict[str, Any]) -> None:
    bootstrap_account(account, template, GithubSubject=SUBJECT)
    stack = cloudformation.describe(account, BOOTSTRAP_STACK)
    assert stack
    name = stack.outputs["DeploymentRoleArn"].rpartition("/")[2]
    role = account.client("iam").get_role(RoleName=name)["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    condition = statement["Condition"]["StringLike"]
    assert condition == {"token.actions.githubusercontent.com:sub": SUBJECT}


def test_an_organisation_is_let_in_and_shut_out_again(
    account: Account, template: dict[str, Any]
) -> None:
    s3, kms = account.client("s3"), account.client("kms")

    def let_in() -> list[bool]:
        target = bootstrapped(account)
        stack = cloudformation.describe(account, BOOTSTRAP_STACK)
        assert stack
        key = stack.outputs["ArtifactKeyArn"]
        texts = s3.get_bucket_policy(Bucket=target.bucket), kms.get_key_policy(KeyId=key)
        return ["o-a1b2c3d4e5" in one["Policy"] for one in texts]

    bootstrap_account(account, template, OrganizationId="o-a1b2c3d4e5")
    assert let_in() == [True, True]
    assert bootstrap_account(account, template) == "unchanged"
    assert bootstrap_account(account, template, OrganizationId="") == "updated"
    assert let_in() == [False, False]


def test_an_account_lets_in_the_organisation_that_one_of_its_environments_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(target, "check_account", lambda *_: None)
    monkeypatch.setattr(Account, "id", "210987654321")
    place = '{account: "210987654321", region: us-east-1%s}'
    named = place % ", organization_id: o-a1b2c3d4e5"
    lines = ["organization: acme", "environments:", f"  dev: {place % ''}", f"  live: {named}"]
    (tmp_path / "stackyard.yaml").write_text("\n".join(lines))
    found = setup._accounts(Project(tmp_path), "", "", "", None, on_local=False)
    assert [*found] == [(Account(region="us-east-1"), "o-a1b2c3d4e5")]


def test_an_account_that_was_not_bootstrapped_says_so(account: Account) -> None:
    with pytest.raises(DeployError, match=r"run python build\.py bootstrap"):
        bootstrapped(account, is_needed=True)


@pytest.mark.parametrize(
    ("action", "resource", "decision"),
    [
        ("sqs:CreateQueue", "*", "allowed"),
        ("rds:CreateDBInstance", "*", "allowed"),
        ("iam:CreateRole", "arn:aws:iam::{account}:role/pyshop-dev-Api-TaskRole-1", "allowed"),
        ("iam:CreateRole", "arn:aws:iam::{account}:role/Administrator", "implicitDeny"),
        ("iam:PassRole", "arn:aws:iam::{account}:role/Administrator", "implicitDeny"),
        ("iam:CreateUser", "arn:aws:iam::{account}:user/me", "implicitDeny"),
        ("organizations:LeaveOrganization", "*", "implicitDeny"),
    ],
)
def test_cloudformation_may_do_what_the_library_needs_and_no_more(
    account: Account, template: dict[str, Any], action: str, resource: str, decision: str
) -> None:
    bootstrap_account(account, template)
    iam = account.client("iam")
    role = bootstrapped(account).role_arn
    attached = iam.list_attached_role_policies(RoleName=role.rpartition("/")[2])
    assert len(attached["AttachedPolicies"]) >= 2
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=[action],
        ResourceArns=[resource.format(account=account.id)],
    )
    assert answer["EvaluationResults"][0]["EvalDecision"] == decision
