from __future__ import annotations

from stackyard.local.alarms import simple

COMMON = {"AlarmDescription": "Too many errors", "Threshold": 5}


def test_alarm_on_one_metric_stays_as_it_is() -> None:
    properties = {**COMMON, "MetricName": "Errors", "Namespace": "AWS/Lambda"}
    assert simple(properties) == properties


def test_alarm_on_an_expression_becomes_one_on_its_first_metric() -> None:
    dimensions = [{"Name": "FunctionName", "Value": "worker"}]
    metric = {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}
    queries = [
        {"Id": "rate", "Expression": "100 * errors / invocations"},
        {"Id": "errors", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
    ]
    assert simple({**COMMON, "Metrics": queries}) == {
        **COMMON,
        **metric,
        "Period": 60,
        "Statistic": "Sum",
    }
