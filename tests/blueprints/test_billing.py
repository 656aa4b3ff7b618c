"""What an account needs once of us-east-1 to show its costs, as AWS would see it."""

from __future__ import annotations

import pytest

from stackyard.build import Build, Options
from stackyard.project import Project
from stackyard.rules import violations


@pytest.fixture(scope="module")
def built(project: Project) -> Build:
    made = Build(project, Options("billing", check=True, native=False, cfn_lint=False))
    made.prepare()
    return made


def test_one_environment_of_an_account_has_it_where_the_bill_is(built: Build) -> None:
    (item,) = built.sets["billing"]
    assert (item.environment, item.regions, item.is_stage) == ("prod", ("us-east-1",), True)
    system = built.resolve("billing", item, "us-east-1")
    assert {one.path for one in system.resources()} == {"UsualBill", "UsualBill/UsualBill"}


def test_it_is_refused_elsewhere(built: Build) -> None:
    body = built.library.template("blueprints/billing").body
    assert [one.rule for one in violations(body, {}, "eu-west-1")] == ["StandsWhereTheBillIs"]
