"""The data-loss gate on the embedded account, with data two nested stacks down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import validations
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import DeployEvent, Planned
from stackyard.errors import DataLossError
from tests.deployed.gated import asked, change_sets, deployed, nested_twice
from tests.deployed.small import outcome, written

FIRST, SECOND, THIRD = "0" * 16, "1" * 16, "2" * 16
PATH = "Outer/Inner/Data"
DATABASE = {
    "Engine": "postgres",
    "EngineVersion": "15.19",
    "DBInstanceClass": "db.t4g.micro",
    "AllocatedStorage": "20",
    "MasterUsername": "owner",
    "MasterUserPassword": "secret-word",
}
TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}],
}
# properties, and what of them replaces
STATEFUL: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "AWS::RDS::DBInstance": (DATABASE, {"DBName": "other"}),
    "AWS::S3::Bucket": ({}, {"BucketName": "another-name"}),
    "AWS::DynamoDB::Table": (TABLE, {"TableName": "other"}),
    "AWS::SQS::Queue": ({}, {"QueueName": "other"}),
    "AWS::Cognito::UserPool": ({}, {}),
    "AWS::KMS::Key": ({"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}, {}),
    "AWS::ECR::Repository": ({}, {"RepositoryName": "other"}),
    "AWS::Logs::LogGroup": ({}, {"LogGroupName": "other"}),
}


def data(kind: str, **properties: Any) -> dict[str, Any]:
    policies = {"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Delete"}
    return {"Data": {"Type": kind, "Properties": properties, **policies}}


def ids(account: Account) -> set[str]:
    """Return the physical ids of everything in the stacks of an account."""
    client = account.client("cloudformation")
    stacks = client.describe_stacks()["Stacks"]
    return {
        resource["PhysicalResourceId"]
        for stack in stacks
        for resource in client.describe_stack_resources(StackName=stack["StackId"])[
            "StackResources"
        ]
    }


@pytest.mark.parametrize("kind", STATEFUL)
def test_data_is_not_removed_unless_it_is_named(
    account: Account, tmp_path: Path, kind: str
) -> None:
    properties, _ = STATEFUL[kind]
    deployed(account, tmp_path, FIRST, data(kind, **properties))
    before = ids(account)
    with pytest.raises(DataLossError, match=f"--allow-data-loss {PATH}"):
        deployed(account, tmp_path, SECOND, {})
    assert ids(account) == before
    assert change_sets(account) == []
    assert outcome(deployed(account, tmp_path, SECOND, {}, PATH)).result == "updated"
    assert ids(account) < before


@pytest.mark.parametrize("kind", [kind for kind, (_, fixed) in STATEFUL.items() if fixed])
def test_data_is_not_replaced_unless_it_is_named(
    account: Account, tmp_path: Path, kind: str
) -> None:
    properties, fixed = STATEFUL[kind]
    deployed(account, tmp_path, FIRST, data(kind, **properties))
    before = ids(account)
    with pytest.raises(DataLossError, match="is replaced because of"):
        deployed(account, tmp_path, SECOND, data(kind, **{**properties, **fixed}))
    assert ids(account) == before
    assert change_sets(account) == []


def test_a_weaker_policy_stops_the_deployment(account: Account, tmp_path: Path) -> None:
    kept = data("AWS::S3::Bucket")
    kept["Data"]["DeletionPolicy"] = "Retain"
    deployed(account, tmp_path, FIRST, kept)
    with pytest.raises(DataLossError, match="DeletionPolicy Retain becomes Delete"):
        deployed(account, tmp_path, SECOND, data("AWS::S3::Bucket"))


def test_another_major_version_of_an_engine_stops_the_deployment(
    account: Account, tmp_path: Path
) -> None:
    kind = "AWS::RDS::DBInstance"
    deployed(account, tmp_path, FIRST, data(kind, **DATABASE))
    newer = {**DATABASE, "EngineVersion": "16.11"}
    with pytest.raises(DataLossError, match=r"15\.19 becomes 16\.11"):
        deployed(account, tmp_path, SECOND, data(kind, **newer))
    minor = {**DATABASE, "EngineVersion": "15.20"}
    assert outcome(deployed(account, tmp_path, THIRD, data(kind, **minor))).result == "updated"


def test_naming_another_resource_does_not_open_the_gate(account: Account, tmp_path: Path) -> None:
    deployed(account, tmp_path, FIRST, data("AWS::S3::Bucket"))
    with pytest.raises(DataLossError, match=r"Outer/Inner/Date: did you mean 'Outer/Inner/Data'"):
        deployed(account, tmp_path, SECOND, {}, "Outer/Inner/Date")


def test_a_change_that_loses_nothing_passes_and_is_announced_with_its_resources(
    account: Account, tmp_path: Path
) -> None:
    deployed(account, tmp_path, FIRST, data("AWS::SQS::Queue"))
    events = deployed(account, tmp_path, SECOND, data("AWS::SQS::Queue", VisibilityTimeout=45))
    announced = events[0]
    assert isinstance(announced, Planned)
    assert announced.preview
    assert [one.path for one in announced.preview.changes] == [PATH]
    assert not announced.refused
    assert outcome(events).result == "updated"


def test_a_protected_stack_lets_go_only_what_is_named_and_is_protected_again(
    account: Account, tmp_path: Path
) -> None:
    def guarded() -> list[str]:
        policy = validations.stack_policy(account, "worker-dev")
        denied = policy["Statement"][1:] if policy else []
        return [one["Resource"] for one in denied]

    def protected(digest: str, resources: dict[str, Any], *allowed: str) -> Iterator[DeployEvent]:
        dist = written(tmp_path / digest, digest, **nested_twice(resources))
        wanted = replace(asked(account, dist, *allowed), termination_protection=True)
        return deploy(account, wanted)

    bucket = data("AWS::S3::Bucket")
    other = data("AWS::S3::Bucket", BucketName="another-name")
    list(protected(FIRST, bucket))
    assert guarded() == [["LogicalResourceId/Outer"]]
    declined = protected(SECOND, other, PATH)
    assert isinstance(next(declined), Planned)
    assert guarded() == []
    declined.close()  # type: ignore[attr-defined]
    assert guarded() == [["LogicalResourceId/Outer"]]
    assert outcome(list(protected(SECOND, other, PATH))).result == "updated"
    assert guarded() == [["LogicalResourceId/Outer"]]
