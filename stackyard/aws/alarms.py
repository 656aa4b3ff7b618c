"""CloudWatch's alarms."""

from __future__ import annotations

from collections.abc import Sequence

from stackyard.aws.account import Account

ALARM = "AWS::CloudWatch::Alarm"
AT_ONCE = 100


def ringing(account: Account, names: Sequence[str]) -> list[str]:
    """Return which of these alarms are in ALARM."""
    found: list[str] = []
    for start in range(0, len(names), AT_ONCE):
        answer = account.client("cloudwatch").describe_alarms(
            AlarmNames=list(names[start : start + AT_ONCE]), StateValue="ALARM"
        )
        found += [one["AlarmName"] for one in answer["MetricAlarms"]]
    return found
