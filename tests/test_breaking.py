"""What a change breaks for who uses a release, where no whole project is needed to see it."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.breaking import changes

EMPTY = {"parameters": {}, "rules": {}, "outputs": [], "resources": {}, "stateful": {}}


def holding(deletion: Any, replacement: Any = "Retain") -> dict[str, Any]:
    table = {"type": "AWS::DynamoDB::Table", "fixed": {}, "policies": [deletion, replacement]}
    return {"components/a": {**EMPTY, "stateful": {"Table": table}}}


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("Retain", "Delete", "major"),
        ("Retain", "Snapshot", "major"),
        ("Snapshot", "Delete", "major"),
        ("Retain", {"Fn::If": ["A", "Retain", "Delete"]}, "major"),
        ("Delete", "Snapshot", "minor"),
        ("Snapshot", "Retain", "minor"),
        # differ only while a stack is being created, before there is data
        ("Retain", "RetainExceptOnCreate", "minor"),
    ],
)
def test_a_policy_that_keeps_less_is_breaking(old: Any, new: Any, level: str) -> None:
    (found,) = changes(holding(old), holding(new))
    assert (found.level, found.name) == (level, "Table")
    assert found.what.startswith(f"DeletionPolicy {old} becomes {new}")


def test_what_becomes_of_data_that_is_replaced_counts_as_well() -> None:
    (found,) = changes(holding("Retain"), holding("Retain", "Delete"))
    said = "UpdateReplacePolicy Retain becomes Delete, which keeps less when it is replaced"
    assert str(found) == f"major: components/a Table: {said}"


def test_a_rule_that_goes_lets_more_pass() -> None:
    rule = {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]}}]}
    old = {"components/a": {**EMPTY, "rules": {"OnlyIreland": rule}}}
    (found,) = changes(old, {"components/a": EMPTY})
    assert str(found) == "minor: components/a OnlyIreland: rule is gone"
