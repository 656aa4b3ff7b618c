from __future__ import annotations

import json
from typing import Any

import pytest
from troposphere import Ref

from templates_src.contract import plain
from templates_src.parts import dashboards

KNOWN = {
    "AWS::Region": "eu-west-1",
    "Cluster": "main",
    "Service": "api",
    "Balancer": "app/main/1",
    "Targets": "targetgroup/api/2",
    "Instance": "db-1",
    "Logs": "/api",
    "Arns": "arn:1,arn:2",
}


def text(value: Any) -> Any:
    """Return what CloudFormation makes of *value*."""
    if not isinstance(value, dict):
        return value
    ((function, operand),) = value.items()
    if function == "Ref":
        return KNOWN[operand]
    if function == "Fn::Split":
        return text(operand[1]).split(operand[0])
    if function == "Fn::Join":
        listed = operand[1] if isinstance(operand[1], list) else text(operand[1])
        return operand[0].join(text(item) for item in listed)
    body, own = operand if isinstance(operand, list) else (operand, {})
    for name, replacement in {**KNOWN, **own}.items():
        body = body.replace(f"${{{name}}}", text(replacement))
    return body


ROWS = {
    "alarms": dashboards.alarms_row(Ref("Arns")),
    "service": dashboards.service_row(Ref("Cluster"), Ref("Service")),
    "load balancer": dashboards.load_balancer_row(Ref("Balancer"), Ref("Targets")),
    "database": dashboards.database_row(Ref("Instance")),
    "errors": dashboards.errors_row(Ref("Logs")),
}


def widgets(*rows: str) -> Any:
    return json.loads(text(plain(dashboards.body(*(ROWS[row] for row in rows)))))["widgets"]


def statistics(row: str) -> set[tuple[str, str]]:
    """Return the metrics of *row* with their statistics."""
    shown = [widget["properties"].get("metrics", []) for widget in widgets(row)]
    return {(line[1], line[-1]["stat"]) for lines in shown for line in lines}


@pytest.mark.parametrize("row", ROWS)
def test_row_fills_whole_lines_of_the_grid_and_needs_no_position(row: str) -> None:
    assert sum(widget["width"] for widget in widgets(row)) % 24 == 0
    assert not [widget for widget in widgets(row) if {"x", "y"} & widget.keys()]


@pytest.mark.parametrize("rows", [list(ROWS), ["service", "errors"]])
def test_body_is_json_with_nothing_left_to_substitute(rows: list[str]) -> None:
    assert "${" not in json.dumps(widgets(*rows))
    assert len(widgets(*rows)) == sum(len(widgets(row)) for row in rows)


def test_each_alarm_is_an_item_of_its_own() -> None:
    (widget,) = widgets("alarms")
    assert widget["properties"]["alarms"] == ["arn:1", "arn:2"]


def test_service_row_shows_load_and_tasks() -> None:
    assert statistics("service") >= {
        ("CPUUtilization", "Average"),
        ("MemoryUtilization", "Average"),
        ("RunningTaskCount", "Average"),
    }


def test_load_balancer_row_shows_answers_by_class_percentiles_and_hosts() -> None:
    assert statistics("load balancer") == {
        ("RequestCount", "Sum"),
        ("HTTPCode_Target_2XX_Count", "Sum"),
        ("HTTPCode_Target_4XX_Count", "Sum"),
        ("HTTPCode_Target_5XX_Count", "Sum"),
        ("HTTPCode_ELB_5XX_Count", "Sum"),
        ("TargetResponseTime", "p50"),
        ("TargetResponseTime", "p95"),
        ("TargetResponseTime", "p99"),
        ("HealthyHostCount", "Minimum"),
        ("UnHealthyHostCount", "Maximum"),
    }


def test_load_balancer_answers_belong_to_no_target_group() -> None:
    lines = [line for w in widgets("load balancer") for line in w["properties"].get("metrics", [])]
    (own,) = [line for line in lines if line[1] == "HTTPCode_ELB_5XX_Count"]
    assert own[2:-1] == ["LoadBalancer", "app/main/1"]


def test_database_row_shows_load_connections_storage_latency_and_operations() -> None:
    assert {metric for metric, _ in statistics("database")} == {
        *("CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "FreeableMemory"),
        *("ReadLatency", "WriteLatency", "ReadIOPS", "WriteIOPS"),
    }


def test_errors_row_searches_the_log_group_in_this_region() -> None:
    (widget,) = widgets("errors")
    assert widget["properties"]["query"].startswith("SOURCE '/api' | fields @timestamp, @message |")
    assert widget["properties"]["region"] == "eu-west-1"
