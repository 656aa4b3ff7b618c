"""Templates as YAML: what people read and CloudFormation parses."""

from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import loads

from stackyard.emit import yaml_text


def template(**properties: Any) -> dict[str, Any]:
    return {"Resources": {"Thing": {"Type": "AWS::SNS::Topic", "Properties": properties}}}


def written(value: Any) -> str:
    """Return how *value* stands in the YAML of a template."""
    return yaml_text(template(Value=value)).partition("Value:")[2].strip()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"Ref": "Queue"}, "!Ref Queue"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "!GetAtt Queue.Arn"),
        ({"Fn::GetAtt": ["Stack", "Outputs.Url"]}, "!GetAtt Stack.Outputs.Url"),
        ({"Fn::Sub": "${AWS::Region}"}, "!Sub ${AWS::Region}"),
        ({"Fn::GetAZs": ""}, "!GetAZs ''"),
        ({"Fn::Join": [",", ["a", {"Ref": "B"}]]}, "!Join\n      - ','\n      - [a, !Ref B]"),
        ({"Fn::Base64": {"Fn::Sub": "x"}}, "Fn::Base64: !Sub x"),
        ({"Fn::Contains": ["a", "b"]}, "Fn::Contains: [a, b]"),
    ],
)
def test_functions_are_in_their_short_form_where_there_is_one(value: Any, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(
    "value", ["012345678901", "1e3", "0x1f", "no", "On", "y", "null", "~", "", "1.10", "2012-10-17"]
)
def test_text_that_any_yaml_would_read_as_something_else_is_quoted(value: str) -> None:
    assert written(value) == f"'{value}'"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (5, "5"), (0.5, "0.5"), ({}, "{}")])
def test_what_is_no_text_is_not_quoted(value: Any, text: str) -> None:
    assert written(value) == text


def test_text_of_several_lines_stays_readable() -> None:
    assert written("a\n  b\n") == "|\n        a\n          b"


def test_equal_data_gives_no_anchors() -> None:
    shared = {"Key": ["a", "b"]}
    text = yaml_text(template(One=shared, Two=shared, Three=shared["Key"]))
    assert "&" not in text
    assert "*" not in text


def test_sections_and_attributes_are_in_the_order_people_read_them() -> None:
    body = {
        "Outputs": {"Name": {"Value": "x"}},
        "Resources": {
            "Thing": {"Properties": {}, "Type": "AWS::SNS::Topic", "DeletionPolicy": "Retain"}
        },
        "Conditions": {"IsIt": {"Fn::Equals": ["a", "b"]}},
        "Rules": {},
        "Parameters": {},
        "Metadata": {},
        "AWSTemplateFormatVersion": "2010-09-09",
    }
    keys = [line.strip().partition(":")[0] for line in yaml_text(body).splitlines() if line]
    assert keys[:6] == [
        "AWSTemplateFormatVersion",
        "Metadata",
        "Parameters",
        "Rules",
        "Conditions",
        "IsIt",
    ]
    assert keys[6:11] == ["Resources", "Thing", "Type", "DeletionPolicy", "Properties"]
    assert keys[11] == "Outputs"


def test_header_is_a_comment() -> None:
    assert yaml_text(template(), "Made from x.\nTwice.").startswith("# Made from x.\n# Twice.\n")


def test_a_cloudformation_reader_gets_back_what_was_written() -> None:
    body = template(
        Text="a: b # c",
        Number="08",
        Long=" ".join(["words that wrap"] * 20),
        Script={"Fn::Base64": {"Fn::Sub": "#!/bin/sh\n\n  echo ${AWS::Region}\n"}},
        Choice={"Fn::If": ["IsIt", {"Ref": "AWS::NoValue"}, [{"a": {"Fn::GetAtt": ["B", "C"]}}]]},
        Zones={"Fn::Select": [0, {"Fn::GetAZs": {"Ref": "AWS::Region"}}]},
        Mapped={"Fn::FindInMap": ["A", {"Ref": "B"}, "C"]},
        Pattern=r"^$|[^@\s]+@[^@\s]+",
    )
    read, errors = loads(yaml_text(body)), None
    assert errors is None
    assert read == body
