"""CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import AWSHelperFn, GetAtt, Join, Ref
from troposphere.cloudwatch import Alarm, Metric, MetricDataQuery, MetricDimension, MetricStat

from templates_src.contract import Value, contract, parameter
from templates_src.parts.logic import only_if

PERIOD = 60  # seconds


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
        **_notifying(description, comparison, threshold, minutes, topic_arn),
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": _dimensions(dimensions),
        kind: statistic,
        "Period": PERIOD,
    }
    return Alarm(title, **{**properties, **more})


def total_alarm(
    title: str,
    description: str,
    *,
    namespace: str,
    metric: str,
    sources: Sequence[Mapping[str, Value]],
    threshold: Value,
    topic_arn: Value,
    statistic: str = "Sum",
    comparison: str = "GreaterThanThreshold",
    minutes: int = 5,
    **more: Any,
) -> Alarm:
    """Return an alarm on the total of a metric over several sources; one without data counts 0.

    Args:
        title: logical id, ending in ``Alarm``.
        description: what is wrong and what to look at, for the person who is paged.
        namespace: ``AWS/ApplicationELB``.
        metric: ``HealthyHostCount``.
        sources: dimensions of each source.
        threshold: in the metric's unit.
        topic_arn: the component's ``alarm_topic_arn``.
        statistic: of each source.
        comparison: CloudWatch's comparison operator.
        minutes: how long it must hold.
        more: other properties of the alarm.
    """
    parts = {f"source{number}": of for number, of in enumerate(sources, 1)}
    queries = [
        MetricDataQuery(
            Id=name,
            ReturnData=False,
            MetricStat=MetricStat(
                Metric=Metric(
                    Namespace=namespace, MetricName=metric, Dimensions=_dimensions(dimensions)
                ),
                Period=PERIOD,
                Stat=statistic,
            ),
        )
        for name, dimensions in parts.items()
    ]
    total = " + ".join(f"FILL({name}, 0)" for name in parts)
    queries.append(MetricDataQuery(Id="total", Expression=total, Label=metric, ReturnData=True))
    common = _notifying(description, comparison, threshold, minutes, topic_arn)
    return Alarm(title, **{**common, "Metrics": queries, **more})


def arns(alarms: Sequence[Alarm]) -> AWSHelperFn:
    """Return the comma-joined ARNs of alarms, for dashboards and composite alarms."""
    return Join(",", [existing(alarm, GetAtt(alarm, "Arn")) for alarm in alarms])


def names(alarms: Sequence[Alarm]) -> AWSHelperFn:
    """Return the comma-joined names of alarms, for mute rules."""
    return Join(",", [existing(alarm, Ref(alarm)) for alarm in alarms])


def existing(alarm: Alarm, value: AWSHelperFn) -> AWSHelperFn:
    """Return *value* of an alarm, for a list that lacks it where the alarm does not exist."""
    condition = alarm.resource.get("Condition")
    return only_if(condition, value) if condition else value


def _notifying(
    description: str, comparison: str, threshold: Value, minutes: int, topic_arn: Value
) -> dict[str, Any]:
    return {
        "AlarmDescription": description,
        "EvaluationPeriods": minutes,
        "ComparisonOperator": comparison,
        "Threshold": threshold,
        # no data means no traffic or a service at zero, which is not an incident of its own
        "TreatMissingData": "notBreaching",
        "AlarmActions": [topic_arn],
        "OKActions": [topic_arn],
    }


def _dimensions(values: Mapping[str, Value]) -> list[MetricDimension]:
    return [MetricDimension(Name=name, Value=value) for name, value in values.items()]
