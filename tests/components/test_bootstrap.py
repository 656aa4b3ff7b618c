"""What an account and region need once."""

from typing import Any

import pytest

from stackyard.resolved import plain
from templates_src.components.bootstrap import bootstrap
from tests.components.evaluated import stack_of

ORGANIZATION = "o-a1b2c3d4e5"


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


def policies(**given: str) -> tuple[list[Any], list[Any]]:
    """Return the statements about the bucket and those about its key."""
    found = stack_of(bootstrap, **given).resources
    of_bucket = plain(found["ArtifactsPolicy"].properties["PolicyDocument"])
    of_key = plain(found["ArtifactKey"].properties["KeyPolicy"])
    return of_bucket["Statement"], of_key["Statement"]


def test_nobody_else_reads_the_bucket_unless_an_organisation_is_named() -> None:
    of_bucket, of_key = policies()
    assert [one["Sid"] for one in of_bucket] == ["OnlyOverTls"]
    assert [one["Sid"] for one in of_key] == ["AccountAdministers"]


def test_accounts_of_the_organisation_read_what_is_published_and_nothing_else() -> None:
    of_bucket, of_key = policies(OrganizationId=ORGANIZATION)
    reading, _ = of_bucket
    assert reading["Action"] == ["s3:GetObject"]
    assert reading["Resource"].endswith("/stackyard/*")
    assert reading["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    _, decrypting = of_key
    assert decrypting["Action"] == ["kms:Decrypt"]
    assert decrypting["Condition"]["StringEquals"] == {
        "aws:PrincipalOrgID": ORGANIZATION,
        "kms:ViaService": "s3.us-east-1.amazonaws.com",
    }
