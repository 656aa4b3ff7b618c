"""What every system of an account needs of us-east-1 to show its costs: once for the account."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.usual_bill import RULES, usual_bill
from templates_src.contract import Component, Nesting, contract


@contract
class Parameters(Nesting):
    """What finds the nested templates."""


@contract
class Outputs:
    """Nothing: dashboards ask for it by the name of the metric."""


def build(t: Template, p: Parameters) -> Outputs:
    """What the account's bill usually is, in us-east-1."""
    usual_bill.nest(t, "UsualBill")
    return Outputs()


billing = Component(Parameters, Outputs, build, rules=RULES)
