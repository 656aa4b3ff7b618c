"""Vaults of AWS Backup when their environment is destroyed: AWS deletes only empty ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import Emptied, Outcome, Removed
from stackyard.deploy.survey import Consent
from tests.deployed.small import EVERYTHING, NETWORK, outcome
from tests.deployed.test_destroying import DATABASE, RETAINED, deployed

VAULT = "AWS::Backup::BackupVault"
ROLE = "arn:aws:iam::123456789012:role/backup"
POINTS = 2


def vault(name: str, **policies: str) -> dict[str, Any]:
    return {"Type": VAULT, "Properties": {"BackupVaultName": name}, **policies}


@pytest.fixture(params=["kept", "gone"])
def name(request: pytest.FixtureRequest, account: Account, tmp_path: Path) -> str:
    """Return a vault that its template keeps, or does not, with recovery points in it."""
    policies = RETAINED if request.param == "kept" else {}
    made = vault(request.param, **policies)
    deployed(account, tmp_path, {"Vault": made, "Database": DATABASE, **NETWORK["Resources"]})
    (row,) = account.client("rds").describe_db_instances()["DBInstances"]
    backup = account.client("backup")
    for _ in range(POINTS):
        backup.start_backup_job(
            BackupVaultName=request.param, ResourceArn=row["DBInstanceArn"], IamRoleArn=ROLE
        )
    return str(request.param)


def destroyed(account: Account, consent: Consent) -> tuple[Outcome, list[Any]]:
    events = list(destroy(account, "worker-dev", consent))
    return outcome(events), events


def vaults(account: Account) -> list[str]:
    rows = account.client("backup").list_backup_vaults()["BackupVaultList"]
    return [row["BackupVaultName"] for row in rows]


def snapshots(account: Account) -> list[str]:
    rows = account.client("rds").describe_db_snapshots()["DBSnapshots"]
    return [row["SnapshotType"] for row in rows]


def test_everything_means_recovery_points_too(account: Account, name: str) -> None:
    end, events = destroyed(account, EVERYTHING)
    assert (end.result, end.remaining) == ("deleted", ())
    assert Emptied(name, POINTS) in events
    assert [one for one in events if isinstance(one, Removed) and one.type == VAULT] == (
        [Removed(VAULT, name)] if name == "kept" else []
    )
    assert (vaults(account), snapshots(account)) == ([], [])


def test_what_keeps_data_keeps_the_vault_and_says_what_it_costs(
    account: Account, name: str
) -> None:
    end, _ = destroyed(account, Consent(rule="keep-data"))
    assert end.result == "deleted"
    reasons = {one.physical_id: one.reason for one in end.remaining}
    assert reasons[name] == (
        "Network/Vault is kept; its recovery points are paid for by GB and month until they expire"
    )
    assert vaults(account) == [name]
    # and the final one of the database, which is the stack's
    assert sorted(snapshots(account)) == ["awsbackup", "awsbackup", "manual"]


@pytest.mark.parametrize("name", ["kept"], indirect=True)
def test_a_locked_vault_stays_and_it_is_said_why(account: Account, name: str) -> None:
    account.client("backup").put_backup_vault_lock_configuration(
        BackupVaultName=name, MinRetentionDays=7
    )
    end, _ = destroyed(account, EVERYTHING)
    assert end.result == "deleted"
    (left,) = end.remaining
    assert (left.physical_id, left.type) == (name, VAULT)
    assert "is locked, so AWS keeps its 2 recovery points until they expire" in left.reason
    assert snapshots(account) == ["awsbackup"] * POINTS


@pytest.mark.parametrize("name", ["gone"], indirect=True)
def test_a_locked_vault_that_its_template_deletes_stops_it_before_anything_goes(
    account: Account, name: str
) -> None:
    account.client("backup").put_backup_vault_lock_configuration(
        BackupVaultName=name, MinRetentionDays=7
    )
    with pytest.raises(Exception, match="gone: is locked"):
        destroyed(account, EVERYTHING)
    assert account.client("rds").describe_db_instances()["DBInstances"]
