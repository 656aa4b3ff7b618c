"""What an account and region need once."""

from typing import Any

import pytest

from templates_src.components.bootstrap import bootstrap


@pytest.fixture(scope="module")
def resources() -> Any:
    return bootstrap.template().to_dict()["Resources"]


def test_the_bucket_keeps_versions_for_a_while_and_outlives_the_stack(resources: Any) -> None:
    bucket = resources["Artifacts"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": {"Ref": "OldVersionDays"}}


def test_the_bucket_is_encrypted_with_its_own_key(resources: Any) -> None:
    encryption = resources["Artifacts"]["Properties"]["BucketEncryption"]
    (rule,) = encryption["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == {
        "Fn::GetAtt": ["ArtifactKey", "Arn"]
    }
    assert resources["ArtifactKey"]["Properties"]["EnableKeyRotation"] is True


def test_a_lock_is_found_by_the_name_of_its_stack(resources: Any) -> None:
    assert resources["Locks"]["Properties"]["KeySchema"] == [
        {"AttributeName": "Stack", "KeyType": "HASH"}
    ]


def test_the_execution_role_is_for_cloudformation_only(resources: Any) -> None:
    trust = resources["ExecutionRole"]["Properties"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "cloudformation.amazonaws.com"}


def test_the_deployment_role_exists_only_for_a_subject_and_passes_only_one_role(
    resources: Any,
) -> None:
    role = resources["DeploymentRole"]
    assert role["Condition"] == "HasGithubSubject"
    statements = [
        statement
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    (passing,) = [one for one in statements if "iam:PassRole" in one["Action"]]
    assert passing["Resource"] == {"Fn::GetAtt": ["ExecutionRole", "Arn"]}
    assert passing["Condition"] == {
        "StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}
    }


def test_the_deployment_role_deletes_no_stack(resources: Any) -> None:
    text = str(resources["DeploymentRole"])
    assert "cloudformation:DeleteStack" not in text


def test_the_provider_is_made_only_if_the_account_has_none(resources: Any) -> None:
    assert resources["GithubTokens"]["Condition"] == "CreatesProvider"
