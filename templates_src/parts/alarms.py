"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import AWSHelperFn, GetAtt, Join
from troposphere.cloudwatch import Alarm, MetricDimension

from templates_src.contract import Value, contract, parameter


@contract
class Alarmed:
    """What every component with alarms takes."""

    alarm_topic_arn: Value = parameter(
        "ARN of the SNS topic that alarms notify when they go off and when they recover.",
        group="Alarms",
    )


def alarm(
    title: str,
    description: str,
    *,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, Value],
    threshold: Value,
    topic_arn: Value,
    statistic: str = "Average",
    comparison: str = "GreaterThanThreshold",
    minutes: int = 5,
    **more: Any,
) -> Alarm:
    """Return an alarm that holds for *minutes* one-minute periods and notifies both ways.

    Args:
        title: logical id, ending in ``Alarm``.
        description: what is wrong and what to look at, for the person who is paged.
        namespace: ``AWS/ECS``.
        metric: ``CPUUtilization``.
        dimensions: values by dimension name.
        threshold: in the metric's unit.
        topic_arn: the component's ``alarm_topic_arn``.
        statistic: ``Average``, ``Sum``, ``Maximum``, or a percentile such as ``p99``.
        comparison: CloudWatch's comparison operator.
        minutes: how long it must hold.
        more: other properties of the alarm, ``TreatMissingData`` among them.
    """
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    properties: dict[str, Any] = {
        "AlarmDescription": description,
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [MetricDimension(Name=n, Value=v) for n, v in dimensions.items()],
        kind: statistic,
        "Period": 60,
        "EvaluationPeriods": minutes,
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        # no data means no traffic or a service at zero, which is not an incident of its own
        "TreatMissingData": "notBreaching",
        "AlarmActions": [topic_arn],
        "OKActions": [topic_arn],
    }
    return Alarm(title, **{**properties, **more})


def arns(alarms: Sequence[Alarm]) -> AWSHelperFn:
    """Return the comma-joined ARNs of alarms, for dashboards and composite alarms."""
    return Join(",", [GetAtt(alarm, "Arn") for alarm in alarms])
