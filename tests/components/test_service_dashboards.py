from __future__ import annotations

import json
from typing import Any

from stackyard.resolved import plain
from templates_src.components.service_dashboards import service_dashboards
from tests.components.evaluated import stack_of

GIVEN = {
    "ClusterName": "main",
    "ServiceName": "api",
    "LogGroupName": "/api",
    "LoadBalancerFullName": "app/a/1",
    "TargetGroupFullName": "targetgroup/a/1",
}


def dashboards(**given: str) -> dict[str, Any]:
    stack = stack_of(service_dashboards, **{**GIVEN, **given})
    return {
        name: json.loads(str(plain(found.properties["DashboardBody"])))["widgets"]
        for name, found in stack.resources.items()
    }


def titles(widgets: Any) -> list[str]:
    return [one["properties"].get("title", "") for one in widgets]


def test_health_shows_tasks_load_balancer_error_rates_and_errors() -> None:
    shown = titles(dashboards()["HealthDashboard"])
    assert {"Tasks", "Hosts", "Failed requests (percent)", "Latest errors"} <= set(shown)


def test_performance_shows_response_times_load_and_scaling() -> None:
    shown = dashboards()["PerformanceDashboard"]
    assert {"Response time (seconds)", "CPU (percent)", "Memory (percent)"} <= set(titles(shown))
    (scaling,) = [one for one in shown if "number changed" in one["properties"].get("title", "")]
    assert "DIFF(desired)" in json.dumps(scaling)


def test_what_the_service_lacks_is_left_out() -> None:
    few = dashboards()
    many = dashboards(
        InstanceIdentifier="db-1",
        AlternateTargetGroupFullName="targetgroup/b/2",
        AlarmArns="arn:aws:cloudwatch:us-east-1:123456789012:alarm:one",
    )
    assert "targetgroup/b/2" not in json.dumps(few)
    assert "targetgroup/b/2" in json.dumps(many["HealthDashboard"])
    assert "Alarms" in titles(many["HealthDashboard"])
    assert "db-1" in json.dumps(many["PerformanceDashboard"])


def test_rates_of_failure_are_calculated_from_hidden_counts() -> None:
    (rates,) = [
        one
        for one in dashboards()["HealthDashboard"]
        if one["properties"].get("title") == "Failed requests (percent)"
    ]
    lines = rates["properties"]["metrics"]
    ids = {line[-1]["id"] for line in lines}
    for line in lines:
        if "expression" in line[0]:
            assert line[0]["expression"].endswith("/ requests")
        else:
            assert line[-1]["visible"] is False
    assert "requests" in ids


def test_dashboards_are_named_after_the_prefix_or_the_stack() -> None:
    stack = stack_of(service_dashboards, **GIVEN, DashboardPrefix="myorg-dev")
    names = {plain(found.properties["DashboardName"]) for found in stack.resources.values()}
    assert names == {"myorg-dev-service-health", "myorg-dev-performance"}
    unnamed = stack_of(service_dashboards, **GIVEN)
    assert str(plain(unnamed.resources["HealthDashboard"].properties["DashboardName"])) == (
        "app-service-health"
    )
