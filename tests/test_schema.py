"""The schema that editors use takes what the build takes and marks what it refuses."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from stackyard.schema import schema

BODY: dict[str, Any] = {
    "Description": "A system.",
    "Parameters": {
        "TemplateBucket": {"Type": "String", "Description": "Where templates are."},
        "AzCount": {"Type": "String", "AllowedValues": ["2", "3"], "Default": "2"},
        "HasFlowLog": {"Type": "String", "AllowedValues": ["true", "false"], "Default": "false"},
        "MaxCount": {"Type": "Number", "MinValue": 1, "MaxValue": 9, "Default": 4},
        "DomainName": {"Type": "String", "AllowedPattern": "[a-z.]+", "MaxLength": 20},
        "EngineVersion": {"Type": "String"},
        "Cidrs": {"Type": "CommaDelimitedList", "AllowedPattern": "[0-9./]+", "Default": ""},
        "Ports": {"Type": "List<Number>", "Default": "80"},
    },
}
SCHEMA = schema("shop", BODY)


def accepts(content: Any) -> bool:
    return bool(jsonschema.Draft7Validator(SCHEMA).is_valid(content))


def test_it_is_a_valid_draft_7_schema_and_json() -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(json.dumps(SCHEMA)))


def test_it_requires_nothing_so_that_common_values_may_stand_in_either_file() -> None:
    assert accepts({})


@pytest.mark.parametrize(
    "content",
    [
        {"stack_name": "shop-dev", "regions": ["us-east-1", "us-gov-west-1", "eusc-de-east-1"]},
        {"tags": {"project": "shop", "cost": 12}, "termination_protection": True},
        {"destroy": "keep-data"},
        {"parameters": {"AzCount": 2}},
        {"parameters": {"AzCount": "2", "HasFlowLog": True}},
        {"parameters": {"HasFlowLog": "false", "MaxCount": "3"}},
        {"parameters": {"EngineVersion": 15, "DomainName": "a.b"}},
        {"parameters": {"Cidrs": ["10.0.0.0/24"], "Ports": [80, "443"]}},
        {"parameters": {"Cidrs": "10.0.0.0/24,10.0.1.0/24", "TemplateBucket": "b"}},
    ],
)
def test_good_content_is_accepted(content: Any) -> None:
    assert accepts(content)


@pytest.mark.parametrize(
    "content",
    [
        {"region": "us-east-1"},
        {"stack_name": "1shop"},
        {"stack_name": "s" * 129},
        {"regions": "us-east-1"},
        {"regions": ["us-east"]},
        {"regions": []},
        {"tags": {"aws:x": "y"}},
        {"tags": {"x": "y" * 257}},
        {"tags": {"k" * 129: "y"}},
        {"termination_protection": "no"},
        {"destroy": "all"},
        {"parameters": {"Unknown": 1}},
        {"parameters": {"AzCount": 4}},
        {"parameters": {"HasFlowLog": "yes"}},
        {"parameters": {"MaxCount": 0}},
        {"parameters": {"MaxCount": "many"}},
        {"parameters": {"MaxCount": True}},
        {"parameters": {"DomainName": "UPPER"}},
        {"parameters": {"DomainName": "a" * 21}},
        {"parameters": {"DomainName": ["a"]}},
        {"parameters": {"EngineVersion": False}},
        {"parameters": {"EngineVersion": None}},
        {"parameters": {"Cidrs": ["ten"]}},
        {"parameters": {"Ports": ["http"]}},
    ],
)
def test_bad_content_is_marked(content: Any) -> None:
    assert not accepts(content)


def test_editors_get_description_default_and_values_as_people_write_them() -> None:
    values = SCHEMA["properties"]["parameters"]["properties"]
    assert values["TemplateBucket"]["description"] == "Where templates are."
    assert values["AzCount"]["default"] == 2
    assert values["AzCount"]["enum"] == [2, "2", 3, "3"]
    assert values["HasFlowLog"]["default"] is False
    assert values["MaxCount"]["default"] == 4
