"""EventBridge Scheduler's calls: read schedules, postpone them, do at once what they would do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import botocore

from stackyard.aws.account import Account

SCHEDULE = "AWS::Scheduler::Schedule"
GROUP = "AWS::Scheduler::ScheduleGroup"
# boto3 has another name than the service where the two differ
SERVICES = {"applicationautoscaling": "application-autoscaling"}
# Scheduler spells acronyms as words, the services themselves do not
MEMBERS = {
    "DbClusterIdentifier": "DBClusterIdentifier",
    "DbInstanceIdentifier": "DBInstanceIdentifier",
}
# what UpdateSchedule takes; it forgets whatever it is not told again:
# https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
KEPT = (
    *("ActionAfterCompletion", "Description", "EndDate", "FlexibleTimeWindow", "GroupName"),
    *("KmsKeyArn", "Name", "ScheduleExpression", "ScheduleExpressionTimezone", "State", "Target"),
)


@dataclass(frozen=True)
class Schedule:
    """A schedule whose target is an API of AWS; *raw* is Scheduler's own answer."""

    name: str
    zone: str
    service: str
    operation: str
    given: Mapping[str, Any]
    starts: datetime | None
    raw: Mapping[str, Any]


def schedule(account: Account, name: str, group: str) -> Schedule:
    """Return a schedule of a group."""
    row = account.client("scheduler", name).get_schedule(Name=name, GroupName=group)
    service, operation = row["Target"]["Arn"].rpartition("aws-sdk:")[2].split(":")
    given = json.loads(row["Target"]["Input"])
    return Schedule(
        name=name,
        zone=row.get("ScheduleExpressionTimezone", "UTC"),
        service=SERVICES.get(service, service),
        operation=operation,
        given={MEMBERS.get(member, member): value for member, value in given.items()},
        starts=row.get("StartDate"),
        raw=row,
    )


def postpone(account: Account, found: Schedule, until: datetime | None) -> None:
    """Let a schedule do nothing before *until*; None takes that back."""
    kept = {name: found.raw[name] for name in KEPT if name in found.raw}
    starts = {"StartDate": until} if until else {}
    account.client("scheduler", found.name).update_schedule(**kept, **starts)


def perform(account: Account, found: Schedule) -> None:
    """Do what a schedule would do, with the credentials of whoever asks."""
    method = botocore.xform_name(found.operation[0].upper() + found.operation[1:])
    getattr(account.client(found.service, found.name), method)(**found.given)
