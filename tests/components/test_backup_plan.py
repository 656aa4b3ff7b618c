from __future__ import annotations

from typing import Any

from stackyard.resolved import plain
from templates_src.components.backup_plan import backup_plan
from tests.components.evaluated import stack_of

VAULT = "arn:aws:backup:us-west-2:123456789012:backup-vault:copies"
GIVEN = {
    "VaultName": "backups",
    "ResourceArns": "arn:aws:rds:us-east-1:123456789012:db:one",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
}


def found(title: str, **given: str) -> Any:
    stack = stack_of(backup_plan, **{**GIVEN, **given})
    return plain(dict(stack.resources[title].properties))


def daily(**given: str) -> Any:
    (rule,) = found("Plan", **given)["BackupPlan"]["BackupPlanRule"]
    return rule


def test_backups_are_copied_to_the_other_vault_where_there_is_one() -> None:
    assert "CopyActions" not in daily()
    (copy,) = daily(CopyVaultArn=VAULT, CopyRetentionDays="90")["CopyActions"]
    assert copy["DestinationBackupVaultArn"] == VAULT
    assert copy["Lifecycle"] == {"DeleteAfterDays": "90"}


def test_what_is_named_is_backed_up_and_nothing_else() -> None:
    selection = found("Selection")["BackupSelection"]
    assert selection["Resources"] == [GIVEN["ResourceArns"]]


def test_a_failed_backup_is_told() -> None:
    alarm = found("FailedBackupsAlarm")
    assert (alarm["MetricName"], alarm["Period"]) == ("NumberOfBackupJobsFailed", 3600)
    assert alarm["AlarmActions"] == [GIVEN["AlarmTopicArn"]]
