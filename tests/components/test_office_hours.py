from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.office_hours import CLOSING, OPENING, office_hours
from tests.components.evaluated import stack_of

SERVICE = {"ClusterName": "tasks", "ServiceName": "api", "MinCount": "2", "MaxCount": "6"}
GIVEN = {**SERVICE, "AlarmNames": "cpu,memory", "TimeZone": "Europe/Berlin"}


def stack(**given: str) -> Stack:
    return stack_of(office_hours, **{**GIVEN, **given})


def properties(found: Stack, name: str) -> dict[str, Any]:
    return {key: plain(value) for key, value in found.resources[name].properties.items()}


def schedules(found: Stack) -> dict[str, dict[str, Any]]:
    return {
        name: properties(found, name)
        for name, item in found.resources.items()
        if item.type == "AWS::Scheduler::Schedule"
    }


def test_sleep_comes_every_hour_of_every_night_so_that_nothing_stays_awake_by_accident() -> None:
    found = schedules(stack(InstanceIdentifier="db"))
    assert found["SleepService"]["ScheduleExpression"] == "cron(5 0-6,19-23 * * ? *)"
    assert found["SleepDatabase"]["ScheduleExpression"] == "cron(20 0-6,19-23 * * ? *)"


def test_the_database_wakes_before_the_service_on_working_days() -> None:
    found = schedules(stack(InstanceIdentifier="db", OpeningHour="9", WorkingDays="SUN-THU"))
    assert found["WakeDatabase"]["ScheduleExpression"] == "cron(15,30 8 ? * SUN-THU *)"
    assert found["WakeService"]["ScheduleExpression"] == "cron(45 8 ? * SUN-THU *)"


@pytest.mark.parametrize("opening", OPENING)
@pytest.mark.parametrize("closing", CLOSING)
def test_no_night_reaches_into_the_morning(opening: int, closing: int) -> None:
    found = stack(OpeningHour=str(opening), ClosingHour=str(closing))
    hours = properties(found, "SleepService")["ScheduleExpression"].split()[1]
    night, evening = ([int(hour) for hour in part.split("-")] for part in hours.split(","))
    assert night == [0, opening - 2]
    assert evening == [closing, 23]
    quiet = properties(found, "QuietNights")["Rule"]["Schedule"]
    assert quiet["Duration"] == f"PT{24 - closing + opening}H"


def test_all_hours_are_of_the_time_zone_that_is_given() -> None:
    found = stack(InstanceIdentifier="db", EventSourceId="u-1")
    for name, schedule in schedules(found).items():
        assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin", name
    for name in ("QuietNights", "QuietDaysOff"):
        assert properties(found, name)["Rule"]["Schedule"]["Timezone"] == "Europe/Berlin"


def test_the_service_sleeps_at_zero_and_wakes_with_its_own_bounds() -> None:
    found = schedules(stack())
    asleep = json.loads(found["SleepService"]["Target"]["Input"])
    awake = json.loads(found["WakeService"]["Target"]["Input"])
    assert (asleep["MinCapacity"], asleep["MaxCapacity"]) == (0, 0)
    assert (awake["MinCapacity"], awake["MaxCapacity"]) == (2, 6)
    assert asleep["ResourceId"] == awake["ResourceId"] == "service/tasks/api"


@pytest.mark.parametrize(
    ("given", "kind", "member"),
    [
        ({"InstanceIdentifier": "db"}, "DBInstance", "DbInstanceIdentifier"),
        ({"ClusterIdentifier": "db"}, "DBCluster", "DbClusterIdentifier"),
    ],
)
def test_an_instance_or_a_cluster_is_stopped_and_started(
    given: dict[str, str], kind: str, member: str
) -> None:
    found = schedules(stack(**given))
    for name, verb in (("SleepDatabase", "stop"), ("WakeDatabase", "start")):
        assert found[name]["Target"]["Arn"] == f"arn:aws:scheduler:::aws-sdk:rds:{verb}{kind}"
        assert json.loads(found[name]["Target"]["Input"]) == {member: "db"}


def test_what_there_is_not_has_neither_schedules_nor_a_role() -> None:
    assert set(schedules(stack())) == {"SleepService", "WakeService"}
    roles = [one for one in stack().resources.values() if one.type == "AWS::IAM::Role"]
    assert [one.logical_id for one in roles] == ["ServiceHoursRole"]


def test_a_worker_is_not_fed_while_the_database_sleeps() -> None:
    found = schedules(stack(EventSourceId="u-1"))
    assert json.loads(found["SleepWorker"]["Target"]["Input"]) == {"UUID": "u-1", "Enabled": False}
    assert json.loads(found["WakeWorker"]["Target"]["Input"]) == {"UUID": "u-1", "Enabled": True}


def test_each_role_may_touch_only_what_it_wakes() -> None:
    found = stack(InstanceIdentifier="db", EventSourceId="u-1")
    reached = {}
    for name in ("ServiceHoursRole", "DatabaseHoursRole", "WorkerHoursRole"):
        (policy,) = properties(found, name)["Policies"]
        rows = policy["PolicyDocument"]["Statement"]
        reached[name] = [row["Resource"].rpartition("123456789012:")[2] for row in rows]
    assert reached == {
        "ServiceHoursRole": ["scalable-target/*", "service/tasks/api"],
        "DatabaseHoursRole": ["db:db"],
        "WorkerHoursRole": ["event-source-mapping:u-1"],
    }


def test_alarms_are_quiet_at_night_and_on_days_off() -> None:
    found = stack(WorkingDays="MON-SAT")
    night = properties(found, "QuietNights")
    assert night["Rule"]["Schedule"]["Expression"] == "cron(0 19 * * *)"
    assert night["MuteTargets"]["AlarmNames"] == ["cpu", "memory"]
    off = properties(found, "QuietDaysOff")["Rule"]["Schedule"]
    assert (off["Expression"], off["Duration"]) == ("cron(0 0 * * SUN)", "PT24H")
