"""Office hours on the embedded account: schedules that exist, a database that stops and starts."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from stackyard import awake
from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from templates_src.components.office_hours import office_hours

GIVEN = {
    "ClusterName": "tasks",
    "ServiceName": "api",
    "MinCount": "1",
    "MaxCount": "3",
    "InstanceIdentifier": "hours-db",
    "AlarmNames": "cpu,memory",
    "TimeZone": "Europe/Berlin",
}


@pytest.fixture
def stack_id(account: Account) -> str:
    account.client("rds").create_db_instance(
        DBInstanceIdentifier="hours-db",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword="embedded-only",
    )
    parameters = [{"ParameterKey": key, "ParameterValue": text} for key, text in GIVEN.items()]
    account.client("cloudformation").create_stack(
        StackName="hours-dev",
        TemplateBody=json.dumps(office_hours.template().to_dict()),
        Parameters=parameters,
        Capabilities=["CAPABILITY_IAM"],
    )
    account.client("cloudformation")._client.get_waiter("stack_create_complete").wait(
        StackName="hours-dev", WaiterConfig={"Delay": 1}
    )
    stack = cloudformation.describe(account, "hours-dev")
    assert stack
    return stack.id


def database(account: Account) -> Any:
    (found,) = account.client("rds").describe_db_instances(DBInstanceIdentifier="hours-db")[
        "DBInstances"
    ]
    return found["DBInstanceStatus"]


def test_a_database_sleeps_and_wakes_by_what_its_own_schedules_say(
    account: Account, stack_id: str
) -> None:
    hours = awake.hours(account, stack_id)
    assert [one.operation for one in hours.wakes] == ["startDBInstance", "registerScalableTarget"]
    list(awake.sleep(account, hours))
    assert database(account) in ("stopping", "stopped")
    until = datetime(2126, 1, 1, 20, tzinfo=hours.zone)
    list(awake.wake(account, hours, until, lambda _: None))
    assert database(account) == "available"
    kept = awake.hours(account, stack_id)
    assert all(one.starts == until for one in kept.sleeps)
    assert all(one.starts is None for one in kept.wakes)
