"""Who on GitHub may release what."""

import json
from typing import Any

import pytest

from templates_src.components.release_role import ISSUER, release_role


@pytest.fixture(scope="module")
def role() -> Any:
    return release_role.template().to_dict()["Resources"]["WorkflowRole"]["Properties"]


def test_only_jobs_of_one_environment_of_one_repository_become_it(role: Any) -> None:
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Federated": {"Ref": "ProviderArn"}}
    assert trust["Condition"]["StringEquals"] == {
        f"{ISSUER}:aud": "sts.amazonaws.com",
        f"{ISSUER}:sub": {"Fn::Sub": "repo:${Repository}:environment:${GithubEnvironment}"},
    }


def test_it_pushes_to_one_repository_and_releases_one_application(role: Any) -> None:
    policies = {one["PolicyName"]: one["PolicyDocument"]["Statement"] for one in role["Policies"]}
    login, push = policies["Push"]
    assert login["Action"] == ["ecr:GetAuthorizationToken"]
    assert push["Resource"] == {"Ref": "RepositoryArn"}
    everywhere = [one["Action"] for one in policies["Release"] if one["Resource"] == "*"]
    assert everywhere == [["ecs:RegisterTaskDefinition"]]


def test_it_changes_no_stack(role: Any) -> None:
    assert "cloudformation:DescribeStacks" in json.dumps(role)
    assert json.dumps(role).count("cloudformation:") == 2  # the action, and the stack's ARN
