from __future__ import annotations

import json

import pytest

from stackyard.resolved import plain
from stackyard.rules import violations
from templates_src.components.cost_monitoring import cost_monitoring
from templates_src.components.usual_bill import usual_bill
from tests.components.evaluated import stack_of


def test_it_learns_the_metric_that_the_dashboard_of_costs_shows() -> None:
    learnt = plain(dict(stack_of(usual_bill).resources["UsualBill"].properties))
    topic = {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}
    board = stack_of(cost_monitoring, **topic).resources["CostDashboard"].properties
    metric = [learnt["Namespace"], learnt["MetricName"], "Currency", "USD"]
    assert json.dumps(metric)[1:-1] in str(plain(board["DashboardBody"])).replace('","', '", "')
    assert learnt["Stat"] == "Maximum"


@pytest.mark.parametrize(("region", "broken"), [("us-east-1", 0), ("eu-west-1", 1)])
def test_it_is_refused_where_there_is_no_bill(region: str, broken: int) -> None:
    assert len([*violations(usual_bill.template().to_dict(), {}, region)]) == broken
