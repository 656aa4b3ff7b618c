"""What stack policies refuse."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.deploy.changes import Action, Replacement, ResourceChange
from stackyard.deploy.guards import Refusal, allows, refusals
from stackyard.deploy.protect import ALLOW, OPEN
from tests.observe.fakes import Fake

ROOT = "arn:aws:cloudformation:eu-central-1:1:stack/shop/1"
CHILD = "arn:aws:cloudformation:eu-central-1:1:stack/shop-Data/2"
TABLE = "AWS::DynamoDB::Table"


def deny(*actions: str, **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Action": list(actions), "Principal": "*", "Resource": "*"}
    return {"Statement": [ALLOW, {**statement, **more}]}


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (OPEN, True),
        ({"Statement": []}, False),
        (deny("Update:Replace", "Update:Delete"), False),
        (deny("Update:Delete"), True),
        (deny("Update:*"), False),
        (deny("Update:Replace", Resource="LogicalResourceId/Tab*"), False),
        (deny("Update:Replace", Resource=["LogicalResourceId/Other"]), True),
        ({"Statement": [ALLOW, {"Effect": "Deny", "NotAction": "Update:Modify", "Resource": "*"}]},
         False),
        ({"Statement": [ALLOW, {"Effect": "Deny", "Action": "Update:*", "NotResource": "*Table"}]},
         True),
        (deny("Update:*", Condition={"StringEquals": {"ResourceType": [TABLE]}}), False),
        (deny("Update:*", Condition={"StringLike": {"ResourceType": ["AWS::RDS::*"]}}), True),
    ],
)  # fmt: skip
def test_a_policy_allows_what_a_statement_allows_and_none_denies(
    policy: dict[str, Any], allowed: bool
) -> None:
    assert allows(policy, Refusal("Data/Table", "Update:Replace"), TABLE) is allowed


def asked(action: Action, replacement: Replacement = "no", *kept: str) -> list[str]:
    """Return what policies say of a change to a table in the nested stack ``Data``."""
    nested = {
        "LogicalResourceId": "Data",
        "PhysicalResourceId": CHILD,
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": "UPDATE_COMPLETE",
    }
    fake = Fake(
        {
            "cloudformation.list_stack_resources": lambda StackName: {
                "StackResourceSummaries": [nested] if StackName == ROOT else []
            },
            "cloudformation.get_stack_policy": lambda StackName: {
                "StackPolicyBody": '{"Statement": [{"Effect": "Allow", "Action": "Update:Modify", '
                '"Principal": "*", "Resource": "*"}]}'
            },
        }
    )
    change = ResourceChange("Data/Table", TABLE, action, replacement)
    return [str(one) for one in refusals(fake.account, ROOT, [change], kept or ("Data",))]


def test_a_change_in_place_is_a_modification_of_its_stacks_too() -> None:
    assert asked("modify") == []


@pytest.mark.parametrize("replacement", ["yes", "maybe"])
def test_what_may_be_replaced_is_asked_for_as_a_replacement(replacement: Replacement) -> None:
    assert asked("modify", replacement) == ["Update:Replace of Data/Table"]


def test_what_goes_with_its_stack_is_refused_in_both() -> None:
    refused = ["Update:Delete of Data/Table", "Update:Delete of Data"]
    assert asked("remove", "no", "Other") == refused


def test_policies_say_nothing_of_what_is_new() -> None:
    assert asked("add") == []
