"""Vaults of AWS Backup, which AWS deletes only when no recovery point is left in them."""

from __future__ import annotations

import time
from typing import Any

from stackyard.aws.account import Account
from stackyard.errors import DeployError

POLL_SECONDS = 5
PATIENCE_SECONDS = 10 * 60  # a snapshot behind a recovery point takes a minute or two to go


def empty(account: Account, vault: str) -> int:
    """Delete the recovery points of a vault and return how many there were.

    Raises:
        DeployError: it is locked, or they are still there after some minutes.
    """
    client = account.client("backup", vault)
    points = _points(client, vault)
    if not points:
        return 0
    if _is_locked(client, vault):
        raise DeployError(
            f"{vault}: is locked, so AWS keeps its {len(points)} recovery points until they expire;"
            " delete it by hand then"
        )
    for arn in points:
        client.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=arn)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _points(client, vault):
        if time.monotonic() > deadline:
            raise DeployError(f"{vault}: its recovery points are still being deleted; try again")
        time.sleep(POLL_SECONDS)
    return len(points)


def _points(client: Any, vault: str) -> list[str]:
    listing = client.get_paginator("list_recovery_points_by_backup_vault")
    pages = listing.paginate(BackupVaultName=vault)
    return [row["RecoveryPointArn"] for page in pages for row in page["RecoveryPoints"]]


def _is_locked(client: Any, vault: str) -> bool:
    return bool(client.describe_backup_vault(BackupVaultName=vault).get("Locked"))
