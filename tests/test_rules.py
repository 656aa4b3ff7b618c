"""Rules are decided as CloudFormation decides them, and never where only AWS can know."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.rules import violations

PARAMETERS: dict[str, Any] = {
    "Size": {"Type": "String", "Default": "small"},
    "Count": {"Type": "Number", "Default": 1},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a, b"},
    "Bucket": {"Type": "String"},
}


def broken(
    assertion: Any, given: dict[str, str] | None = None, *, when: Any = None, region: str = "eu-x-1"
) -> bool:
    rule: dict[str, Any] = {"Assertions": [{"Assert": assertion, "AssertDescription": "Sizes."}]}
    if when is not None:
        rule["RuleCondition"] = when
    body = {"Parameters": PARAMETERS, "Rules": {"Sizes": rule}}
    return bool(list(violations(body, given or {}, region)))


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def equals(left: Any, right: Any) -> dict[str, Any]:
    return {"Fn::Equals": [left, right]}


TRUE, FALSE = equals("a", "a"), equals("a", "b")
UNKNOWN = equals(ref("Bucket"), "x")


@pytest.mark.parametrize(
    "fails",
    [
        FALSE,
        equals(ref("Size"), "large"),
        equals(ref("AWS::Region"), "us-east-1"),
        {"Fn::And": [TRUE, FALSE]},
        {"Fn::And": [UNKNOWN, FALSE]},
        {"Fn::Or": [FALSE, FALSE]},
        {"Fn::Not": [TRUE]},
        {"Fn::Contains": [["large", "medium"], ref("Size")]},
        {"Fn::Contains": [ref("Zones"), "c"]},
        {"Fn::EachMemberEquals": [ref("Zones"), "a"]},
        {"Fn::EachMemberIn": [ref("Zones"), ["a", "c"]]},
        {"Fn::EachMemberIn": [[ref("Zones"), "a"], ["a", "c"]]},
    ],
)
def test_an_assertion_that_is_false_is_a_violation(fails: Any) -> None:
    assert broken(fails)


@pytest.mark.parametrize(
    "holds",
    [
        TRUE,
        equals(ref("Count"), "1"),
        equals(ref("Count"), 1),
        equals(ref("AWS::Region"), "eu-x-1"),
        {"Fn::And": [TRUE, TRUE]},
        {"Fn::Or": [UNKNOWN, TRUE]},
        {"Fn::Not": [FALSE]},
        {"Fn::Contains": [["large", "small"], ref("Size")]},
        {"Fn::Contains": [ref("Zones"), "b"]},
        {"Fn::EachMemberEquals": [["a", "a"], "a"]},
        {"Fn::EachMemberIn": [ref("Zones"), ["a", "b", "c"]]},
        {"Fn::EachMemberIn": [["a"], ref("Zones")]},
    ],
)
def test_an_assertion_that_holds_is_no_violation(holds: Any) -> None:
    assert not broken(holds)


@pytest.mark.parametrize(
    "unknown",
    [
        UNKNOWN,
        {"Fn::Not": [UNKNOWN]},
        {"Fn::Or": [UNKNOWN, FALSE]},
        {"Fn::And": [UNKNOWN, TRUE]},
        equals(ref("AWS::AccountId"), "x"),
        {"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "vpc-1"]},
        equals({"Fn::ValueOf": ["Bucket", "Tags.Owner"]}, "me"),
        {"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["AWS::EC2::Subnet::Id", "VpcId"]}, ["v"]]},
        {"Fn::Contains": [[ref("Bucket"), "a"], "b"]},
    ],
)
def test_what_only_aws_knows_is_no_violation(unknown: Any) -> None:
    assert not broken(unknown)


@pytest.mark.parametrize(("when", "expected"), [(TRUE, True), (FALSE, False), (UNKNOWN, False)])
def test_a_rule_applies_only_where_its_condition_holds(when: Any, expected: bool) -> None:
    assert broken(FALSE, when=when) is expected


def test_an_empty_list_has_no_member_that_could_break_a_rule() -> None:
    assert not broken({"Fn::EachMemberIn": [ref("Zones"), ["a"]]}, {"Zones": ""})
    assert broken({"Fn::Contains": [ref("Zones"), "a"]}, {"Zones": ""})


def test_given_values_win_over_defaults() -> None:
    assert not broken(equals(ref("Size"), "large"), {"Size": "large"})


def test_a_violation_names_rule_description_and_the_values_that_break_it() -> None:
    rule = {
        "RuleCondition": equals(ref("AWS::Region"), "eu-x-1"),
        "Assertions": [{"Assert": equals(ref("Size"), "large"), "AssertDescription": "Big."}],
    }
    body = {"Parameters": PARAMETERS, "Rules": {"BigInEurope": rule}}
    (violation,) = violations(body, {}, "eu-x-1")
    assert (violation.rule, violation.description) == ("BigInEurope", "Big.")
    assert violation.values == {"Size": "small", "AWS::Region": "eu-x-1"}


def test_a_value_declared_unknown_decides_nothing_even_with_a_default() -> None:
    rule = {"Assertions": [{"Assert": equals(ref("Size"), "large")}]}
    body = {"Parameters": PARAMETERS, "Rules": {"Big": rule}}
    assert not list(violations(body, {}, "eu-x-1", unknown={"Size"}))
