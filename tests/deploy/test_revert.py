"""Drift brought back by the command, on recorded answers: no endpoint here can do it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from stackyard.commands import comparing
from stackyard.deploy.target import Target
from stackyard.errors import DeployError
from tests.observe.fakes import Fake, refused

ROOT = "arn:aws:cloudformation:eu-central-1:1:stack/shop-dev/1"
CHANGE_SET = "arn:aws:cloudformation:eu-central-1:1:changeSet/stackyard-1/2"
ROLE = "arn:aws:iam::1:role/stackyard-execution"
QUEUE = {
    "LogicalResourceId": "Queue",
    "PhysicalResourceId": "q",
    "ResourceType": "AWS::SQS::Queue",
    "ResourceStatus": "CREATE_COMPLETE",
}
SERVICE = {**QUEUE, "LogicalResourceId": "Service", "ResourceType": "AWS::ECS::Service"}
SCALING = {
    **QUEUE,
    "LogicalResourceId": "Scaling",
    "ResourceType": "AWS::ApplicationAutoScaling::ScalableTarget",
}


def difference(path: str, expected: str, actual: str) -> dict[str, Any]:
    values = {"ExpectedValue": expected, "ActualValue": actual}
    return {"PropertyPath": path, "DifferenceType": "NOT_EQUAL", **values}


def drifts(StackName: str, **_: Any) -> Any:
    state = {"StackResourceDriftStatus": "MODIFIED"}
    visibility = [difference("/VisibilityTimeout", "30", "31")]
    count = [difference("/DesiredCount", "2", "5")]
    return {
        "StackResourceDrifts": [
            {**QUEUE, **state, "PropertyDifferences": visibility},
            {**SERVICE, **state, "PropertyDifferences": count},
        ]
    }


def stack(status: str) -> dict[str, Any]:
    row = {
        "StackId": ROOT,
        "StackName": "shop-dev",
        "StackStatus": status,
        "Parameters": [{"ParameterKey": "Visibility", "ParameterValue": "30"}],
        "Tags": [{"Key": "project", "Value": "shop"}],
    }
    return {"Stacks": [row], "ResponseMetadata": {"HTTPHeaders": {}}}


def made(**facts: Any) -> dict[str, Any]:
    change = {"Action": "SyncWithActual", **QUEUE}
    return {
        "ChangeSetId": CHANGE_SET,
        "StackId": ROOT,
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": [{"ResourceChange": change}],
        **facts,
    }


class System:
    """What the command works on: a stack that has drifted, and its lock."""

    def __init__(self, **answers: Any) -> None:
        self.lock: list[str] = []
        self.fake = Fake(
            {
                "cloudformation.list_stack_resources": {
                    "StackResourceSummaries": [QUEUE, SERVICE, SCALING]
                },
                "cloudformation.detect_stack_drift": {"StackDriftDetectionId": "1"},
                "cloudformation.describe_stack_drift_detection_status": {
                    "DetectionStatus": "DETECTION_COMPLETE"
                },
                "cloudformation.describe_stack_resource_drifts": drifts,
                "cloudformation.describe_stacks": stack("UPDATE_COMPLETE"),
                "cloudformation.create_change_set": self.create,
                "cloudformation.describe_change_set": made(),
                "cloudformation.delete_change_set": {},
                "cloudformation.describe_events": {"OperationEvents": []},
                "cloudformation.execute_change_set": self.execute,
                "cloudformation.describe_stack_events": {"StackEvents": []},
                "cloudformation.get_stack_policy": {},
                **{key.replace("__", "."): value for key, value in answers.items()},
            }
        )

    def create(self, **_: Any) -> dict[str, str]:
        assert self.lock == ["taken"]
        return {"Id": CHANGE_SET, "StackId": ROOT}

    def execute(self, **_: Any) -> dict[str, str]:
        assert self.lock == ["taken"]
        return {}

    @contextmanager
    def locked(self, *_: object) -> Iterator[Any]:
        self.lock.append("taken")
        try:
            yield SimpleNamespace(check=lambda: None)
        finally:
            self.lock.append("released")


def run(monkeypatch: pytest.MonkeyPatch, system: System, **options: Any) -> int:
    """Run the command and return its exit status."""
    account = system.fake.account
    place = Target(account, "", ROLE, "locks")
    monkeypatch.setattr(Target, "locked", system.locked)
    found = SimpleNamespace(
        account=account,
        item=SimpleNamespace(stack_name="shop-dev"),
        stack=lambda: SimpleNamespace(id=ROOT),
    )
    monkeypatch.setattr(comparing, "target", lambda *_, **__: found)
    monkeypatch.setattr(comparing, "locks_of", lambda *_, **__: place)
    monkeypatch.setattr("stackyard.deploy.watch.GONE_QUIET_SECONDS", -1)
    monkeypatch.setattr("stackyard.deploy.watch.POLL_SECONDS", 0)
    monkeypatch.setattr("stackyard.deploy.watch.CALLS_PER_SECOND", 1000)
    monkeypatch.setattr("stackyard.observe.drift.BETWEEN_SECONDS", 0)
    context: Any = SimpleNamespace(obj=None)
    with pytest.raises(SystemExit) as end:
        comparing.drift(context, "shop", "dev", **options)
    return int(str(end.value.code))


def test_what_others_govern_is_counted_and_listed_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, System()) == 5
    told = capsys.readouterr().out
    assert "VisibilityTimeout: 30 -> 31" in told
    assert "1 resource has drifted, 1 properties that something else governs; --governed" in told
    assert "DesiredCount" not in told
    assert run(monkeypatch, System(), with_governed=True) == 5
    told = capsys.readouterr().out
    assert "DesiredCount: 2 -> 5 (governed by autoscaling)" in told


def test_drift_is_reverted_under_the_lock_with_the_execution_role(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = System()
    assert run(monkeypatch, system, revert=True, yes=True, as_json=True) == 0
    (asked,) = system.fake.asked("cloudformation.create_change_set")
    assert asked["DeploymentMode"] == "REVERT_DRIFT"
    assert asked["RoleARN"] == ROLE
    assert asked["UsePreviousTemplate"] is True
    assert asked["Parameters"] == [{"ParameterKey": "Visibility", "UsePreviousValue": True}]
    assert asked["Tags"] == [{"Key": "project", "Value": "shop"}]
    assert len(system.fake.asked("cloudformation.execute_change_set")) == 1
    assert system.lock == ["taken", "released"]
    told = capsys.readouterr()
    assert told.err == "Service: DesiredCount, which autoscaling has set, comes back as well\n"
    lines = [json.loads(one) for one in told.out.splitlines()]
    assert [one["event"] for one in lines] == ["planned", "started", "outcome"]
    assert lines[-1]["result"] == "updated"


def test_nobody_is_asked_for_a_yes_in_a_pipe_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = System()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: False))
    with pytest.raises(DeployError, match="nobody is here to answer; add --yes"):
        run(monkeypatch, system, revert=True)
    assert "> Queue AWS::SQS::Queue" in capsys.readouterr().out
    assert system.fake.asked("cloudformation.execute_change_set") == []
    assert len(system.fake.asked("cloudformation.delete_change_set")) == 1
    assert system.lock == ["taken", "released"]


def test_a_region_without_drift_aware_change_sets_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = refused("ValidationError", "DeploymentMode REVERT_DRIFT is not supported")
    system = System(cloudformation__create_change_set=unknown)
    with pytest.raises(DeployError, match="makes no drift-aware change sets there") as error:
        run(monkeypatch, system, revert=True, yes=True)
    assert "\n" not in str(error.value)
    assert "change the resources back by hand" in str(error.value)
    assert system.lock == ["taken", "released"]


def test_a_change_set_that_finds_nothing_is_not_left_behind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = made(Status="FAILED", StatusReason="The submitted information didn't contain changes.")
    system = System(cloudformation__describe_change_set=empty)
    assert run(monkeypatch, system, revert=True, yes=True) == 5
    assert "CloudFormation sees nothing to revert" in capsys.readouterr().err
    assert len(system.fake.asked("cloudformation.delete_change_set")) == 1
    assert system.lock == ["taken", "released"]
