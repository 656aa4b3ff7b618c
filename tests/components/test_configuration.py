from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.configuration import configuration

Data = dict[str, Any]


@pytest.fixture(scope="module")
def body() -> Data:
    return configuration.template().to_dict()


def test_secret_key_is_generated(body: Data) -> None:
    generated = body["Resources"]["ApplicationSecret"]["Properties"]["GenerateSecretString"]
    assert generated["GenerateStringKey"] == "SECRET_KEY"
    assert generated["PasswordLength"] == 64


@pytest.mark.parametrize(
    ("title", "path", "value"),
    [
        ("DatabaseHost", "database/host", "DatabaseHost"),
        ("DatabaseSecret", "database/secret-arn", "DatabaseSecretArn"),
        ("ApplicationUrl", "application/url", "ApplicationUrl"),
    ],
)
def test_what_is_known_is_found_under_application_and_environment(
    body: Data, title: str, path: str, value: str
) -> None:
    parameter = body["Resources"][f"{title}Parameter"]
    assert parameter["Properties"]["Name"] == {
        "Fn::Sub": f"/${{Application}}/${{Environment}}/{path}"
    }
    assert parameter["Properties"]["Value"] == {"Ref": value}


def test_what_is_unknown_is_not_published(body: Data) -> None:
    published = [
        item for item in body["Resources"].values() if item["Type"] == "AWS::SSM::Parameter"
    ]
    assert len(published) == 7
    for parameter in published:
        asked = body["Conditions"][parameter["Condition"]]
        value = parameter["Properties"]["Value"]
        assert asked == {"Fn::Not": [{"Fn::Equals": [value, ""]}]}


def test_no_parameter_holds_a_secret(body: Data) -> None:
    assert not any("NoEcho" in spec for spec in body["Parameters"].values())
    assert "resolve:" not in str(body["Resources"])
