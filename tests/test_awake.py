"""Waking and putting to sleep, against services that answer what a test says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stackyard import awake
from stackyard.aws.scheduler import Schedule
from stackyard.errors import DeployError, UsageError
from tests.observe.fakes import Fake

BERLIN = ZoneInfo("Europe/Berlin")
UNTIL = datetime(2026, 11, 21, 20, tzinfo=BERLIN)


def one(service: str, operation: str, /, starts: datetime | None = None, **given: Any) -> Schedule:
    raw = {
        "Name": operation,
        "GroupName": "hours",
        "ScheduleExpression": "cron(5 19-23 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Input": json.dumps(given)},
        "CreationDate": "that UpdateSchedule does not take",
    }
    return Schedule(operation, "Europe/Berlin", service, operation, given, starts, raw)


def hours(starts: datetime | None = None) -> awake.Hours:
    scaling = "application-autoscaling"
    return awake.Hours(
        wakes=[
            one("rds", "startDBInstance", DBInstanceIdentifier="db"),
            one(scaling, "registerScalableTarget", ResourceId="service/a/b", MinCapacity=2),
        ],
        sleeps=[
            one(scaling, "registerScalableTarget", starts, ResourceId="service/a/b", MinCapacity=0),
            one("rds", "stopDBInstance", starts, DBInstanceIdentifier="db"),
        ],
    )


def fake(*states: str, scales: Any = None) -> Fake:
    return Fake(
        {
            "scheduler.update_schedule": {},
            "rds.describe_db_instances": [
                {"DBInstances": [{"DBInstanceStatus": state}]} for state in states
            ],
            "rds.start_db_instance": {},
            "rds.stop_db_instance": {},
            "application-autoscaling.register_scalable_target": scales or {},
        }
    )


def done(account: Fake) -> list[str]:
    reads = ("describe_db_instances",)
    return [name for _, name, _ in account.calls if name not in reads]


def test_the_database_is_there_before_the_service_starts() -> None:
    account = fake("stopped", "starting", "available")
    waited: list[float] = []
    steps = list(awake.wake(account.account, hours(), UNTIL, waited.append))
    assert done(account)[2:] == ["start_db_instance", "register_scalable_target"]
    assert [step.state for step in steps[1:]] == [
        *("stopped", "starting", "available", "registerScalableTarget"),
    ]
    assert len(waited) == 2


def test_a_database_that_is_still_stopping_is_waited_for_and_started() -> None:
    account = fake("stopping", "stopped", "starting", "available")
    list(awake.wake(account.account, hours(), UNTIL, lambda _: None))
    assert done(account).count("start_db_instance") == 1


def test_a_database_that_never_starts_ends_in_an_error() -> None:
    account = fake("stopped", "incompatible-network")
    with pytest.raises(DeployError, match="db: still incompatible-network after 45 minutes"):
        list(awake.wake(account.account, hours(), UNTIL, lambda _: None))


def test_what_puts_to_sleep_begins_again_by_itself() -> None:
    account = fake("available")
    list(awake.wake(account.account, hours(), UNTIL, lambda _: None))
    updates = [given for _, name, given in account.calls if name == "update_schedule"]
    assert [given["StartDate"] for given in updates] == [UNTIL, UNTIL]
    assert all("CreationDate" not in given for given in updates)
    assert updates[0]["ScheduleExpression"] == "cron(5 19-23 * * ? *)"


def test_sleep_ends_the_tasks_before_it_stops_their_database() -> None:
    account = fake("available")
    list(awake.sleep(account.account, hours()))
    assert done(account) == ["register_scalable_target", "stop_db_instance"]


def test_sleep_takes_back_that_somebody_wanted_it_awake() -> None:
    account = fake("stopped")
    steps = list(awake.sleep(account.account, hours(starts=UNTIL)))
    assert done(account) == ["update_schedule", "update_schedule", "register_scalable_target"]
    assert "StartDate" not in account.calls[0][2]
    assert steps[-1] == awake.Step("db", "stopped")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("22:00", datetime(2026, 11, 20, 22, tzinfo=BERLIN)),
        ("07:00", datetime(2026, 11, 21, 7, tzinfo=BERLIN)),
        ("2026-11-23T02:00", datetime(2026, 11, 23, 2, tzinfo=BERLIN)),
        ("2026-11-23T02:00+00:00", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ("", datetime(2026, 11, 21, 20, tzinfo=BERLIN)),
    ],
)
def test_until_is_meant_in_the_time_zone_of_the_office(text: str, expected: datetime) -> None:
    now = datetime(2026, 11, 20, 19, tzinfo=UTC)
    assert awake.moment(text, 24, BERLIN, now) == expected


def test_a_day_has_24_hours_also_when_summer_time_begins() -> None:
    now = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert awake.moment("", 24, BERLIN, now).astimezone(UTC) == datetime(
        2026, 3, 29, 11, tzinfo=UTC
    )


@pytest.mark.parametrize("text", ["soon", "25:00", "2026-11-20T02:00"])
def test_a_time_that_is_none_or_past_is_refused(text: str) -> None:
    now = datetime(2026, 11, 20, 19, tzinfo=UTC)
    with pytest.raises(UsageError, match="--until"):
        awake.moment(text, 24, BERLIN, now)


def test_an_environment_without_office_hours_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stackyard.observe.tree.resources", lambda *_: [])
    with pytest.raises(DeployError, match="set KeepsOfficeHours"):
        awake.hours(fake().account, "stack")
