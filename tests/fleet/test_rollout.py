"""Plan and status on moto's StackSets.

Slow (about twenty seconds): moto is installed into an environment of its own, which a cache makes
short after the first time. moto's own engine creates no StackSet from a template, so the test makes
one from what the blueprint resolves to. It lets no instance fail: see ``test_status``.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.fleet.plan import Plan, plan
from stackyard.fleet.source import ROOT, Source
from stackyard.fleet.status import status
from stackyard.fleet.targets import Targets
from stackyard.resolved import plain
from templates_src.components.stack_set import stack_set
from tests.catalog.stubbed import Stubs
from tests.components.evaluated import stack_of
from tests.fleet.moto import server

ACCOUNTS = ("111111111111", "222222222222")
REGIONS = ("us-east-1", "eu-west-1")
TO = Targets("fleet", "SELF", ACCOUNTS, REGIONS)
GIVEN = {
    "TemplateBucket": "acme-templates",
    "StackSetName": "fleet",
    "RegionNames": ",".join(REGIONS),
    "OrganizationalUnitIds": "",
    "AccountIds": ",".join(ACCOUNTS),
    "PermissionModel": "SELF_MANAGED",
}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("moto")) as address:
        yield address


@pytest.fixture
def account(endpoint: str) -> Account:
    request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    urllib.request.urlopen(request).close()
    return Account(region="us-east-1", endpoint_url=endpoint, embedded_id="123456789012")


def source(visibility: int = 30, **more: Any) -> Source:
    # moto makes no queue's name of that of a StackSet's stack
    properties = {"QueueName": "work", "VisibilityTimeout": {"Ref": "Visibility"}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": properties}
    body = {
        "Parameters": {"Visibility": {"Type": "Number", "Default": visibility}},
        "Resources": {"WorkQueue": queue, **more},
    }
    return Source("bootstrap", body, {f"blueprints/{ROOT}": body})


def roll_out(account: Account, chosen: Source) -> None:
    """Do what CloudFormation does for the blueprint's StackSet."""
    found = stack_of(stack_set, **GIVEN).resources["StackSet"].properties
    properties = {name: plain(value) for name, value in found.items()}
    (group,) = properties.pop("StackInstancesGroup")
    client = account.client("cloudformation")
    given = {"StackSetName": properties["StackSetName"], "TemplateBody": json.dumps(chosen.body)}
    client.create_stack_set(**given, PermissionModel=properties["PermissionModel"])
    client.create_stack_instances(
        StackSetName=properties["StackSetName"],
        Accounts=group["DeploymentTargets"]["Accounts"],
        Regions=group["Regions"],
    )


def actions(made: Plan) -> dict[tuple[str, str], str]:
    return {(row.account, row.region): row.action for row in made.rows}


def test_before_anything_is_deployed_all_is_created(account: Account) -> None:
    made = plan(account, source(), TO)
    assert made.is_new
    assert set(actions(made).values()) == {"create"}
    assert [row.region for row in made.rows] == ["us-east-1"] * 2 + ["eu-west-1"] * 2
    (change,) = made.rows[0].changes
    assert (change.path, change.action) == ("WorkQueue", "add")


def test_what_is_deployed_as_it_is_wanted_is_unchanged(account: Account) -> None:
    roll_out(account, source())
    made = plan(account, source(), TO)
    assert made.counts() == {"unchanged": 4}
    assert made.distinct() == [()]


def test_a_change_is_shown_for_each_account_and_region(account: Account) -> None:
    roll_out(account, source())
    made = plan(account, source(60), TO)
    assert made.counts() == {"update": 4}
    (change,) = made.rows[0].changes[0].properties
    assert (change.name, change.before, change.after) == ("VisibilityTimeout", "30", "60")


def test_an_instance_with_a_value_of_its_own_changes_otherwise(account: Account) -> None:
    roll_out(account, source())
    account.client("cloudformation").update_stack_instances(
        StackSetName="fleet",
        Accounts=[ACCOUNTS[0]],
        Regions=[REGIONS[0]],
        ParameterOverrides=[{"ParameterKey": "Visibility", "ParameterValue": "90"}],
    )
    topic = {"Type": "AWS::SNS::Topic"}
    made = plan(account, source(60, Topic=topic), TO)
    by_place = {(row.account, row.region): row.changes for row in made.rows}
    own = by_place[ACCOUNTS[0], REGIONS[0]]
    assert {change.path for change in own} == {"Topic"}
    others = by_place[ACCOUNTS[1], REGIONS[0]]
    assert {change.path for change in others} == {"Topic", "WorkQueue"}


def test_an_account_that_joins_and_one_that_leaves_are_told_apart(account: Account) -> None:
    roll_out(account, source())
    moved = Targets("fleet", "SELF", (ACCOUNTS[0], "333333333333"), REGIONS[:1])
    assert actions(plan(account, source(), moved)) == {
        (ACCOUNTS[0], "us-east-1"): "unchanged",
        ("333333333333", "us-east-1"): "create",
        (ACCOUNTS[0], "eu-west-1"): "delete",
        (ACCOUNTS[1], "us-east-1"): "delete",
        (ACCOUNTS[1], "eu-west-1"): "delete",
    }


def test_what_would_lose_data_in_any_account_is_named(account: Account) -> None:
    table = {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "orders",
            "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    }
    roll_out(account, source(Orders=table))
    fewer = Targets("fleet", "SELF", ACCOUNTS[:1], REGIONS)
    losses = plan(account, source(Orders=table), fewer).losses()
    assert {loss.path for loss in losses} >= {"Orders"}


def test_a_rollout_that_went_well_needs_nobody(account: Account) -> None:
    roll_out(account, source())
    end = status(account, "fleet", "SELF")
    assert (end.counts, end.is_well) == ({"CURRENT": 4}, True)


def test_a_plan_by_a_delegated_administrator_asks_as_one() -> None:
    stubs = Stubs()
    given = {"StackSetName": "fleet", "CallAs": "DELEGATED_ADMIN"}
    body = json.dumps(source().body)
    found = {"StackSetName": "fleet", "Status": "ACTIVE", "TemplateBody": body}
    stubs.answer("cloudformation", "describe_stack_set", {"StackSet": found}, given)
    place = {"Account": ACCOUNTS[0], "Region": REGIONS[0]}
    there = {"Summaries": [{**place, "Status": "CURRENT"}]}
    stubs.answer("cloudformation", "list_stack_instances", there, {**given, "MaxResults": 100})
    one = {"StackInstanceAccount": ACCOUNTS[0], "StackInstanceRegion": REGIONS[0]}
    answer = {"StackInstance": place}
    stubs.answer("cloudformation", "describe_stack_instance", answer, {**given, **one})
    made = plan(stubs.account, source(), Targets("fleet", "DELEGATED_ADMIN", ACCOUNTS[:1], REGIONS))
    assert made.counts() == {"unchanged": 1, "create": 1}
    stubs.check()
