"""The alarms on a Lambda function: how often it fails, how long it runs, whether it may run."""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import Ref
from troposphere.awslambda import Function
from troposphere.cloudwatch import Alarm, Metric, MetricDataQuery, MetricDimension, MetricStat

from templates_src.contract import Value, contract, parameter
from templates_src.parts.alarms import Alarmed, alarm

MINUTE = 60  # seconds


@contract
class Watched(Alarmed):
    """What every component with a function of the application takes for its alarms."""

    error_rate_threshold_percent: Value = parameter(
        "Share of the invocations that fail, which raises an alarm after five minutes.",
        Type="Number",
        MinValue=0,
        MaxValue=100,
        default=5,
        group="Alarms",
    )
    duration_threshold_milliseconds: Value = parameter(
        "Duration of the slowest twentieth of the invocations that raises an alarm after five"
        " minutes; the default is four fifths of a minute.",
        Type="Number",
        MinValue=0,
        default=48000,
        group="Alarms",
    )
    throttle_threshold_count: Value = parameter(
        "Invocations refused in a minute, for want of concurrency, that raise an alarm after five.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


def function_alarms(p: Watched, function: Function) -> Iterator[Alarm]:
    """Yield the alarms on errors, duration and throttles."""
    yield _error_rate(p, function)
    for title, says, metric, statistic, threshold in (
        (
            *("DurationAlarm", "The function comes near its timeout: see what it waits for"),
            *("Duration", "p95", p.duration_threshold_milliseconds),
        ),
        (
            *("ThrottleAlarm", "The function may not run: the account's concurrency is used up"),
            *("Throttles", "Sum", p.throttle_threshold_count),
        ),
    ):
        yield alarm(
            title,
            says,
            namespace="AWS/Lambda",
            metric=metric,
            dimensions={"FunctionName": Ref(function)},
            statistic=statistic,
            threshold=threshold,
            topic_arn=p.alarm_topic_arn,
        )


def failure_alarm(
    title: str, description: str, function: Function, *, threshold: Value, topic_arn: Value
) -> Alarm:
    """Return the alarm on a function of the library's own, of which each failure counts."""
    return alarm(
        title,
        description,
        namespace="AWS/Lambda",
        metric="Errors",
        dimensions={"FunctionName": Ref(function)},
        statistic="Sum",
        threshold=threshold,
        minutes=1,
        topic_arn=topic_arn,
    )


def _error_rate(p: Watched, function: Function) -> Alarm:
    rate = MetricDataQuery(
        Id="rate",
        Label="Failed invocations (percent)",
        Expression="100 * errors / invocations",
        ReturnData=True,
    )
    return Alarm(
        "ErrorRateAlarm",
        # A message that fails alone is no failed invocation: those end in the dead-letter queue
        AlarmDescription="The function fails as a whole: read its log, and try its connections.",
        Metrics=[rate, _sum("errors", function), _sum("invocations", function)],
        EvaluationPeriods=5,
        ComparisonOperator="GreaterThanThreshold",
        Threshold=p.error_rate_threshold_percent,
        TreatMissingData="notBreaching",  # nothing to do is no failure
        AlarmActions=[p.alarm_topic_arn],
        OKActions=[p.alarm_topic_arn],
    )


def _sum(name: str, function: Function) -> MetricDataQuery:
    dimension = MetricDimension(Name="FunctionName", Value=Ref(function))
    metric = Metric(Namespace="AWS/Lambda", MetricName=name.capitalize(), Dimensions=[dimension])
    return MetricDataQuery(
        Id=name,
        ReturnData=False,
        MetricStat=MetricStat(Metric=metric, Period=MINUTE, Stat="Sum"),
    )
