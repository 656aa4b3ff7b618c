from __future__ import annotations

import json
from typing import Any

import pytest
from troposphere import Ref

from templates_src.contract import plain
from templates_src.parts import backend_dashboards, dashboards

ROWS = {
    "aurora": backend_dashboards.aurora_row(Ref("Cluster")),
    "queue": backend_dashboards.queue_row(Ref("Queue"), Ref("Dead")),
    "function": backend_dashboards.function_row(Ref("Function")),
}


def widgets(name: str) -> list[dict[str, Any]]:
    text = plain(ROWS[name])["Fn::Sub"]
    return list(json.loads(f"[{text}]"))


def metrics(name: str) -> set[tuple[str, ...]]:
    """Return the metrics of a row, each with what it is measured on."""
    lines = [line for one in widgets(name) for line in one["properties"].get("metrics", [])]
    return {tuple(line[1:-1]) for line in lines}


@pytest.mark.parametrize("name", ROWS)
def test_row_fills_whole_lines_of_the_grid(name: str) -> None:
    assert sum(widget["width"] for widget in widgets(name)) % dashboards.COLUMNS == 0


def test_aurora_row_follows_whichever_instance_writes() -> None:
    of_writer = ("DBClusterIdentifier", "${Cluster}", "Role", "WRITER")
    assert metrics("aurora") == {
        (metric, *of_writer)
        for metric in (
            *("CPUUtilization", "ACUUtilization", "DatabaseConnections", "FreeableMemory"),
            *("ServerlessDatabaseCapacity", "CommitLatency", "CommitThroughput"),
        )
    }


def test_queue_row_shows_depth_age_traffic_and_dead_letters() -> None:
    shown = metrics("queue")
    assert ("ApproximateAgeOfOldestMessage", "QueueName", "${Queue}") in shown
    for queue in ("${Queue}", "${Dead}"):
        assert ("ApproximateNumberOfMessagesVisible", "QueueName", queue) in shown
    assert {"NumberOfMessagesSent", "NumberOfMessagesDeleted"} <= {line[0] for line in shown}


def test_function_row_shows_duration_errors_and_throttles() -> None:
    assert {line[0] for line in metrics("function")} == {
        *("Invocations", "ConcurrentExecutions", "Duration", "Errors", "Throttles"),
    }
