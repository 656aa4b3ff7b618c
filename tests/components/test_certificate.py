from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.certificate import certificate

Data = dict[str, Any]


@pytest.fixture(scope="module")
def body() -> Data:
    return certificate.template().to_dict()


def holds(expression: Any, given: dict[str, str]) -> Any:
    """Evaluate a condition function over parameters."""
    if not isinstance(expression, dict):
        return expression
    ((function, operand),) = expression.items()
    if function == "Ref":
        return given[operand]
    operands = [holds(item, given) for item in operand]
    if function == "Fn::Equals":
        return operands[0] == operands[1]
    if function == "Fn::Not":
        return not operands[0]
    return {"Fn::And": all, "Fn::Or": any}[function](operands)


def parameters(body: Data, **given: str) -> dict[str, str]:
    defaults = {name: spec["Default"] for name, spec in body["Parameters"].items()}
    assert given.keys() <= defaults.keys()
    return {**defaults, **given}


def broken_rules(body: Data, given: dict[str, str]) -> list[str]:
    return [
        name
        for name, rule in body["Rules"].items()
        if holds(rule["RuleCondition"], given)
        and not all(holds(assertion["Assert"], given) for assertion in rule["Assertions"])
    ]


DOMAIN = {"DomainName": "shop.example.com"}
GIVEN_ZONE = {"HostedZoneId": "Z0123"}
NEW_ZONE = {"CreateHostedZone": "true"}
ARN = {"CertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/1"}


@pytest.mark.parametrize(
    ("given", "requested"),
    [
        ({}, False),
        (DOMAIN | ARN, False),
        (DOMAIN | ARN | GIVEN_ZONE, False),
        (DOMAIN | GIVEN_ZONE, True),
        (DOMAIN | NEW_ZONE, False),
        (DOMAIN | NEW_ZONE | {"ZoneIsDelegated": "true"}, True),
        (DOMAIN | {"ZoneIsDelegated": "true"} | ARN, False),
    ],
)
def test_certificate_is_requested_only_where_its_record_can_be_seen(
    body: Data, given: dict[str, str], requested: bool
) -> None:
    values = parameters(body, **given)
    assert broken_rules(body, values) == []
    assert holds(body["Conditions"]["RequestsCertificate"], values) is requested
    assert body["Resources"]["Certificate"]["Condition"] == "RequestsCertificate"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (DOMAIN | GIVEN_ZONE | NEW_ZONE, "CreatedZoneIsNotGiven"),
        (NEW_ZONE, "CreatedZoneHasDomain"),
        (DOMAIN | NEW_ZONE | ARN, "CreatedZoneHasNoCertificate"),
        (GIVEN_ZONE, "ZoneHasDomain"),
        (DOMAIN, "DomainCanBeServed"),
    ],
)
def test_combination_without_a_meaning_is_refused(
    body: Data, given: dict[str, str], rule: str
) -> None:
    assert broken_rules(body, parameters(body, **given)) == [rule]


def test_every_name_is_validated_in_the_zone(body: Data) -> None:
    properties = body["Resources"]["Certificate"]["Properties"]
    zone = {"Fn::If": ["CreatesHostedZone", {"Ref": "HostedZone"}, {"Ref": "HostedZoneId"}]}
    www = {"Fn::Join": [".", ["www", {"Ref": "DomainName"}]]}
    apex_option, www_option = properties["DomainValidationOptions"]
    assert properties["ValidationMethod"] == "DNS"
    assert apex_option == {"DomainName": {"Ref": "DomainName"}, "HostedZoneId": zone}
    assert www_option["Fn::If"][:2] == ["IncludesWww", {"DomainName": www, "HostedZoneId": zone}]
    assert properties["SubjectAlternativeNames"]["Fn::If"][:2] == ["IncludesWww", [www]]


def test_created_zone_survives_the_stack_but_not_a_failed_creation(body: Data) -> None:
    zone = body["Resources"]["HostedZone"]
    assert zone["Condition"] == "CreatesHostedZone"
    assert zone["DeletionPolicy"] == "RetainExceptOnCreate"
    assert zone["UpdateReplacePolicy"] == "Retain"


def test_outputs_fall_back_to_what_was_given_or_to_nothing(body: Data) -> None:
    otherwise = {name: output["Value"]["Fn::If"][2] for name, output in body["Outputs"].items()}
    assert otherwise == {
        "CertificateArn": {"Ref": "CertificateArn"},
        "HostedZoneId": {"Ref": "HostedZoneId"},
        "NameServers": "",
    }
