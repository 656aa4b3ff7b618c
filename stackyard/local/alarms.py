"""Alarms on an expression of several metrics, which MiniStack refuses: kept by their first metric.

Such an alarm exists, has its name and ARN and can be set to a state; nobody computes it here.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from stackyard.local.handlers import Created, Handler, Properties

ALARM = "AWS::CloudWatch::Alarm"


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Wrap MiniStack's own handler."""
    native = handlers[ALARM]

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        created: Created = native["create"](logical_id, simple(properties), stack)
        return created

    def update(physical_id: str, old: Properties, new: Properties, *more: Any) -> Created:
        updated: Created = native["update"](physical_id, simple(old), simple(new), *more)
        return updated

    handlers[ALARM] = {**native, "create": create, "update": update}


def simple(properties: Properties) -> Properties:
    """Return the properties of an alarm on the first of its metrics, if it has several."""
    queries = properties.get("Metrics")
    if not queries:
        return properties
    measured = next(query["MetricStat"] for query in queries if "MetricStat" in query)
    metric = measured["Metric"]
    rest = {name: value for name, value in properties.items() if name != "Metrics"}
    return {
        **rest,
        "Namespace": metric["Namespace"],
        "MetricName": metric["MetricName"],
        "Dimensions": metric.get("Dimensions", []),
        "Period": measured["Period"],
        "Statistic": measured["Stat"],
    }
