"""Who gets a rollout: accounts that are named, and accounts of units."""

from __future__ import annotations

import pytest

from stackyard.fleet import targets as module
from stackyard.fleet.targets import filtered, named, targets
from tests.catalog.stubbed import Stubs

INSIDE = ["111111111111", "222222222222"]
GIVEN = {
    "StackSetName": "fleet",
    "PermissionModel": "SELF_MANAGED",
    "AccountIds": "222222222222,111111111111",
    "OrganizationalUnitIds": "",
    "AccountFilter": "NONE",
    "RegionNames": "eu-west-1,us-east-1",
    "CallAs": "DELEGATED_ADMIN",
}


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        ("NONE", INSIDE),
        ("INTERSECTION", ["222222222222"]),
        ("DIFFERENCE", ["111111111111"]),
        ("UNION", [*INSIDE, "333333333333"]),
    ],
)
def test_a_filter_leaves_what_aws_leaves(rule: str, left: list[str]) -> None:
    assert filtered(rule, INSIDE, ["222222222222", "333333333333"]) == left


def test_places_are_in_the_order_of_the_regions() -> None:
    found = targets(Stubs().account, GIVEN)
    assert found.places() == [(account, region) for region in found.regions for account in INSIDE]
    assert found.regions == ("eu-west-1", "us-east-1")


def test_only_an_organisation_has_delegated_administrators() -> None:
    assert named(GIVEN) == ("fleet", "SELF")
    assert named({**GIVEN, "PermissionModel": module.SERVICE_MANAGED}) == (
        "fleet",
        "DELEGATED_ADMIN",
    )


def test_a_unit_is_its_accounts_and_those_of_the_units_below() -> None:
    stubs = Stubs()
    above, below = "ou-a1b2-11111111", "ou-a1b2-22222222"
    for unit, accounts, units in ((above, INSIDE[:1], [below]), (below, INSIDE[1:], [])):
        rows = [{"Id": one, "Status": "ACTIVE"} for one in accounts]
        gone = {"Id": "999999999999", "Status": "SUSPENDED"}
        asked = {"ParentId": unit}
        answer = {"Accounts": [*rows, gone]}
        stubs.answer("organizations", "list_accounts_for_parent", answer, asked)
        answer = {"OrganizationalUnits": [{"Id": one, "Name": "x"} for one in units]}
        stubs.answer("organizations", "list_organizational_units_for_parent", answer, asked)
    given = {**GIVEN, "PermissionModel": "SERVICE_MANAGED", "OrganizationalUnitIds": above}
    assert targets(stubs.account, given).accounts == tuple(INSIDE)
    stubs.check()
