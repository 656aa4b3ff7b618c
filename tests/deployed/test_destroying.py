"""Destroying environments by their rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import DeployEvent, Emptied, Noticed, Removed
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.deploy.survey import Consent
from stackyard.errors import DataLossError, DeployError
from tests.deployed.small import (
    EVERYTHING,
    NETWORK,
    left,
    outcome,
    request,
    written,
)

RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
DATABASE = {
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
RESOURCES = {
    "Bucket": {"Type": "AWS::S3::Bucket"},
    "KeptBucket": {"Type": "AWS::S3::Bucket", **RETAINED},
    "KeptLogs": {"Type": "AWS::Logs::LogGroup", **RETAINED},
    "KeptImages": {"Type": "AWS::ECR::Repository", **RETAINED},
    "Images": {"Type": "AWS::ECR::Repository"},
    "Database": DATABASE,
    **NETWORK["Resources"],
}
STATEFUL = ("Bucket", "KeptBucket", "KeptLogs", "KeptImages", "Images", "Database")
ALL = frozenset({*(f"Network/{name}" for name in STATEFUL), "Jobs/WorkQueue"})


@pytest.fixture
def asked(account: Account, tmp_path: Path) -> Request:
    """Return the request that has deployed a system with data in it."""
    return deployed(account, tmp_path, RESOURCES)


def deployed(account: Account, folder: Path, resources: dict[str, Any]) -> Request:
    dist = written(folder / "dist", network={**NETWORK, "Resources": resources})
    published = publish(account, dist, "root")
    asked = request(published)
    list(deploy(account, asked))
    for bucket in buckets(account) - {published.bucket}:
        account.client("s3").put_object(Bucket=bucket, Key="file", Body=b"data")
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
    for name in repositories(account):
        account.client("ecr").put_image(repositoryName=name, imageManifest=manifest, imageTag="1")
    return asked


def buckets(account: Account) -> set[str]:
    return {one["Name"] for one in account.client("s3").list_buckets()["Buckets"]}


def repositories(account: Account) -> set[str]:
    rows = account.client("ecr").describe_repositories()["repositories"]
    return {row["repositoryName"] for row in rows}


def snapshots(account: Account) -> list[str]:
    rows = account.client("rds").describe_db_snapshots()["DBSnapshots"]
    return [row["DBSnapshotIdentifier"] for row in rows]


def artifacts(account: Account) -> str:
    return f"stackyard-{account.id}-{account.region}"


def test_everything_goes_even_what_is_retained_or_not_empty(
    account: Account, asked: Request
) -> None:
    events: list[DeployEvent] = list(destroy(account, "worker-dev", EVERYTHING))

    assert outcome(events).result == "deleted"
    assert outcome(events).remaining == ()
    assert sum(one.objects for one in events if isinstance(one, Emptied)) == 4
    removed = {one.type for one in events if isinstance(one, Removed)}
    assert {"AWS::S3::Bucket", "AWS::Logs::LogGroup", "AWS::ECR::Repository"} <= removed
    assert not any(left(account).values())
    assert buckets(account) == {artifacts(account)}
    assert account.client("rds").describe_db_instances()["DBInstances"] == []
    assert snapshots(account) == []
    assert account.client("logs").describe_log_groups()["logGroups"] == []
    assert repositories(account) == set()


def test_a_snapshot_that_somebody_took_before_is_kept_and_listed(
    account: Account, asked: Request
) -> None:
    rds = account.client("rds")
    instance = rds.describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"]
    rds.create_db_snapshot(DBInstanceIdentifier=instance, DBSnapshotIdentifier="mine")
    end = outcome(list(destroy(account, "worker-dev", EVERYTHING)))
    assert snapshots(account) == ["mine"]
    assert [one.physical_id for one in end.remaining] == ["mine"]
    assert "what it stores is paid for" in end.remaining[0].reason


def test_data_is_kept_or_snapshotted_and_listed_with_its_cost(
    account: Account, asked: Request
) -> None:
    end = outcome(list(destroy(account, "worker-dev", Consent(rule="keep-data"))))
    assert end.result == "deleted"
    assert len(buckets(account)) == 3
    assert len(repositories(account)) == 2
    assert len(snapshots(account)) == 1
    assert account.client("rds").describe_db_instances()["DBInstances"] == []
    assert left(account) == {"vpcs": 0, "addresses": 0, "topics": 0, "queues": 1}
    kinds = sorted(one.type for one in end.remaining)
    assert kinds == [
        "AWS::ECR::Repository",
        "AWS::ECR::Repository",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "RDS DB snapshot",
    ]
    assert all(one.reason.endswith(("paid for", "uses it")) for one in end.remaining)


def test_a_guarded_environment_names_what_has_to_be_named(account: Account, asked: Request) -> None:
    with pytest.raises(DataLossError) as refused:
        list(destroy(account, "worker-dev", Consent(named=ALL - {"Network/Bucket"})))
    assert "--delete-data Network/Bucket  # objects" in str(refused.value)
    assert "Network/Database" not in str(refused.value)
    assert cloudformation.describe(account, "worker-dev")
    assert len(buckets(account)) == 3


def test_a_guarded_environment_goes_when_all_is_named_and_leaves_a_snapshot(
    account: Account, asked: Request
) -> None:
    end = outcome(list(destroy(account, "worker-dev", Consent(named=ALL))))
    assert end.result == "deleted"
    assert [one.type for one in end.remaining] == ["RDS DB snapshot"]
    assert len(snapshots(account)) == 1
    assert buckets(account) == {artifacts(account)}


def test_a_name_that_holds_no_data_is_refused(account: Account, asked: Request) -> None:
    with pytest.raises(DeployError, match="Network/Databse holds no data; what does is Network"):
        list(destroy(account, "worker-dev", Consent(named=ALL | {"Network/Databse"})))


@pytest.mark.parametrize("rule", ["everything", "keep-data", "guarded"])
def test_a_protected_stack_goes_only_if_that_is_lifted(
    account: Account, dist: Path, rule: Any
) -> None:
    asked = replace(request(publish(account, dist, "root")), termination_protection=True)
    list(deploy(account, asked))
    consent = Consent(rule=rule, named=frozenset({"Jobs/WorkQueue"}))
    with pytest.raises(DeployError, match="worker-dev is protected against deletion; add --lift"):
        list(destroy(account, "worker-dev", consent))
    assert cloudformation.describe(account, "worker-dev")
    lifting = replace(consent, lifts_protection=True)
    assert outcome(list(destroy(account, "worker-dev", lifting))).result == "deleted"


def test_a_protected_database_goes_only_if_that_is_lifted(account: Account, tmp_path: Path) -> None:
    properties = {**DATABASE["Properties"], "DeletionProtection": True}  # type: ignore[dict-item]
    database = {**DATABASE, "Properties": properties}
    deployed(account, tmp_path, {**NETWORK["Resources"], "Database": database})
    with pytest.raises(DeployError, match="Network/Database is protected"):
        list(destroy(account, "worker-dev", EVERYTHING))
    events = list(destroy(account, "worker-dev", replace(EVERYTHING, lifts_protection=True)))
    assert outcome(events).result == "deleted"
    assert Noticed("Network/Database: its deletion protection is lifted") in events


def test_what_is_not_there_is_no_error(account: Account) -> None:
    end = outcome(list(destroy(account, "worker-dev", Consent())))
    assert (end.result, end.is_good) == ("absent", True)


def test_a_run_that_ended_after_the_deletion_is_finished_by_the_next(
    account: Account, asked: Request
) -> None:
    for event in destroy(account, "worker-dev", EVERYTHING):
        if isinstance(event, Removed):
            break
    assert cloudformation.describe(account, "worker-dev") is None
    assert len(buckets(account)) + len(repositories(account)) > 1
    list(destroy(account, "worker-dev", EVERYTHING))
    assert buckets(account) == {artifacts(account)}
    assert repositories(account) == set()
