"""What a month costs more: between environments, since a revision, and by today's price list."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from stackyard.aws.account import Account
from stackyard.build import Build, Options
from stackyard.library import Library
from stackyard.pricing import price, refresh
from stackyard.pricing.comparison import Comparison
from stackyard.pricing.items import FREE, PRICED, UNPRICED
from stackyard.pricing.tables import HERE, Price, Prices, prices, usage
from stackyard.project import Project
from stackyard.resolved import System, resolve
from tests.checks.systems import resource, system
from tests.support import ROOT, all_templates

USAGE = usage(ROOT / "params" / "usage.yaml")
HOURS = USAGE["all"]["hours"]


def comparison(old: dict[str, Any], new: dict[str, Any]) -> Comparison:
    before, after = (price(system(resources), prices(), USAGE) for resources in (old, new))
    return Comparison(before, after, "before", "after")


def test_a_comparison_adds_up_by_kind_and_line_by_line() -> None:
    gateway, key = resource("EC2::NatGateway"), resource("KMS::Key")
    found = comparison({"A": gateway, "K": key}, {"A": gateway, "B": gateway})
    assert found.total.usd == pytest.approx(sum(row.usd for row in found.kinds))
    assert found.total.usd == pytest.approx(sum(row.usd for row in found.lines), abs=0.02)
    rows = {row.what: round(row.usd, 2) for row in found.lines}
    assert rows["B (hour)"] == round(HOURS * 0.045, 2)
    assert rows["K (key-month)"] == -1.0
    assert "A (hour)" not in rows, "what did not change is not listed"


def test_a_comparison_speaks_json_with_deltas() -> None:
    data = comparison({}, {"K": resource("KMS::Key")}).data()
    assert data["total"] == {"what": "total", "old": 0, "new": 1.0, "usd": 1.0}
    assert (data["old"]["name"], data["new"]["name"]) == ("before", "after")
    assert json.dumps(data)


def asleep(**more: Any) -> System:
    schedules = {
        f"{verb}Database": resource(
            "Scheduler::Schedule",
            ScheduleExpression=expression,
            Target={"Input": {"Fn::Sub": '{"DbInstanceIdentifier":"${Db}"}'}},
        )
        for verb, expression in (
            ("Sleep", "cron(20 0-6,19-23 * * ? *)"),
            ("Wake", "cron(15,30 7 ? * MON-FRI *)"),
        )
    }
    database = resource(
        "RDS::DBInstance",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        **more,
    )
    return system({"Db": database, **schedules})


def test_a_database_that_sleeps_costs_its_hours_and_all_of_its_storage() -> None:
    open_hours = 5 * (19 + 20 / 60 - 7.25)
    found = price(asleep(), prices(), USAGE)
    assert found.usd == pytest.approx(HOURS * 0.016 * open_hours / 168 + 20 * 0.115)
    assert found.lines[0].item == "db.t4g.micro, 36% of the hours"


def test_an_alarm_is_billed_by_the_metrics_that_it_reads() -> None:
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m)"}
    metric = {"Id": "m", "MetricStat": {}}
    rows: tuple[dict[str, Any], ...] = (
        {},
        {"Metrics": [metric, metric]},
        {"Metrics": [metric, band]},
    )
    for properties, metrics in zip(rows, (1, 2, 3), strict=True):
        found = price(system({"A": resource("CloudWatch::Alarm", **properties)}), prices(), USAGE)
        assert found.usd == pytest.approx(metrics * 0.10)


def test_every_type_of_every_blueprint_has_a_price_or_a_reason() -> None:
    types = {
        declared["Type"]
        for rendered in all_templates()
        for declared in rendered.body["Resources"].values()
    }
    assert sorted(types - PRICED.keys() - FREE.keys() - UNPRICED.keys()) == []


def test_what_has_no_price_says_why() -> None:
    found = price(system({"All": resource("CloudFormation::StackSet")}), prices(), USAGE)
    ((path, kind),) = found.unpriced
    assert path == "All"
    assert kind.startswith("AWS::CloudFormation::StackSet: costs in each account")


def product(*dollars: float) -> str:
    tiers = {
        f"sku.{number}": {
            "beginRange": str(number * 1000),
            "pricePerUnit": {"USD": f"{usd:.10f}"},
            "unit": "Hrs",
        }
        for number, usd in enumerate(dollars)
    }
    terms = {"OnDemand": {"sku.JRTCKXETXF": {"priceDimensions": tiers}}}
    return json.dumps({"product": {"sku": "sku", "attributes": {}}, "terms": terms})


def asked(monkeypatch: pytest.MonkeyPatch, *products: str, **query: Any) -> refresh.Asked:
    """Ask for one row, of an API that answers as AWS's does."""
    client = boto3.client(
        "pricing", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    known = {"service": "AmazonECS", "fields": {"usagetype": "Hours"}, **query}
    filters = [
        {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"},
        {"Type": "TERM_MATCH", "Field": "usagetype", "Value": "Hours"},
    ]
    table = Prices("us-east-1", "2026-01-01", {"row": Price(0.5, "hour", "https://x")})
    with Stubber(client) as stubber:
        stubber.add_response(
            "get_products",
            {"FormatVersion": "aws_v1", "PriceList": list(products)},
            {"ServiceCode": "AmazonECS", "Filters": filters},
        )
        monkeypatch.setattr(Account, "client", lambda *_: client)
        (found,) = refresh.ask(Account("us-east-1"), table, {"row": known})
    return found


def test_a_price_of_today_is_that_of_the_first_tier_that_is_not_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = asked(monkeypatch, product(0, 0.25, 0.2))
    assert (found.new, found.differs) == (0.25, True)


def test_units_of_aws_become_those_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, product(0.0000002), times=1_000_000).new == 0.2


@pytest.mark.parametrize(
    ("products", "problem"),
    [((), "no product fits the query"), ((product(1), product(2)), "2 prices: 1, 2")],
)
def test_what_is_not_certain_is_no_price(
    monkeypatch: pytest.MonkeyPatch, products: tuple[str, ...], problem: str
) -> None:
    found = asked(monkeypatch, *products)
    assert (found.new, found.problem, found.differs) == (None, problem, False)


def test_a_corrected_table_keeps_everything_else() -> None:
    text = (HERE / "prices.yaml").read_text()
    rows = [refresh.Asked("nat-gateway", 0.045, 0.05), refresh.Asked("key", 1, None, "no query")]
    found = refresh.rewritten(text, rows, date(2027, 1, 1))
    assert found == text.replace("nat-gateway: {usd: 0.045", "nat-gateway: {usd: 0.05")
    known = refresh.rewritten(text, rows[:1], date(2027, 1, 1))
    assert "\ndate: 2027-01-01\n" in known


def test_every_query_is_of_a_row_of_the_table() -> None:
    known = refresh.queries()
    assert known.keys() <= prices().rows.keys()
    for name, query in known.items():
        assert query.keys() <= {"service", "fields", "times"}, name


def test_the_guide_shows_what_nat_costs_as_the_command_measures_it() -> None:
    project = Project(ROOT)
    made = Build(project, Options("pyshop", "dev", check=True, native=False, cfn_lint=False))
    made.prepare()
    (item,) = [one for one in made.sets["pyshop"] if one.environment == "dev"]
    bodies = {one.path: one.body for one in Library(project).tree("pyshop")}
    guide = (ROOT / "docs" / "guide" / "costs.md").read_text()
    for nat in ("none", "instance", "single", "per-az"):
        found = resolve(
            "pyshop",
            bodies,
            {**item.parameters, "Nat": nat},
            "us-east-1",
            stack_name="x",
            environment="dev",
        )
        usd = price(found, prices(), USAGE).by_kind()["nat"]
        assert f"| `{nat}` | {usd:.2f} |" in guide
