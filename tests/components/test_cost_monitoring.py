from __future__ import annotations

import json
from typing import Any

from stackyard.resolved import Stack, plain
from templates_src.components.cost_monitoring import cost_monitoring
from tests.components.evaluated import stack_of

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
TAG = {"CostTagKey": "project", "CostTagValue": "fastapi"}


def of(region: str = "us-east-1", /, **given: str) -> Stack:
    return stack_of(cost_monitoring, region, **{"AlarmTopicArn": TOPIC, **given})


def properties(stack: Stack, name: str) -> Any:
    return plain(dict(stack.resources[name].properties))


def widgets(region: str) -> Any:
    return json.loads(properties(of(region), "CostDashboard")["DashboardBody"])["widgets"]


def test_without_an_amount_there_is_no_budget() -> None:
    stack = of()
    assert "Budget" not in stack.resources
    assert plain(stack.outputs["BudgetName"]) == ""


def test_budget_warns_before_it_is_spent_and_when_it_will_be() -> None:
    budget = properties(of(BudgetUsd="300", WarningPercent="70"), "Budget")
    limit = budget["Budget"]["BudgetLimit"]
    assert (limit["Amount"], limit["Unit"], budget["Budget"]["TimeUnit"]) == (
        "300",
        "USD",
        "MONTHLY",
    )
    said = {
        (one["Notification"]["NotificationType"], str(one["Notification"]["Threshold"]))
        for one in budget["NotificationsWithSubscribers"]
    }
    assert said == {("ACTUAL", "70"), ("ACTUAL", "100"), ("FORECASTED", "100")}
    for one in budget["NotificationsWithSubscribers"]:
        assert one["Subscribers"] == [{"SubscriptionType": "SNS", "Address": TOPIC}]


def test_budget_counts_what_carries_the_tag() -> None:
    tagged = properties(of(BudgetUsd="300", **TAG), "Budget")["Budget"]
    assert tagged["CostFilters"] == {"TagKeyValue": ["user:project$fastapi"]}
    assert "CostFilters" not in properties(of(BudgetUsd="300"), "Budget")["Budget"]


def test_anomalies_of_what_carries_the_tag_are_told_at_once() -> None:
    stack = of(AnomalyUsd="50", **TAG)
    monitor = properties(stack, "AnomalyMonitor")
    assert monitor["MonitorType"] == "CUSTOM"
    assert json.loads(monitor["MonitorSpecification"]) == {
        "Tags": {"Key": "project", "Values": ["fastapi"]}
    }
    subscription = properties(stack, "AnomalySubscription")
    assert subscription["Subscribers"] == [{"Type": "SNS", "Address": TOPIC}]
    assert subscription["Frequency"] == "IMMEDIATE"
    assert json.loads(subscription["ThresholdExpression"])["Dimensions"]["Values"] == ["50"]


def test_without_a_tag_the_accounts_own_monitor_is_left_alone() -> None:
    assert of().resources.keys().isdisjoint({"AnomalyMonitor", "AnomalySubscription"})


def test_every_graph_of_the_bill_names_the_region_that_has_it() -> None:
    graphs = [one for one in widgets("eu-west-1") if one["type"] == "metric"]
    assert len(graphs) == 5
    assert {one["properties"]["region"] for one in graphs} == {"us-east-1"}


def test_bill_is_shown_by_service_by_day_and_beside_what_is_usual() -> None:
    shown = json.dumps(widgets("us-east-1"))
    for part in ("ServiceName", "DIFF(", "ANOMALY_DETECTION_BAND", "Currency"):
        assert part in shown
