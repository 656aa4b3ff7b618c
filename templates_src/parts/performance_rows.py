"""Rows of a dashboard about how well a service answers and scales."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import AWSHelperFn

from templates_src.contract import Value
from templates_src.parts.dashboards import COLUMNS, calculated, graph, heading, line, row

ALB = "AWS/ApplicationELB"
ERRORS = "HTTPCode_Target_5XX_Count"


def error_rate_row(load_balancer: Value) -> AWSHelperFn:
    """Return the share of requests that the application or the load balancer fails."""
    of = {"LoadBalancer": load_balancer}
    hidden = {"visible": False}
    return row(
        heading("Error rates"),
        graph(
            "Failed requests (percent)",
            line("requests", ALB, "RequestCount", of, "Sum", id="requests", **hidden),
            line("5xx", ALB, ERRORS, of, "Sum", id="application", **hidden),
            line("4xx", ALB, "HTTPCode_Target_4XX_Count", of, "Sum", id="client", **hidden),
            line("elb", ALB, "HTTPCode_ELB_5XX_Count", of, "Sum", id="balancer", **hidden),
            *(
                calculated(label, f"100 * FILL({name}, 0) / requests", id=f"{name}Rate")
                for label, name in (
                    ("5xx by the service", "application"),
                    ("4xx by the service", "client"),
                    ("5xx by the load balancer", "balancer"),
                )
            ),
            columns=12,
            yAxis={"left": {"min": 0}},
        ),
        graph(
            "Connections a minute",
            line("new", ALB, "NewConnectionCount", of, "Sum"),
            line("rejected", ALB, "RejectedConnectionCount", of, "Sum"),
            line("failed to a target", ALB, "TargetConnectionErrorCount", of, "Sum"),
            columns=12,
            yAxis={"left": {"min": 0}},
        ),
    )


def response_times_row(load_balancer: Value) -> AWSHelperFn:
    """Return how long requests take, over all target groups, beside how many there are."""
    of = {"LoadBalancer": load_balancer}
    return row(
        heading("Response times"),
        graph(
            "Response time (seconds)",
            *(
                line(statistic, ALB, "TargetResponseTime", of, statistic)
                for statistic in ("p50", "p90", "p95", "p99", "Maximum")
            ),
            columns=12,
            yAxis={"left": {"min": 0}},
        ),
        graph(
            "Requests a minute",
            line("requests", ALB, "RequestCount", of, "Sum"),
            columns=12,
            yAxis={"left": {"min": 0}},
        ),
    )


def scaling_row(cluster_name: Value, service_name: Value) -> AWSHelperFn:
    """Return each change of the number of tasks, which Container Insights knows."""
    service = {"ClusterName": cluster_name, "ServiceName": service_name}
    insights = "ECS/ContainerInsights"
    lines: Sequence[list[object]] = [
        line("desired", insights, "DesiredTaskCount", service, "Maximum", id="desired"),
        line("running", insights, "RunningTaskCount", service, "Maximum"),
        line("pending", insights, "PendingTaskCount", service, "Maximum"),
        calculated("added or removed", "DIFF(desired)", id="event"),
    ]
    return row(
        heading("Scaling"), graph("Tasks, and when their number changed", *lines, columns=COLUMNS)
    )
