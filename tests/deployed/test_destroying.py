"""Destroying a development environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import Emptied, Removed
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.errors import DeployError
from tests.deployed.small import (
    NETWORK,
    left,
    outcome,
    request,
    written,
)


def test_destroying_leaves_nothing_even_of_what_is_retained_or_not_empty(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    retained = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    database = {
        "Type": "AWS::RDS::DBInstance",
        "DeletionPolicy": "Snapshot",
        "Properties": {
            "Engine": "postgres",
            "DBInstanceClass": "db.t4g.micro",
            "AllocatedStorage": "20",
            "MasterUsername": "owner",
            "MasterUserPassword": "secret-word",
        },
    }
    resources = {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "KeptBucket": {"Type": "AWS::S3::Bucket", **retained},
        "KeptLogs": {"Type": "AWS::Logs::LogGroup", **retained},
        "KeptImages": {"Type": "AWS::ECR::Repository", **retained},
        "Database": database,
        **NETWORK["Resources"],
    }
    dist = written(tmp_path / "kept", network={**NETWORK, "Resources": resources})
    published = publish(account, dist, "root")
    list(deploy(account, request(published)))
    buckets = {one["Name"] for one in account.client("s3").list_buckets()["Buckets"]}
    for bucket in buckets - {published.bucket}:
        account.client("s3").put_object(Bucket=bucket, Key="file", Body=b"data")

    events = list(destroy(account, "worker-dev"))

    assert outcome(events).result == "deleted"
    assert outcome(events).remaining == ()
    assert sum(one.objects for one in events if isinstance(one, Emptied)) == 2
    removed = {one.type for one in events if isinstance(one, Removed)}
    assert {"AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::ECR::Repository"} <= removed
    assert not any(left(account).values())
    assert [one["Name"] for one in account.client("s3").list_buckets()["Buckets"]] == [
        published.bucket
    ]
    rds = account.client("rds")
    assert rds.describe_db_instances()["DBInstances"] == []
    assert rds.describe_db_snapshots()["DBSnapshots"] == []
    assert account.client("logs").describe_log_groups()["logGroups"] == []
    assert account.client("ecr").describe_repositories()["repositories"] == []


def test_a_protected_stack_is_not_destroyed(account: Account, dist: Path) -> None:
    published = publish(account, dist, "root")
    asked = request(published)
    list(deploy(account, Request(**{**vars(asked), "termination_protection": True})))
    with pytest.raises(DeployError, match="worker-dev in us-east-1: is protected"):
        list(destroy(account, "worker-dev"))
    assert cloudformation.describe(account, "worker-dev")
