"""What a system costs: a budget that warns, anomaly detection, and a dashboard of the bill.

Budgets and anomalies count what carries the cost tag, once it is activated as a cost allocation tag
in the account that pays. CloudWatch's billing metrics know no tags: the dashboard shows the whole
account, and stays empty until billing alerts are switched on there. The band of what is usual needs
``usual_bill``, which stands where those metrics are.
"""

from __future__ import annotations

import json
from typing import Any

from troposphere import Equals, If, Join, Not, Ref, Sub, Template
from troposphere.budgets import (
    Budget,
    BudgetData,
    Notification,
    NotificationWithSubscribers,
    Spend,
    Subscriber,
)
from troposphere.ce import AnomalyMonitor, AnomalySubscription
from troposphere.ce import Subscriber as AnomalySubscriber
from troposphere.cloudwatch import Dashboard

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.alarms import Alarmed
from templates_src.parts.cost_rows import anomalies_row, bill_row, services_row
from templates_src.parts.dashboards import body
from templates_src.parts.logic import condition, is_given


@contract
class Parameters(Alarmed):
    dashboard_name: Value = parameter(
        "Name of the dashboard, unique in the account; the name of this nested stack if empty.",
        default="",
        AllowedPattern="[A-Za-z0-9_-]{0,255}",
    )
    budget_usd: Value = parameter(
        "US dollars a month that the system may cost; 0 for no budget.",
        Type="Number",
        MinValue=0,
        default=0,
        label="Monthly budget in US dollars",
    )
    warning_percent: Value = parameter(
        "Share of the budget that warns when it is spent.",
        Type="Number",
        MinValue=1,
        default=80,
    )
    cost_tag_key: Value = parameter(
        "Tag by which costs are told apart; the whole account if empty.",
        default="",
        AllowedPattern="[A-Za-z0-9 _.:/=+@-]{0,128}",
    )
    cost_tag_value: Value = parameter(
        "Value of that tag on what the system consists of.",
        default="",
        AllowedPattern="[A-Za-z0-9 _.:/=+@-]{0,256}",
    )
    anomaly_usd: Value = parameter(
        "US dollars above what is usual from which a cost is reported as an anomaly.",
        Type="Number",
        MinValue=1,
        default=20,
        label="Anomalies from, in US dollars",
    )


@contract
class Outputs:
    dashboard_name: Value = output("Name of the dashboard.")
    budget_name: Value = output("Name of the budget; empty if there is none.")
    anomaly_monitor_arn: Value = output("ARN of the anomaly monitor; empty without a cost tag.")


def build(t: Template, p: Parameters) -> Outputs:
    """Budget, cost anomaly detection and cost dashboard."""
    budgeted = condition(t, "HasBudget", Not(Equals(p.budget_usd, 0)))
    tagged = condition(t, "HasCostTag", is_given(p.cost_tag_key))
    named = condition(t, "HasDashboardName", is_given(p.dashboard_name))
    budget = t.add_resource(_budget(p, budgeted, tagged))
    monitor = _anomalies(t, p, tagged)
    dashboard = t.add_resource(
        Dashboard(
            "CostDashboard",
            DashboardName=If(named, p.dashboard_name, Ref("AWS::StackName")),
            DashboardBody=body(bill_row(), services_row(), anomalies_row()),
        )
    )
    return Outputs(
        dashboard_name=Ref(dashboard),
        budget_name=If(budgeted, Ref(budget), ""),
        anomaly_monitor_arn=If(tagged, Ref(monitor), ""),
    )


def _budget(p: Parameters, budgeted: str, tagged: str) -> Budget:
    def notification(kind: str, percent: Value) -> NotificationWithSubscribers:
        return NotificationWithSubscribers(
            Notification=Notification(
                NotificationType=kind,
                ComparisonOperator="GREATER_THAN",
                Threshold=percent,
                ThresholdType="PERCENTAGE",
            ),
            Subscribers=[Subscriber(SubscriptionType="SNS", Address=p.alarm_topic_arn)],
        )

    of_tag = {"TagKeyValue": [Join("$", [Join(":", ["user", p.cost_tag_key]), p.cost_tag_value])]}
    return Budget(
        "Budget",
        Condition=budgeted,
        Budget=BudgetData(
            BudgetType="COST",
            TimeUnit="MONTHLY",
            BudgetLimit=Spend(Amount=p.budget_usd, Unit="USD"),
            CostFilters=If(tagged, of_tag, Ref("AWS::NoValue")),
        ),
        NotificationsWithSubscribers=[
            notification("ACTUAL", p.warning_percent),
            notification("ACTUAL", 100),
            notification("FORECASTED", 100),
        ],
    )


def _anomalies(t: Template, p: Parameters, tagged: str) -> AnomalyMonitor:
    """Add the monitor of what carries the tag, and who hears of it.

    An account has one monitor of all services at most, and AWS made it already:
    https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html
    """
    watched = {"Tags": {"Key": "${CostTagKey}", "Values": ["${CostTagValue}"]}}
    monitor = t.add_resource(
        AnomalyMonitor(
            "AnomalyMonitor",
            Condition=tagged,
            MonitorName=Ref("AWS::StackName"),
            MonitorType="CUSTOM",
            MonitorSpecification=Sub(json.dumps(watched)),
        )
    )
    from_amount: dict[str, Any] = {
        "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
            "Values": ["${AnomalyUsd}"],
        }
    }
    t.add_resource(
        AnomalySubscription(
            "AnomalySubscription",
            Condition=tagged,
            SubscriptionName=Ref("AWS::StackName"),
            Frequency="IMMEDIATE",  # the only one that a topic takes
            MonitorArnList=[Ref(monitor)],
            Subscribers=[AnomalySubscriber(Type="SNS", Address=p.alarm_topic_arn)],
            ThresholdExpression=Sub(json.dumps(from_amount)),
        )
    )
    return monitor


cost_monitoring = Component(Parameters, Outputs, build)
