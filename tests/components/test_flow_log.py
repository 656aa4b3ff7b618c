from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.flow_log import flow_log
from tests.components.evaluated import stack_of


@pytest.fixture(scope="module")
def resources() -> Any:
    stack = stack_of(flow_log, VpcId="vpc-1", TrafficType="REJECT", LogRetentionDays="90")
    return stack.resources


def test_the_traffic_of_the_vpc_is_logged_to_its_own_group(resources: Any) -> None:
    properties = resources["FlowLog"].properties
    assert (properties["ResourceType"], properties["ResourceId"]) == ("VPC", "vpc-1")
    assert properties["TrafficType"] == "REJECT"
    assert properties["LogGroupName"].path == "FlowLogs"
    assert properties["DeliverLogsPermissionArn"].path == "FlowLogRole"


def test_events_expire_and_go_with_the_network(resources: Any) -> None:
    logs = resources["FlowLogs"]
    assert logs.properties["RetentionInDays"] == "90"
    assert (logs.deletion_policy, logs.update_replace_policy) == ("Delete", "Delete")


def test_the_role_writes_to_that_group_only(resources: Any) -> None:
    [policy] = resources["FlowLogRole"].properties["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Resource"].path == "FlowLogs"
    assert all(action.startswith("logs:") and "*" not in action for action in statement["Action"])


def test_flow_logs_of_other_accounts_cannot_use_the_role(resources: Any) -> None:
    [statement] = resources["FlowLogRole"].properties["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
