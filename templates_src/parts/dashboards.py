"""Rows of CloudWatch dashboards, and the body that they make up.

No widget has a position: CloudWatch puts each at the next free place of its 24 columns, so a row
that a system lacks is simply left out (``only_if``) and the others move up:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from troposphere import AWSHelperFn, Join, Ref, Split, Sub

from templates_src.contract import Value, contract, parameter

Widget = dict[str, Any]
Line = list[Any]

COLUMNS = 24
SHOWN_ERRORS = 50
ERROR_PATTERN = "(?i)(error|exception|traceback|critical|fatal)"


@contract
class Boarded:
    """What every component with a dashboard of a system takes."""

    cluster_name: Value = parameter("Name of the cluster that the service runs in.")
    service_name: Value = parameter("Name of the ECS service.")
    log_group_name: Value = parameter("Log group that is searched for the latest errors.")
    load_balancer_full_name: Value = parameter(
        "Load balancer as metrics call it, app/name/id.", AllowedPattern="app/.+"
    )
    target_group_full_name: Value = parameter(
        "Target group as metrics call it, targetgroup/name/id.", AllowedPattern="targetgroup/.+"
    )
    alternate_target_group_full_name: Value = parameter(
        "Second target group of a service whose traffic moves; no such row if empty.", default=""
    )
    instance_identifier: Value = parameter(
        "Identifier of the database instance; no such row if empty.", default=""
    )
    # not a list type: a condition can ask only a string whether it is empty
    alarm_arns: Value = parameter(
        "Comma-joined ARNs of the alarms whose state is shown, at most 100; no such row if empty.",
        default="",
    )


def body(*rows: AWSHelperFn) -> AWSHelperFn:
    """Return the ``DashboardBody`` with *rows*, one widget a line."""
    return Join("\n", ['{"widgets": [', Join(",\n", rows), "]}"])


def alarms_row(alarm_arns: Value) -> AWSHelperFn:
    """Return the states of all alarms.

    Args:
        alarm_arns: comma-joined, 100 at most.
    """
    # inside the quotes of the one string in this list, the separator makes it a list of many
    arns = Join('", "', Split(",", alarm_arns))
    return row(widget("alarm", "Alarms", columns=COLUMNS, height=4, alarms=[arns]))


def service_row(cluster_name: Value, service_name: Value) -> AWSHelperFn:
    """Return processor, memory and tasks of an ECS service.

    The tasks come from Container Insights; without it their graph stays empty.
    """
    service = {"ClusterName": cluster_name, "ServiceName": service_name}
    return row(
        heading("Service"),
        *(
            graph(
                f"{title} (percent)",
                line("average", "AWS/ECS", metric, service, "Average"),
                line("busiest task", "AWS/ECS", metric, service, "Maximum"),
                yAxis={"left": {"min": 0, "max": 100}},
            )
            for title, metric in (("CPU", "CPUUtilization"), ("Memory", "MemoryUtilization"))
        ),
        graph(
            "Tasks",
            line("running", "ECS/ContainerInsights", "RunningTaskCount", service, "Average"),
            line("desired", "ECS/ContainerInsights", "DesiredTaskCount", service, "Average"),
            yAxis={"left": {"min": 0}},
        ),
    )


def load_balancer_row(
    load_balancer: Value, target_group: Value, title: str = "Load balancer"
) -> AWSHelperFn:
    """Return requests, answers, response times and hosts behind a load balancer.

    Args:
        load_balancer: full name, ``app/name/id``.
        target_group: full name, ``targetgroup/name/id``.
        title: heading of the row.
    """
    alb = "AWS/ApplicationELB"
    balancer = {"LoadBalancer": load_balancer}
    targets = {"TargetGroup": target_group, **balancer}
    answers = [
        line(f"{kind.lower()} by the service", alb, f"HTTPCode_Target_{kind}_Count", targets, "Sum")
        for kind in ("2XX", "4XX", "5XX")
    ]
    # the load balancer's own answers belong to no target group
    answers.append(line("5xx by the load balancer", alb, "HTTPCode_ELB_5XX_Count", balancer, "Sum"))
    return row(
        heading(title),
        graph(
            "Requests a minute", line("requests", alb, "RequestCount", targets, "Sum"), columns=6
        ),
        graph("Answers a minute", *answers, columns=6),
        graph(
            "Response time (seconds)",
            *(line(p, alb, "TargetResponseTime", targets, p) for p in ("p50", "p95", "p99")),
            columns=6,
        ),
        graph(
            "Hosts",
            line("healthy", alb, "HealthyHostCount", targets, "Minimum"),
            line("unhealthy", alb, "UnHealthyHostCount", targets, "Maximum"),
            columns=6,
            yAxis={"left": {"min": 0}},
        ),
    )


def database_row(instance_identifier: Value) -> AWSHelperFn:
    """Return load, connections, storage, memory, latency and throughput of an RDS instance."""
    instance = {"DBInstanceIdentifier": instance_identifier}

    def averages(title: str, **metrics: str) -> Widget:
        lines = [line(k, "AWS/RDS", metric, instance, "Average") for k, metric in metrics.items()]
        return graph(title, *lines)

    return row(
        heading("Database"),
        averages("CPU (percent)", average="CPUUtilization"),
        averages("Connections", open="DatabaseConnections"),
        averages("Free storage (bytes)", free="FreeStorageSpace"),
        averages("Free memory (bytes)", free="FreeableMemory"),
        averages("Latency (seconds)", read="ReadLatency", write="WriteLatency"),
        averages("Operations a second", read="ReadIOPS", write="WriteIOPS"),
    )


def errors_row(log_group_name: Value) -> AWSHelperFn:
    """Return the latest lines of a log group that speak of errors."""
    query = (
        "' | fields @timestamp, @message"
        f" | filter @message like /{ERROR_PATTERN}/"
        f" | sort @timestamp desc | limit {SHOWN_ERRORS}"
    )
    source = Join("", ["SOURCE '", log_group_name, query])
    return row(
        widget("log", "Latest errors", columns=COLUMNS, height=8, query=source, view="table")
    )


def row(*widgets: Widget) -> AWSHelperFn:
    """Return the JSON of *widgets*, with what only CloudFormation knows substituted."""
    values: dict[str, Any] = {}
    lines = [json.dumps(_filled(widget, values)) for widget in widgets]
    if not any("${" in line for line in lines):
        return Join(",\n", lines)
    return Sub(",\n".join(lines), **values)


def _filled(value: Any, values: dict[str, Any]) -> Any:
    """Return *value* with placeholders; other functions than ``Ref`` are added to *values*."""
    if isinstance(value, Ref):
        return f"${{{value.data['Ref']}}}"
    if isinstance(value, AWSHelperFn):
        name = f"Value{len(values) + 1}"
        values[name] = value
        return f"${{{name}}}"
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    return [_filled(item, values) for item in value] if isinstance(value, list) else value


def heading(text: str) -> Widget:
    """Return a line of text over the whole width."""
    properties = {"markdown": f"## {text}", "background": "transparent"}
    return {"type": "text", "width": COLUMNS, "height": 1, "properties": properties}


def widget(kind: str, title: str, *, columns: int, height: int = 6, **properties: Any) -> Widget:
    """Return a widget of this region, unless *properties* name another."""
    shown = {"title": title, **properties}
    if kind != "alarm":  # an alarm's ARN says its region
        shown.setdefault("region", Ref("AWS::Region"))
    return {"type": kind, "width": columns, "height": height, "properties": shown}


def graph(title: str, *lines: Line, columns: int = 8, **properties: Any) -> Widget:
    """Return a graph of one-minute values, unless *properties* name another period."""
    shown = {"period": 60, **properties}
    return widget("metric", title, columns=columns, metrics=list(lines), **shown)


def line(
    label: str,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, Value],
    statistic: str,
    **more: Any,
) -> Line:
    """Return a metric of a graph; *more* may give it an ``id`` for expressions, or hide it."""
    of = [item for dimension in dimensions.items() for item in dimension]
    return [namespace, metric, *of, {"label": label, "stat": statistic, **more}]


def calculated(label: str, expression: str, **more: Any) -> Line:
    """Return a line of a graph that is calculated from others, by their ids."""
    return [{"label": label, "expression": expression, **more}]
