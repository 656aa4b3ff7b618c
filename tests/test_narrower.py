"""A rule is compared by what it refuses, not by how it is written."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.narrower import refusals

TEXT = {"Type": "String", "Default": ""}
NUMBER = {"Type": "Number", "Default": "1"}
SIZES = {"Type": "String", "Default": "small", "AllowedValues": ["small", "large"]}
LIST = {"Type": "CommaDelimitedList", "Default": ""}
Data = dict[str, Any]


def equals(name: str, value: str) -> Data:
    return {"Fn::Equals": [{"Ref": name}, value]}


def differs(name: str, value: str) -> Data:
    return {"Fn::Not": [equals(name, value)]}


def rule(*asserts: Data, when: Data | None = None) -> Data:
    condition = {} if when is None else {"RuleCondition": when}
    return {**condition, "Assertions": [{"Assert": one} for one in asserts]}


def frozen(parameters: Data, **rules: Data) -> Data:
    return {"parameters": parameters, "rules": rules}


def refused(old: Data, new: Data) -> dict[str, str]:
    return dict(refusals(old, new))


def test_a_new_rule_is_told_with_values_that_it_refuses() -> None:
    parameters = {"Domain": TEXT, "Size": SIZES}
    new = frozen(parameters, Needs=rule(differs("Domain", ""), when=equals("Size", "large")))
    assert refused(frozen(parameters), new) == {"Needs": 'Domain "", Size "large"'}


def test_a_new_rule_that_the_default_of_a_new_parameter_satisfies_refuses_nothing() -> None:
    new = frozen({"Domain": TEXT, "Zone": TEXT}, Whole=rule(equals("Zone", ""), when=None))
    assert refused(frozen({"Domain": TEXT}), new) == {}


def test_a_new_rule_that_the_default_of_a_new_parameter_breaks_refuses_what_was_accepted() -> None:
    new = frozen({"Domain": TEXT, "Zone": TEXT}, Whole=rule(differs("Zone", "")))
    assert refused(frozen({"Domain": TEXT}), new) == {"Whole": 'Zone ""'}


def test_a_rule_about_a_value_that_was_not_allowed_refuses_nothing() -> None:
    huge = {**SIZES, "AllowedValues": ["small", "large", "huge"]}
    new = frozen(
        {"Size": huge, "Domain": TEXT}, R=rule(differs("Domain", ""), when=equals("Size", "huge"))
    )
    assert refused(frozen({"Size": SIZES, "Domain": TEXT}), new) == {}


def test_a_rule_that_allows_one_value_more_refuses_nothing() -> None:
    def of(*memories: str) -> Data:
        fits = {"Fn::Contains": [[*memories], {"Ref": "Memory"}]}
        return frozen({"Memory": NUMBER}, Fits=rule(fits))

    assert refused(of("512", "1024"), of("512", "1024", "2048")) == {}
    assert refused(of("512", "1024"), of("512")) == {"Fits": 'Memory "1024"'}


def test_a_rule_that_another_one_implied_refuses_nothing() -> None:
    both = rule(differs("A", ""), differs("B", ""))
    old = frozen({"A": TEXT, "B": TEXT}, Both=both)
    new = frozen(
        {"A": TEXT, "B": TEXT},
        Both=both,
        Either=rule({"Fn::Or": [differs("A", ""), differs("B", "")]}),
    )
    assert refused(old, new) == {}


def test_a_rule_under_another_name_is_the_same() -> None:
    same = rule(differs("A", ""))
    assert refused(frozen({"A": TEXT}, Old=same), frozen({"A": TEXT}, New=same)) == {}


@pytest.mark.parametrize("negated", [False, True])
def test_two_parameters_may_be_compared_with_each_other(negated: bool) -> None:
    alike: Data = {"Fn::Equals": [{"Ref": "A"}, {"Ref": "B"}]}
    new = frozen({"A": TEXT, "B": TEXT}, R=rule({"Fn::Not": [alike]} if negated else alike))
    assert list(refused(frozen({"A": TEXT, "B": TEXT}), new)) == ["R"]


def test_a_value_that_its_bounds_refused_is_none_that_was_accepted() -> None:
    short = {**TEXT, "MaxLength": 3, "MinLength": 1}
    new = frozen({"A": short}, R=rule(differs("A", ""), differs("A", "long")))
    assert refused(frozen({"A": short}), new) == {}


def test_lists_are_tried_with_one_and_with_two_members() -> None:
    known = {"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a", "b"]]}
    new = frozen({"Zones": LIST}, Known=rule(known))
    assert refused(frozen({"Zones": LIST}), new) == {"Known": "Zones any other"}


def test_the_region_is_given_by_where_a_stack_is() -> None:
    new = frozen({}, Here=rule(differs("AWS::Region", "eu-west-1")))
    assert refused(frozen({}), new) == {"Here": 'AWS::Region "eu-west-1"'}


def test_what_cannot_be_compared_is_taken_for_narrower() -> None:
    zone = {"Fn::ValueOf": ["Subnet", "AvailabilityZone"]}
    asked = frozen({"Subnet": TEXT}, R=rule({"Fn::Equals": [zone, "a"]}))
    assert refused(frozen({"Subnet": TEXT}), asked) == {"R": "what cannot be compared"}
    many = {f"P{number}": TEXT for number in range(12)}
    asked = frozen(many, R=rule({"Fn::Or": [differs(name, "") for name in many]}))
    assert refused(frozen(many), asked) == {"R": "what cannot be compared"}
