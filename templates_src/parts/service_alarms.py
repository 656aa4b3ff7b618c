"""The alarms on a service: what its targets answer, what its tasks use, whether they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from troposphere.cloudwatch import Alarm

from templates_src.contract import Value, contract, parameter
from templates_src.parts.alarms import Alarmed, alarm, total_alarm

Dimensions = Mapping[str, Value]


@contract
class Watched(Alarmed):
    """What every component with a service takes for its alarms."""

    cpu_threshold_percent: Value = parameter(
        "CPU use that raises an alarm after five minutes.",
        Type="Number",
        default=85,
        group="Alarms",
    )
    memory_threshold_percent: Value = parameter(
        "Memory use in percent that raises an alarm after five minutes.",
        Type="Number",
        default=85,
        group="Alarms",
    )
    error_threshold_count: Value = parameter(
        "Server errors in a minute that raise an alarm after three.",
        Type="Number",
        default=10,
        group="Alarms",
    )
    response_time_threshold_seconds: Value = parameter(
        "Response time of the slowest twentieth that raises an alarm after five minutes.",
        Type="Number",
        default=1,
        group="Alarms",
    )
    unhealthy_threshold_count: Value = parameter(
        "Unhealthy targets that are tolerated for three minutes.",
        Type="Number",
        default=0,
        group="Alarms",
    )
    healthy_threshold_count: Value = parameter(
        "Healthy targets below which an alarm is raised after five minutes; 0 for never, as for a"
        " service without tasks.",
        Type="Number",
        MinValue=0,
        default=1,
        group="Alarms",
    )


def guards(p: Watched, of_targets: Dimensions, *, prefix: str = "", **more: Any) -> Iterator[Alarm]:
    """Yield the alarms that also roll a deployment back.

    They know the target group and not the service, which refers to them.

    Args:
        p: thresholds and topic.
        of_targets: dimensions of the target group.
        prefix: of the logical ids, for a second target group.
        more: other attributes, ``Condition`` among them.
    """
    yield alarm(
        f"{prefix}ServerErrorsAlarm",
        "The application answers with server errors (5xx): read its logs.",
        namespace="AWS/ApplicationELB",
        metric="HTTPCode_Target_5XX_Count",
        dimensions=of_targets,
        statistic="Sum",
        threshold=p.error_threshold_count,
        minutes=3,
        topic_arn=p.alarm_topic_arn,
        **more,
    )
    yield alarm(
        f"{prefix}UnhealthyTargetsAlarm",
        "Tasks fail the load balancer's health check: read their logs and stop reasons.",
        namespace="AWS/ApplicationELB",
        metric="UnHealthyHostCount",
        dimensions=of_targets,
        statistic="Maximum",
        threshold=p.unhealthy_threshold_count,
        minutes=3,
        topic_arn=p.alarm_topic_arn,
        **more,
    )


def watches(p: Watched, of_targets: Dimensions, of_service: Dimensions) -> Iterator[Alarm]:
    """Yield the alarms on a service with one target group that only notify."""
    yield from load_alarms(p, of_service)
    yield response_alarm(p, of_targets)
    yield healthy_alarm(p, of_targets)


def load_alarms(p: Watched, of_service: Dimensions) -> Iterator[Alarm]:
    """Yield the alarms on what the tasks of a service use."""
    for title, metric, threshold in (
        ("CpuAlarm", "CPUUtilization", p.cpu_threshold_percent),
        ("MemoryAlarm", "MemoryUtilization", p.memory_threshold_percent),
    ):
        yield alarm(
            title,
            f"Tasks run at their limit ({metric}): raise their size or the number of tasks.",
            namespace="AWS/ECS",
            metric=metric,
            dimensions=of_service,
            threshold=threshold,
            topic_arn=p.alarm_topic_arn,
        )


def response_alarm(p: Watched, of_targets: Dimensions, *, prefix: str = "", **more: Any) -> Alarm:
    """Return the alarm on how fast a target group answers; for a second one with a prefix."""
    return alarm(
        f"{prefix}ResponseTimeAlarm",
        "The slowest twentieth of the requests takes too long: look at the database and at CPU.",
        namespace="AWS/ApplicationELB",
        metric="TargetResponseTime",
        dimensions=of_targets,
        statistic="p95",
        threshold=p.response_time_threshold_seconds,
        topic_arn=p.alarm_topic_arn,
        # one slow request in a quiet night is no percentile
        EvaluateLowSampleCountPercentile="ignore",
        **more,
    )


def healthy_alarm(p: Watched, *of_targets: Dimensions, prefix: str = "", **more: Any) -> Alarm:
    """Return the alarm on how many healthy targets there are, in one target group or in a pair.

    Tasks that end before they answer never count as unhealthy. Of a pair one group is empty most of
    the time.
    """
    title = f"{prefix}HealthyTargetsAlarm"
    description = (
        "Too few tasks serve requests: read the service's events and the tasks' stop reasons."
    )
    what: dict[str, Any] = {
        "namespace": "AWS/ApplicationELB",
        "metric": "HealthyHostCount",
        "statistic": "Minimum",
        "comparison": "LessThanThreshold",
        "threshold": p.healthy_threshold_count,
        "topic_arn": p.alarm_topic_arn,
        **more,
    }
    if len(of_targets) == 1:
        return alarm(title, description, dimensions=of_targets[0], **what)
    return total_alarm(title, description, sources=of_targets, **what)
