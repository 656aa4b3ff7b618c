from __future__ import annotations

from typing import Any

import pytest

from stackyard.resolved import plain
from stackyard.rules import violations
from templates_src.components.stack_set import stack_set
from tests.components.evaluated import stack_of

UNIT = "ou-a1b2-12345678"
GIVEN = {
    "TemplateBucket": "acme-templates",
    "StackSetName": "fleet",
    "RegionNames": "eu-west-1,us-east-1",
    "OrganizationalUnitIds": "",
    "AccountIds": "",
}


def made(**given: str) -> dict[str, Any]:
    found = stack_of(stack_set, **{**GIVEN, **given}).resources["StackSet"].properties
    return {name: plain(value) for name, value in found.items()}


def test_an_organisation_gets_it_by_its_units() -> None:
    found = made(OrganizationalUnitIds=UNIT, CallAs="DELEGATED_ADMIN")
    (group,) = found["StackInstancesGroup"]
    assert group["DeploymentTargets"] == {
        "OrganizationalUnitIds": [UNIT],
        "AccountFilterType": "NONE",
    }
    assert group["Regions"] == ["eu-west-1", "us-east-1"]
    assert found["CallAs"] == "DELEGATED_ADMIN"
    assert found["AutoDeployment"] == {"Enabled": "true", "RetainStacksOnAccountRemoval": "true"}
    assert "ExecutionRoleName" not in found


@pytest.mark.parametrize("rule", ["INTERSECTION", "DIFFERENCE", "UNION"])
def test_a_filter_is_about_accounts_of_the_units(rule: str) -> None:
    found = made(OrganizationalUnitIds=UNIT, AccountFilter=rule, AccountIds="111111111111")
    targets = found["StackInstancesGroup"][0]["DeploymentTargets"]
    assert targets["AccountFilterType"] == rule
    assert targets["Accounts"] == ["111111111111"]


def test_accounts_without_an_organisation_get_it_by_roles_made_beforehand() -> None:
    role = "arn:aws:iam::111111111111:role/Administration"
    found = made(
        PermissionModel="SELF_MANAGED",
        AccountIds="111111111111,222222222222",
        AdministrationRoleArn=role,
    )
    targets = found["StackInstancesGroup"][0]["DeploymentTargets"]
    assert targets == {"Accounts": ["111111111111", "222222222222"]}
    assert found["AdministrationRoleARN"] == role
    assert found["ExecutionRoleName"] == "AWSCloudFormationStackSetExecutionRole"
    # AWS refuses these without an organisation
    assert not {"AutoDeployment", "CallAs"} & found.keys()


def test_a_rollout_follows_the_order_of_the_regions_and_stops_at_failures() -> None:
    found = made(OrganizationalUnitIds=UNIT, MaxConcurrentPercent="25", FailureTolerancePercent="5")
    assert found["OperationPreferences"] == {
        "RegionOrder": ["eu-west-1", "us-east-1"],
        "RegionConcurrencyType": "SEQUENTIAL",
        "MaxConcurrentPercentage": "25",
        "FailureTolerancePercentage": "5",
        "ConcurrencyMode": "STRICT_FAILURE_TOLERANCE",
    }


def test_another_template_is_another_address() -> None:
    found = made(OrganizationalUnitIds=UNIT, TemplateKey="fleet/pyshop-dev-0123.yaml")
    host = "https://acme-templates.s3.us-east-1.amazonaws.com"
    assert found["TemplateURL"] == f"{host}/fleet/pyshop-dev-0123.yaml"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({}, "ServiceManagedHasUnits"),
        ({"PermissionModel": "SELF_MANAGED"}, "SelfManagedHasAccounts"),
        ({"OrganizationalUnitIds": UNIT, "AccountFilter": "UNION"}, "FilterHasAccounts"),
    ],
)
def test_targets_that_cannot_be_are_refused_beforehand(given: dict[str, str], rule: str) -> None:
    body = stack_set.template().to_dict()
    found = [one.rule for one in violations(body, {**GIVEN, **given}, "us-east-1")]
    assert found == [rule]


def test_another_attempt_is_a_change_that_cloudformation_rolls_out() -> None:
    said = [made(OrganizationalUnitIds=UNIT, Attempt=one)["Description"] for one in "12"]
    assert said[0] != said[1]
