"""Failures and their reasons; moto lets no instance fail, so these answers are made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackyard.errors import DeployError
from stackyard.fleet.status import by_reason, status
from tests.catalog.stubbed import Stubs

STACK_SET = {
    "StackSetName": "fleet",
    "Status": "ACTIVE",
    "TemplateBody": "{}",
    "Parameters": [],
}


def instance(account: str, detail: str, reason: str = "") -> dict[str, Any]:
    is_good = detail == "SUCCEEDED"
    return {
        "Account": account,
        "Region": "us-east-1",
        "Status": "CURRENT" if is_good else "OUTDATED",
        "StackInstanceStatus": {"DetailedStatus": detail},
        "StatusReason": reason,
        "LastOperationId": "operation-1",
    }


@pytest.fixture
def stubs() -> Stubs:
    found = Stubs()
    asked = {"StackSetName": "fleet", "CallAs": "DELEGATED_ADMIN"}
    found.answer("cloudformation", "describe_stack_set", {"StackSet": STACK_SET}, asked)
    return found


def listed(stubs: Stubs, *rows: dict[str, Any]) -> None:
    asked = {"StackSetName": "fleet", "CallAs": "DELEGATED_ADMIN", "MaxResults": 100}
    stubs.answer("cloudformation", "list_stack_instances", {"Summaries": [*rows]}, asked)


def test_failures_are_told_by_reason_the_most_frequent_first(stubs: Stubs) -> None:
    limit = "The maximum number of VPCs has been reached"
    listed(
        stubs,
        instance("1" * 12, "FAILED", "denied"),
        instance("2" * 12, "FAILED", limit),
        instance("3" * 12, "FAILED", limit),
        instance("4" * 12, "SUCCEEDED"),
    )
    end = status(stubs.account, "fleet", "DELEGATED_ADMIN")
    assert end.counts == {"OUTDATED": 3, "CURRENT": 1}
    assert not end.is_well
    found = by_reason(end.failures)
    assert [*found] == [limit, "denied"]
    assert [one.account for one in found[limit]] == ["2" * 12, "3" * 12]


def test_a_reason_that_the_instance_lacks_comes_from_its_operation(stubs: Stubs) -> None:
    listed(stubs, instance("1" * 12, "FAILED"))
    row = {"Account": "1" * 12, "Region": "us-east-1", "Status": "FAILED"}
    stubs.answer(
        "cloudformation",
        "list_stack_set_operation_results",
        {"Summaries": [{**row, "StatusReason": "no such role"}]},
        {"StackSetName": "fleet", "OperationId": "operation-1", "CallAs": "DELEGATED_ADMIN"},
    )
    end = status(stubs.account, "fleet", "DELEGATED_ADMIN")
    assert [one.reason for one in end.failures] == ["no such role"]
    stubs.check()


def test_an_instance_that_is_at_work_has_not_failed(stubs: Stubs) -> None:
    listed(stubs, instance("1" * 12, "RUNNING"))
    assert status(stubs.account, "fleet", "DELEGATED_ADMIN").is_well


def test_what_a_rollback_has_mended_is_told_with_its_reason(stubs: Stubs) -> None:
    listed(stubs, instance("1" * 12, "SUCCEEDED"))
    began = datetime(2026, 1, 2, tzinfo=UTC)
    operations = [
        {"OperationId": name, "Status": status, "CreationTimestamp": began + timedelta(hours=hours)}
        for name, status, hours in (
            ("back", "SUCCEEDED", 2),
            ("new", "FAILED", 1),
            ("o", "FAILED", -1),
        )
    ]
    asked = {"StackSetName": "fleet", "CallAs": "DELEGATED_ADMIN"}
    answer = {"Summaries": operations}
    stubs.answer("cloudformation", "list_stack_set_operations", answer, asked)
    row = {
        "Account": "1" * 12,
        "Region": "us-east-1",
        "Status": "FAILED",
        "StatusReason": "no role",
    }
    stubs.answer(
        "cloudformation",
        "list_stack_set_operation_results",
        {"Summaries": [row]},
        {**asked, "OperationId": "new"},
    )
    end = status(stubs.account, "fleet", "DELEGATED_ADMIN", began)
    assert [(one.account, one.reason) for one in end.failures] == [("1" * 12, "no role")]
    stubs.check()


def test_a_fleet_that_was_never_deployed_says_so() -> None:
    stubs = Stubs()
    stubs.fail("cloudformation", "describe_stack_set", "StackSetNotFoundException", "not found")
    with pytest.raises(DeployError, match="there is no such StackSet; run fleet deploy first"):
        status(stubs.account, "fleet", "SELF")
