"""What a month costs, from the resources that AWS would see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from stackyard.commands.pricing import ours
from stackyard.errors import BuildError
from stackyard.pricing import Bill, price
from stackyard.pricing.items import FREE, PRICED
from stackyard.pricing.tables import Prices, prices, promises, usage
from stackyard.project import Project
from stackyard.resolved import System, resolve
from stackyard.start import resolved
from tests.support import ROOT

USAGE = usage(ROOT / "params" / "usage.yaml")
HOURS = USAGE["all"]["hours"]


def system(resources: Mapping[str, Any]) -> System:
    body = {
        "Resources": {
            name: {"Type": f"AWS::{kind}", "Properties": properties}
            for name, (kind, properties) in resources.items()
        }
    }
    return resolve("x", {"blueprints/x": body}, {}, "us-east-1", stack_name="x", environment="dev")


def bill(**resources: Any) -> Bill:
    return price(system(resources), prices(), USAGE)


def task(spot: bool, least: int = 1) -> dict[str, Any]:
    provider = "FARGATE_SPOT" if spot else "FARGATE"
    return {
        "Task": (
            "ECS::TaskDefinition",
            {"Cpu": "256", "Memory": "512", "RuntimePlatform": {"CpuArchitecture": "ARM64"}},
        ),
        "Api": (
            "ECS::Service",
            {
                "TaskDefinition": {"Ref": "Task"},
                "CapacityProviderStrategy": [{"CapacityProvider": provider, "Weight": 1}],
            },
        ),
        "Count": (
            "ApplicationAutoScaling::ScalableTarget",
            {
                "ResourceId": {
                    "Fn::Join": ["/", ["service", "c", {"Fn::GetAtt": ["Api", "Name"]}]]
                },
                "MinCapacity": least,
                "MaxCapacity": 9,
            },
        ),
    }


def test_tasks_cost_by_size_chip_and_least_number() -> None:
    one, two = bill(**task(spot=False)), bill(**task(spot=False, least=2))
    assert one.usd == pytest.approx(HOURS * (0.25 * 0.03238 + 0.5 * 0.00356))
    assert two.usd == pytest.approx(2 * one.usd)


def test_spot_is_cheaper_by_the_assumed_discount() -> None:
    discount = USAGE["all"]["spot_discount_percent"] / 100
    full, spot = bill(**task(spot=False)).usd, bill(**task(spot=True)).usd
    assert spot == pytest.approx(full * (1 - discount))


@pytest.mark.parametrize(("multi_az", "copies"), [("false", 1), (True, 2)])
def test_a_standby_doubles_a_database_and_its_storage(multi_az: Any, copies: int) -> None:
    database = {
        "DBInstanceClass": "db.t4g.micro",
        "Engine": "postgres",
        "MultiAZ": multi_az,
        "AllocatedStorage": "20",
    }
    found = bill(Db=("RDS::DBInstance", database))
    assert found.usd == pytest.approx(copies * (HOURS * 0.016 + 20 * 0.115))


def test_traffic_is_shared_by_the_gateways() -> None:
    gateway = ("EC2::NatGateway", {})
    one, two = bill(A=gateway), bill(A=gateway, B=gateway)
    assert two.usd - one.usd == pytest.approx(HOURS * 0.045)


def test_a_resource_without_a_price_is_listed_and_never_free() -> None:
    found = bill(
        Odd=("GameLift::Fleet", {}),
        Db=(
            "RDS::DBInstance",
            {"DBInstanceClass": "db.r99.huge", "Engine": "postgres", "AllocatedStorage": 1},
        ),
    )
    assert ("Odd", "AWS::GameLift::Fleet") in found.unpriced
    assert ("Db", "AWS::RDS::DBInstance (rds-postgres-db.r99.huge)") in found.unpriced


def test_no_type_is_priced_and_free_at_once() -> None:
    assert not PRICED.keys() & FREE.keys()


def test_every_price_says_where_it_stands() -> None:
    for name, row in prices().rows.items():
        assert row.source.startswith("https://aws.amazon.com/"), name
        assert row.usd > 0, name


def test_an_environment_may_assume_its_own_usage() -> None:
    assumed = {"all": {**USAGE["all"]}, "dev": {"nat_traffic_gb": 1000}}
    found = price(system({"A": ("EC2::NatGateway", {})}), prices(), assumed)
    assert found.usd == pytest.approx(HOURS * 0.045 + 1000 * 0.045)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("all: {hours: 730}\ndev: {ours: 1}", "nothing asks for 'ours'; known: hours"),
        ("all: {hours: often}", "hours is 'often'; write a number"),
        ("- 1", "is no mapping"),
        ("all: [", "correct it"),
    ],
)
def test_bad_assumptions_are_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "usage.yaml"
    path.write_text(text)
    with pytest.raises(BuildError) as caught:
        usage(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_promise_without_kinds_is_compared_with_the_total() -> None:
    total = promises("pyshop", "dev")[-1]
    found = bill(A=("EC2::NatGateway", {}))
    assert total.text == "total"
    assert ours(found, total) == round(found.usd, 2)


def test_prices_are_of_one_day() -> None:
    table: Prices = prices()
    assert table.region == "us-east-1"
    assert len(table.date) == len("2026-11-20")


@pytest.mark.parametrize(("column", "environment"), [(0, "dev"), (1, "staging"), (2, "prod")])
def test_chronotrail_costs_what_its_guide_says_with_search_and_without(
    project: Project, column: int, environment: str
) -> None:
    guide = (ROOT / "docs/guide/chronotrail.md").read_text()
    found = price(resolved(project, "chronotrail", environment), prices(), USAGE)
    assert found.unpriced == []
    # the rest is there without search as well
    without = found.usd - found.by_kind()["search"]
    for text, usd in (("search included", found.usd), ("without search", without)):
        (row,) = re.findall(rf"^\| USD a month,? {text} \| (.+) \|$", guide, re.MULTILINE)
        assert int(row.split(" | ")[column]) == round(usd), text


def test_search_costs_what_its_parameter_says(project: Project) -> None:
    for environment, usd in (("dev", 350 / 2), ("prod", 350)):
        found = price(resolved(project, "chronotrail", environment), prices(), USAGE)
        assert found.by_kind()["search"] == pytest.approx(usd, rel=0.05)


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_pyshop_costs_what_its_documents_say_or_gives_the_reason(
    project: Project, environment: str
) -> None:
    found = price(resolved(project, "pyshop", environment), prices(), USAGE)
    assert found.unpriced == []
    for promise in promises("pyshop", environment):
        close = promise.least * 0.9 <= ours(found, promise) <= promise.most * 1.1
        assert close or promise.reason, f"{promise.row} {promise.text}: {ours(found, promise)}"
