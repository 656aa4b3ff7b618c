from __future__ import annotations

from typing import Any

import pytest

from stackyard.resolved import resolve
from tests.checks.systems import Body, messages, resource

URL = "https://bucket.s3.amazonaws.com/p/components/box.yaml"
LIST = "CommaDelimitedList"


def said(outer: Body, inner: Body, value: Any = None, **sections: Any) -> list[str]:
    """Return what the check says of a root that passes Outer to Inner of a nested stack."""
    passed = {"Ref": "Outer"} if value is None else value
    stack = resource("CloudFormation::Stack", TemplateURL=URL, Parameters={"Inner": passed})
    if "Conditions" in sections:
        stack["Condition"] = "HasBox"
    parameters = {"Outer": {"Type": "String", "Default": "", **outer}}
    parameters["Wanted"] = {"Type": "String", "Default": "no"}
    root = {"Resources": {"Box": stack}, "Parameters": parameters, **sections}
    box = {
        "Resources": {"Topic": resource("SNS::Topic")},
        "Parameters": {"Inner": {"Type": "String", **inner}},
    }
    templates = {"blueprints/app": root, "components/box": box}
    found = resolve("app", templates, {}, "eu-west-1", stack_name="app", environment="dev")
    return messages("parameter_bounds", found)


def test_what_a_nested_template_would_refuse_is_found_with_an_example() -> None:
    (message,) = said({"AllowedValues": ["a", "b"]}, {"AllowedValues": ["b", "c"]})
    assert message == (
        "dev: Outer admits 'a', but Inner of Box is 'a'; write one of b, c; "
        "give both the same bounds"
    )


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({}, {"AllowedValues": ["a"]}),
        ({}, {"AllowedPattern": "[0-9]+"}),
        ({}, {"MinLength": 3}),
        ({"MaxLength": 20}, {"MaxLength": 10}),
        ({"MinLength": 1}, {"MinLength": 2}),
        ({"AllowedPattern": "arn:.*"}, {"AllowedPattern": "arn:.*:oidc-provider/a"}),
        ({}, {"Type": "Number"}),
        ({"Type": "Number"}, {"Type": "Number", "MaxValue": 3}),
        ({"Type": "Number", "MaxValue": 4}, {"Type": "Number", "MaxValue": 3}),
        ({"Type": "Number", "MinValue": 0.5}, {"Type": "Number", "MinValue": 1}),
    ],
)
def test_every_bound_is_compared(outer: Body, inner: Body) -> None:
    assert len(said(outer, inner)) == 1


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ({}, {}),
        ({"AllowedValues": ["a"]}, {"AllowedPattern": "[a-z]"}),
        ({"AllowedPattern": "^[a-z]{1,16}$"}, {"AllowedPattern": "^[a-zA-Z]{1,100}$"}),
        ({"AllowedPattern": "[a-z]{1,3}"}, {"MaxLength": 3}),
        ({"MaxLength": 3, "MinLength": 2}, {"MaxLength": 4, "MinLength": 1}),
        ({"Type": "Number", "MinValue": 1}, {"Type": "Number", "MinValue": 0}),
        ({"Type": "Number"}, {}),
    ],
)
def test_narrower_bounds_are_fine(outer: Body, inner: Body) -> None:
    assert said(outer, inner) == []


def test_a_value_that_is_not_passed_as_it_is_is_not_compared() -> None:
    assert said({}, {"MinLength": 3}, {"Fn::Sub": "abc${Outer}"}) == []


def test_a_list_travels_joined_and_is_compared() -> None:
    joined = {"Fn::Join": [",", {"Ref": "Outer"}]}
    inner = {"Type": LIST, "AllowedPattern": "[0-9./]+"}
    assert len(said({"Type": LIST}, inner, joined)) == 1
    assert said({"Type": LIST, "AllowedPattern": "[0-9./]+"}, inner, joined) == []


def test_a_value_without_which_there_is_no_nested_stack_does_not_count() -> None:
    given = {"HasBox": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Outer"}, ""]}]}}
    some = {"AllowedPattern": "^$|[a-z]+"}
    assert said(some, {"AllowedPattern": "[a-z]+"}, Conditions=given) == []
    assert len(said(some, {"AllowedPattern": "[a-m]"}, Conditions=given)) == 1


def test_a_nested_stack_that_another_parameter_turns_on_counts() -> None:
    wanted = {"HasBox": {"Fn::Equals": [{"Ref": "Wanted"}, "yes"]}}
    assert len(said({}, {"MinLength": 1}, Conditions=wanted)) == 1


def test_a_value_that_a_rule_refuses_does_not_count() -> None:
    filled = {"Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Outer"}, ""]}]}}
    assert said({}, {"MinLength": 1}, Rules={"Filled": {"Assertions": [filled]}}) == []
