"""Databases that come back: to a point in time, from a snapshot, from a copy of another region's.

MiniStack has no point-in-time recovery, copies no snapshots and restores them without subnets. It
keeps no rows either, so what comes back is the instance: its user, database, engine, size and
encryption. RDS's events say what it was restored from.
"""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stackyard.local import ministack

Request = Mapping[str, Any]
Record = dict[str, Any]
# What a restored server has from its source, whatever else is asked for
INHERITED = (
    *("Engine", "MasterUsername", "DBName", "StorageEncrypted", "KmsKeyId", "AllocatedStorage"),
    *("EngineVersion", "DBInstanceClass", "LicenseModel", "StorageType"),
)


class RefusedError(Exception):
    """What RDS refuses, with its code and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def install() -> None:
    """Add the actions to MiniStack's RDS."""
    actions = _rds()._ACTION_MAP
    for name, action in ACTIONS.items():
        actions[name] = _answering(name, action)


def _to_point_in_time(request: Request) -> Record:
    name = _given(request, "SourceDBInstanceIdentifier")
    source = _rds()._resolve_instance(name)
    if source is None:
        raise RefusedError("DBInstanceNotFound", f"DBInstance {name} not found.", 404)
    moment = _moment(request, source)
    made = _restored(source, _given(request, "TargetDBInstanceIdentifier"), request)
    tell(made, f"Restored from DB instance {name} to {made['DBInstanceIdentifier']} at {moment}")
    return made


def _moment(request: Request, source: Record) -> str:
    """Return when is restored, if that lies within what the backups of *source* cover."""
    wanted = _given(request, "RestoreTime")
    latest = _given(request, "UseLatestRestorableTime") == "true"
    if bool(wanted) == latest:
        raise RefusedError(
            "InvalidParameterCombination",
            "Exactly one of RestoreTime and UseLatestRestorableTime must be specified.",
        )
    days = int(source["BackupRetentionPeriod"])
    if not days:
        name = source["DBInstanceIdentifier"]
        raise RefusedError(
            "PointInTimeRestoreNotEnabled", f"Automated backups are disabled for {name}."
        )
    now = datetime.now(UTC)
    if latest:
        return now.isoformat(timespec="seconds")
    first = max(_time(source["InstanceCreateTime"]), now - timedelta(days=days))
    first = first.replace(microsecond=0)  # AWS's times are whole seconds
    if not first <= _time(wanted) <= now:
        raise RefusedError(
            "InvalidParameterValue",
            f"The specified instance cannot be restored to a time earlier than"
            f" {first:%Y-%m-%dT%H:%M:%SZ} or later than {now:%Y-%m-%dT%H:%M:%SZ}.",
        )
    return wanted


def _from_snapshot(request: Request) -> Record:
    source = snapshot(_given(request, "DBSnapshotIdentifier"))
    made = _restored(source, _given(request, "DBInstanceIdentifier"), request)
    tell(made, f"Restored from snapshot {source['DBSnapshotIdentifier']}")
    return made


def _restored(source: Record, name: str, request: Request) -> Record:
    """Make an instance as MiniStack makes any, with what *source* has."""
    rds = _rds()
    if name in rds._instances:
        raise RefusedError("DBInstanceAlreadyExists", "DB instance already exists")
    subnets = _given(request, "DBSubnetGroupName") or source.get("DBSubnetGroup", {}).get(
        "DBSubnetGroupName", "default"
    )
    if subnets != "default" and subnets not in rds._subnet_groups:
        raise RefusedError(
            "DBSubnetGroupNotFoundFault", f"DB subnet group {subnets} not found", 404
        )
    check_size({"AllocatedStorage": _given(request, "AllocatedStorage")}, source)
    inherited = {key: str(source[key]) for key in INHERITED if source.get(key) not in (None, "")}
    inherited["StorageEncrypted"] = inherited.get("StorageEncrypted", "False").lower()
    days = str(source.get("BackupRetentionPeriod", 1))
    asked = {
        **{key: [value] for key, value in {**inherited, "BackupRetentionPeriod": days}.items()},
        **request,
        "DBInstanceIdentifier": [name],
        "DBSubnetGroupName": [subnets],
        "MasterUserPassword": [source.get("_MasterUserPassword", "")],
    }
    status, _, body = rds._create_db_instance(asked)
    if status >= 400:
        raise RefusedError("InvalidRestoreFault", str(body))
    made: Record = rds._instances[name]
    return made


def check_size(asked: Mapping[str, Any], source: Record) -> None:
    """Refuse less storage than the source has.

    Raises:
        RefusedError: it is less.
    """
    size = asked.get("AllocatedStorage") or 0
    if 0 < int(size) < int(source["AllocatedStorage"]):
        raise RefusedError(
            "InvalidParameterValue",
            f"Invalid storage size: {size} GiB is less than the {source['AllocatedStorage']} GiB"
            " of the snapshot.",
        )


def _copied(request: Request) -> Record:
    source = snapshot(_given(request, "SourceDBSnapshotIdentifier"))
    return copied(
        source, _given(request, "TargetDBSnapshotIdentifier"), _given(request, "KmsKeyId")
    )


def copied(source: Record, name: str, key: str) -> Record:
    """Copy a snapshot of any region to this one.

    Raises:
        RefusedError: one of this name exists, or it leaves its region without a key of this one.
    """
    rds, request = _rds(), ministack.module("core.responses")
    if name in rds._snapshots:
        raise RefusedError(
            "DBSnapshotAlreadyExists", f"Cannot create the snapshot because {name} already exists."
        )
    elsewhere = source["DBSnapshotArn"].split(":")[3] != request.get_region()
    if elsewhere and source.get("Encrypted") and not key:
        raise RefusedError("KMSKeyNotAccessibleFault", "The target snapshot KMS key is not given.")
    place = f"{request.get_region()}:{request.get_account_id()}"
    made = {
        **copy.deepcopy(source),
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": f"arn:aws:rds:{place}:snapshot:{name}",
        "SnapshotType": "manual",
        "SnapshotCreateTime": rds._format_time(time.time()),
        "SourceDBSnapshotIdentifier": source["DBSnapshotArn"],
        "KmsKeyId": key or source.get("KmsKeyId", ""),
        "TagList": [],
    }
    rds._snapshots[name] = made
    return made


def snapshot(name: str) -> Record:
    """Return the snapshot of a name in this region, or of an ARN in any.

    Raises:
        RefusedError: there is none.
    """
    rds = _rds()
    found: Record | None = rds._snapshots.get(name)
    if parsed := rds._parse_rds_arn(name):
        place, _, identifier = parsed
        found = rds._snapshots.get_scoped(place.account_id, place.region, identifier)
    if found is None:
        raise RefusedError("DBSnapshotNotFound", f"DBSnapshot not found: {name}", 404)
    return found


def tell(instance: Record, message: str) -> None:
    """Keep the event of a restoration, as RDS does for a fortnight."""
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
    _rds()._events[str(uuid.uuid4())] = {
        "SourceIdentifier": instance["DBInstanceIdentifier"],
        "SourceType": "db-instance",
        "SourceArn": instance["DBInstanceArn"],
        "Message": message,
        "Date": time.time(),
        "EventCategories": ["restoration"],
    }


def _answering(name: str, action: Callable[[Request], Record]) -> Callable[[Request], Any]:
    """Return *action* in MiniStack's form, which answers in RDS's XML."""
    rds = _rds()

    def handle(request: Request) -> Any:
        try:
            made = action(request)
        except RefusedError as refusal:
            return rds._error(refusal.code, str(refusal), refusal.status)
        if "DBSnapshotArn" in made:
            body = f"<DBSnapshot>{rds._snapshot_xml(made)}</DBSnapshot>"
        else:
            body = f"<DBInstance>{rds._instance_xml(made)}</DBInstance>"
        return rds._xml(200, f"{name}Response", f"<{name}Result>{body}</{name}Result>")

    return handle


def _given(request: Request, name: str) -> str:
    return str(_rds()._p(request, name))


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _rds() -> Any:
    return ministack.module("services.rds")


ACTIONS: dict[str, Callable[[Request], Record]] = {
    "RestoreDBInstanceToPointInTime": _to_point_in_time,
    "RestoreDBInstanceFromDBSnapshot": _from_snapshot,
    "CopyDBSnapshot": _copied,
}
