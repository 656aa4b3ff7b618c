"""Recovery points of AWS Backup: MiniStack counts them and keeps none.

A backup of a database is a snapshot here as it is there; a copy is one in the other region. What
somebody has backed up keeps its vault from being deleted. Nothing runs by schedule: a test or a
drill starts the jobs.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, MutableMapping
from typing import Any
from urllib.parse import unquote

from stackyard.local import ministack
from stackyard.local.handlers import Handler, Properties
from stackyard.local.restores import RefusedError, copied

VAULT = "AWS::Backup::BackupVault"
Record = dict[str, Any]


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Put jobs, recovery points and the deletion of vaults in the place of MiniStack's."""
    backup = _backup()
    native = backup.handle_request
    kept = Points()

    async def handle_request(
        method: str, path: str, headers: Any, body: bytes, query: Mapping[str, Any]
    ) -> Any:
        parts = [unquote(part) for part in path.strip("/").split("/") if part]
        try:
            answer = kept.answer(method, parts, json.loads(body) if body else {})
        except RefusedError as refusal:
            return backup._err(refusal.code, str(refusal), refusal.status)
        if answer is None:
            return await native(method, path, headers, body, query)
        return backup._ok(answer)

    def delete(name: str, _: Properties) -> None:
        try:
            kept.check_empty(name)
        except RefusedError as refusal:
            raise ValueError(str(refusal)) from refusal
        backup._vaults.pop(name, None)

    backup.handle_request = handle_request
    handlers[VAULT] = {**handlers[VAULT], "delete": delete}


class Points:
    """The recovery points of every account and region, by ARN."""

    def __init__(self) -> None:
        self._points = ministack.module("core.responses").AccountRegionScopedDict()

    def answer(self, method: str, parts: list[str], body: Mapping[str, Any]) -> Record | None:
        """Return the answer to a request, None if it is about something else."""
        match method, parts:
            case "PUT", ["backup-jobs"]:
                return self._back_up(body)
            case "PUT", ["copy-jobs"]:
                return self._copy(body)
            case "GET", ["backup-vaults", name, "recovery-points"]:
                _vault(name)
                return {"RecoveryPoints": self._of(name)}
            case "DELETE", ["backup-vaults", name, "recovery-points", *arn]:
                return self._delete(name, "/".join(arn))
            case "PUT", ["backup-vaults", name, "vault-lock"]:
                _vault(name).update({"Locked": True, **body})
                return {}
            case "DELETE", ["backup-vaults", name]:
                self.check_empty(name)
        return None

    def check_empty(self, name: str) -> None:
        """Refuse what AWS refuses: the deletion of a vault that holds something.

        Raises:
            RefusedError: it does.
        """
        if count := len(self._of(name)):
            raise RefusedError(
                "InvalidRequestException",
                f"Backup vault cannot be deleted (contains {count} recovery points)",
            )

    def _back_up(self, body: Mapping[str, Any]) -> Record:
        rds, source = _rds(), body["ResourceArn"]
        vault = _vault(body["BackupVaultName"])
        instance = rds._resolve_instance(source)
        if instance is None:
            raise RefusedError("ResourceNotFoundException", f"{source} does not exist.")
        job = str(uuid.uuid4())
        made = rds._create_snapshot_internal(f"awsbackup:job-{job}", instance)
        point = self._kept(made, vault, body)
        return {"BackupJobId": job, **_begun(point)}

    def _copy(self, body: Mapping[str, Any]) -> Record:
        point = self._points.get(body["RecoveryPointArn"])
        if point is None:
            raise RefusedError("ResourceNotFoundException", "Recovery point does not exist.")
        *_, region, account, _, name = body["DestinationBackupVaultArn"].split(":")
        source = _rds()._snapshots[point["RecoveryPointArn"].partition(":snapshot:")[2]]
        job = str(uuid.uuid4())
        with ministack.module("core.responses").request_scope(account, region):
            vault = _vault(name)
            made = copied(source, f"awsbackup:copyjob-{job}", vault["EncryptionKeyArn"])
            there = self._kept(made, vault, {**body, "ResourceArn": point["ResourceArn"]})
            there["SourceBackupVaultArn"] = point["BackupVaultArn"]
        return {"CopyJobId": job, **_begun(there)}

    def _kept(self, snapshot: Record, vault: Record, body: Mapping[str, Any]) -> Record:
        snapshot["SnapshotType"] = "awsbackup"
        now = time.time()
        point = {
            "RecoveryPointArn": snapshot["DBSnapshotArn"],
            "BackupVaultName": vault["BackupVaultName"],
            "BackupVaultArn": vault["BackupVaultArn"],
            "ResourceArn": body["ResourceArn"],
            "ResourceType": "RDS",
            "IamRoleArn": body.get("IamRoleArn", ""),
            "Status": "COMPLETED",
            "CreationDate": now,
            "CompletionDate": now,
            "BackupSizeInBytes": int(snapshot["AllocatedStorage"]) << 30,
            "EncryptionKeyArn": snapshot.get("KmsKeyId", ""),
            "IsEncrypted": bool(snapshot.get("Encrypted")),
        }
        self._points[point["RecoveryPointArn"]] = point
        return point

    def _delete(self, name: str, arn: str) -> Record:
        vault = _vault(name)
        if vault.get("Locked"):
            raise RefusedError(
                "AccessDeniedException", f"Backup vault {name} is locked: {arn} cannot be deleted."
            )
        if self._points.pop(arn, None) is None:
            raise RefusedError("ResourceNotFoundException", f"Cannot find recovery point {arn}.")
        _rds()._snapshots.pop(arn.partition(":snapshot:")[2], None)
        return {}

    def _of(self, vault: str) -> list[Record]:
        found = [one for one in self._points.values() if one["BackupVaultName"] == vault]
        return sorted(found, key=lambda one: one["CreationDate"], reverse=True)


def _begun(point: Record) -> Record:
    return {key: point[key] for key in ("RecoveryPointArn", "CreationDate")}


def _vault(name: str) -> Record:
    found: Record | None = _backup()._vaults.get(name)
    if found is None:
        raise RefusedError("ResourceNotFoundException", f"Backup vault {name} does not exist.")
    return found


def _backup() -> Any:
    return ministack.module("services.backup")


def _rds() -> Any:
    return ministack.module("services.rds")
