"""Rows of CloudWatch dashboards about what stands behind a service: Aurora, queue, function."""

from __future__ import annotations

from collections.abc import Mapping

from troposphere import AWSHelperFn

from templates_src.contract import Value
from templates_src.parts.dashboards import Widget, graph, heading, line, row


def aurora_row(cluster_identifier: Value) -> AWSHelperFn:
    """Return load, connections, capacity, memory, latency and commits of a cluster's writer."""
    writer = {"DBClusterIdentifier": cluster_identifier, "Role": "WRITER"}

    def averages(title: str, **metrics: str) -> Widget:
        lines = [line(k, "AWS/RDS", metric, writer, "Average") for k, metric in metrics.items()]
        return graph(title, *lines)

    return row(
        heading("Database"),
        averages("CPU (percent)", average="CPUUtilization", capacity="ACUUtilization"),
        averages("Connections", open="DatabaseConnections"),
        averages("Capacity (ACU)", used="ServerlessDatabaseCapacity"),
        averages("Free memory (bytes)", free="FreeableMemory"),
        averages("Latency (milliseconds)", commit="CommitLatency"),
        averages("Queries: commits a second", commits="CommitThroughput"),
    )


def queue_row(queue_name: Value, dead_letter_queue_name: Value) -> AWSHelperFn:
    """Return how much waits in a queue and since when, what comes and goes, what is dead."""
    queue = {"QueueName": queue_name}
    dead = {"QueueName": dead_letter_queue_name}
    visible = "ApproximateNumberOfMessagesVisible"
    return row(
        heading("Queue"),
        graph(
            "Depth",
            _sqs("waiting", visible, queue, "Maximum"),
            _sqs("in work", "ApproximateNumberOfMessagesNotVisible", queue, "Maximum"),
            columns=6,
        ),
        graph(
            "Age (seconds)",
            _sqs("oldest", "ApproximateAgeOfOldestMessage", queue, "Maximum"),
            columns=6,
        ),
        graph(
            "Messages a minute",
            _sqs("sent", "NumberOfMessagesSent", queue, "Sum"),
            _sqs("deleted", "NumberOfMessagesDeleted", queue, "Sum"),
            columns=6,
        ),
        graph("Dead letters", _sqs("waiting", visible, dead, "Maximum"), columns=6),
    )


def function_row(function_name: Value) -> AWSHelperFn:
    """Return invocations, duration, errors and throttles of a function."""
    function = {"FunctionName": function_name}
    return row(
        heading("Worker"),
        graph(
            "Invocations a minute",
            _lambda("invocations", "Invocations", function, "Sum"),
            _lambda("at a time", "ConcurrentExecutions", function, "Maximum"),
            columns=6,
        ),
        graph(
            "Duration (milliseconds)",
            *(_lambda(p, "Duration", function, p) for p in ("p50", "p95", "p99")),
            columns=6,
        ),
        graph("Errors a minute", _lambda("errors", "Errors", function, "Sum"), columns=6),
        graph("Throttles a minute", _lambda("throttles", "Throttles", function, "Sum"), columns=6),
    )


def _sqs(label: str, metric: str, queue: Mapping[str, Value], statistic: str) -> list[object]:
    return line(label, "AWS/SQS", metric, queue, statistic)


def _lambda(label: str, metric: str, function: Mapping[str, Value], statistic: str) -> list[object]:
    return line(label, "AWS/Lambda", metric, function, statistic)
