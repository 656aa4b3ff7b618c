"""The embedded account's databases come back, and refuse to, as RDS's and AWS Backup's do."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.local.account import LocalServer

SOURCE = {
    "DBInstanceIdentifier": "orders",
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "EngineVersion": "17",
    "AllocatedStorage": 30,
    "MasterUsername": "owner",
    "MasterUserPassword": "none-of-your-business",
    "DBName": "orders",
    "BackupRetentionPeriod": 7,
    "StorageEncrypted": True,
}
KEY = "arn:aws:kms:us-west-2:123456789012:key/replica"


@pytest.fixture
def rds(account: Account) -> Any:
    client = account.client("rds")
    client.create_db_instance(**SOURCE)
    return client


@pytest.fixture
def elsewhere(server: LocalServer, account: Account) -> Account:
    return server.account("us-west-2", account.id)


def messages(rds: Any, name: str) -> list[str]:
    events = rds.describe_events(SourceType="db-instance", SourceIdentifier=name)["Events"]
    return [one["Message"] for one in events if "restoration" in one["EventCategories"]]


def refused(error: pytest.ExceptionInfo[AwsError], code: str) -> bool:
    return error.value.code == code


def test_a_point_in_time_has_what_its_source_has_and_where_it_is_asked_to_be(
    rds: Any, account: Account
) -> None:
    subnets = account.client("ec2").describe_subnets()["Subnets"]
    rds.create_db_subnet_group(
        DBSubnetGroupName="isolated",
        DBSubnetGroupDescription="x",
        SubnetIds=[one["SubnetId"] for one in subnets],
    )
    made = rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="orders",
        TargetDBInstanceIdentifier="restored",
        RestoreTime=datetime.now(UTC),
        DBSubnetGroupName="isolated",
        VpcSecurityGroupIds=["sg-1"],
    )["DBInstance"]
    assert (made["Engine"], made["MasterUsername"], made["DBName"]) == (
        *("postgres", "owner", "orders"),
    )
    assert (made["AllocatedStorage"], made["StorageEncrypted"]) == (30, True)
    assert made["DBSubnetGroup"]["DBSubnetGroupName"] == "isolated"
    assert [one["VpcSecurityGroupId"] for one in made["VpcSecurityGroups"]] == ["sg-1"]
    assert "orders to restored" in messages(rds, "restored")[0]
    names = [one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]]
    assert sorted(names) == ["orders", "restored"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"SourceDBInstanceIdentifier": "nobody"}, "DBInstanceNotFound"),
        ({"TargetDBInstanceIdentifier": "orders"}, "DBInstanceAlreadyExists"),
        ({"RestoreTime": datetime.now(UTC) - timedelta(days=8)}, "InvalidParameterValue"),
        ({"RestoreTime": datetime.now(UTC) + timedelta(hours=1)}, "InvalidParameterValue"),
        ({"UseLatestRestorableTime": False}, "InvalidParameterCombination"),
        ({"RestoreTime": datetime.now(UTC)}, "InvalidParameterCombination"),
        ({"DBSubnetGroupName": "nowhere"}, "DBSubnetGroupNotFoundFault"),
    ],
    ids=["no source", "target exists", "too old", "not yet", "no time", "two times", "no subnets"],
)
def test_what_rds_refuses_is_refused_with_its_code(
    rds: Any, asked: dict[str, Any], code: str
) -> None:
    latest = "RestoreTime" not in asked or code == "InvalidParameterCombination"
    given = {
        "SourceDBInstanceIdentifier": "orders",
        "TargetDBInstanceIdentifier": "restored",
        "UseLatestRestorableTime": latest,
        **asked,
    }
    with pytest.raises(AwsError) as error:
        rds.restore_db_instance_to_point_in_time(**given)
    assert refused(error, code)


def test_without_automated_backups_there_is_no_point_in_time(account: Account) -> None:
    rds = account.client("rds")
    rds.create_db_instance(**{**SOURCE, "BackupRetentionPeriod": 0})
    with pytest.raises(AwsError) as error:
        rds.restore_db_instance_to_point_in_time(
            SourceDBInstanceIdentifier="orders",
            TargetDBInstanceIdentifier="restored",
            UseLatestRestorableTime=True,
        )
    assert refused(error, "PointInTimeRestoreNotEnabled")


def test_a_snapshot_is_copied_to_another_region_with_a_key_of_that_region(
    rds: Any, elsewhere: Account
) -> None:
    arn = rds.create_db_snapshot(DBInstanceIdentifier="orders", DBSnapshotIdentifier="daily")[
        "DBSnapshot"
    ]["DBSnapshotArn"]
    there = elsewhere.client("rds")
    copy = {"SourceDBSnapshotIdentifier": arn, "TargetDBSnapshotIdentifier": "copy"}
    with pytest.raises(AwsError) as error:
        there.copy_db_snapshot(**copy)
    assert refused(error, "KMSKeyNotAccessibleFault")
    made = there.copy_db_snapshot(**copy, KmsKeyId=KEY)["DBSnapshot"]
    assert (made["DBSnapshotArn"].split(":")[3], made["KmsKeyId"]) == ("us-west-2", KEY)
    with pytest.raises(AwsError) as error:
        there.copy_db_snapshot(**copy, KmsKeyId=KEY)
    assert refused(error, "DBSnapshotAlreadyExists")
    with pytest.raises(AwsError) as error:
        rds.copy_db_snapshot(**{**copy, "SourceDBSnapshotIdentifier": "none"})
    assert refused(error, "DBSnapshotNotFound")
    restored = there.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="orders", DBSnapshotIdentifier="copy"
    )["DBInstance"]
    assert (restored["MasterUsername"], restored["AllocatedStorage"]) == ("owner", 30)
    assert messages(there, "orders") == ["Restored from snapshot copy"]


def test_a_backup_is_a_snapshot_and_its_copy_is_one_elsewhere(
    rds: Any, account: Account, elsewhere: Account
) -> None:
    here, there = account.client("backup"), elsewhere.client("backup")
    here.create_backup_vault(BackupVaultName="daily")
    copies = there.create_backup_vault(BackupVaultName="copies", EncryptionKeyArn=KEY)
    role = "arn:aws:iam::123456789012:role/backup"
    instance = rds.describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
    point = here.start_backup_job(BackupVaultName="daily", ResourceArn=instance, IamRoleArn=role)[
        "RecoveryPointArn"
    ]
    here.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="daily",
        DestinationBackupVaultArn=copies["BackupVaultArn"],
        IamRoleArn=role,
    )
    (copy,) = there.list_recovery_points_by_backup_vault(BackupVaultName="copies")["RecoveryPoints"]
    assert (copy["ResourceArn"], copy["Status"]) == (instance, "COMPLETED")
    assert copy["RecoveryPointArn"].split(":")[3] == "us-west-2"
    (snapshot,) = elsewhere.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert snapshot["DBSnapshotArn"] == copy["RecoveryPointArn"]
    assert (snapshot["SnapshotType"], snapshot["KmsKeyId"]) == ("awsbackup", KEY)
    assert copy["CreationDate"].timestamp() <= time.time()


def test_a_vault_that_holds_something_cannot_be_deleted_and_a_locked_one_not_emptied(
    rds: Any, account: Account
) -> None:
    backup = account.client("backup")
    backup.create_backup_vault(BackupVaultName="daily")
    instance = rds.describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
    job = {
        "BackupVaultName": "daily",
        "ResourceArn": instance,
        "IamRoleArn": "arn:aws:iam::1:role/b",
    }
    points = [backup.start_backup_job(**job)["RecoveryPointArn"] for _ in range(2)]
    with pytest.raises(AwsError, match="contains 2 recovery points"):
        backup.delete_backup_vault(BackupVaultName="daily")
    backup.delete_recovery_point(BackupVaultName="daily", RecoveryPointArn=points[0])
    assert len(rds.describe_db_snapshots()["DBSnapshots"]) == 1
    backup.put_backup_vault_lock_configuration(BackupVaultName="daily", MinRetentionDays=7)
    with pytest.raises(AwsError, match="locked"):
        backup.delete_recovery_point(BackupVaultName="daily", RecoveryPointArn=points[1])
