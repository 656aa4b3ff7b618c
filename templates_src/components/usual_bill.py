"""What the account's bill usually is: CloudWatch learns it where it has the bill, in us-east-1."""

from __future__ import annotations

from troposphere import Equals, Ref, Template
from troposphere.cloudwatch import AnomalyDetector, MetricDimension

from templates_src.contract import Component, Rule, contract
from templates_src.parts.cost_rows import BILLING_REGION


@contract
class Parameters:
    """Nothing: an account has one bill."""


@contract
class Outputs:
    """Nothing: dashboards ask for it by the name of the metric."""


RULES = (
    Rule(
        "StandsWhereTheBillIs",
        f"CloudWatch has the metrics of the bill in {BILLING_REGION} only: deploy this there.",
        Equals(Ref("AWS::Region"), BILLING_REGION),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """Anomaly detector of the account's estimated charges."""
    t.add_resource(
        AnomalyDetector(
            "UsualBill",
            Namespace="AWS/Billing",
            MetricName="EstimatedCharges",
            Dimensions=[MetricDimension(Name="Currency", Value="USD")],
            Stat="Maximum",
        )
    )
    return Outputs()


usual_bill = Component(Parameters, Outputs, build, rules=RULES)
