from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components import product as module
from templates_src.components.product import product
from templates_src.parts.offers import OFFERS
from tests.components.evaluated import stack_of
from tests.support import every

GIVEN = {"TemplateBucket": "acme-templates", "PortfolioId": "port-1", "Owner": "Platform"}
SYSTEM = min(OFFERS)


def made(**given: str) -> Stack:
    return stack_of(product, **{**GIVEN, **given})


def properties(stack: Stack, name: str) -> dict[str, Any]:
    return {key: plain(value) for key, value in stack.resources[name].properties.items()}


def test_a_version_is_the_template_of_one_build() -> None:
    (version,) = properties(made(), "Product")["ProvisioningArtifactParameters"]
    offered = OFFERS[SYSTEM]["versions"][-1]
    assert version["Name"] == offered["name"]
    url = version["Info"]["LoadTemplateFromURL"]
    assert url.startswith("https://acme-templates.s3.us-east-1.amazonaws.com/")
    assert url.endswith(f"{offered['prefix']}products/{SYSTEM}.yaml")


def test_older_versions_stay_and_say_what_to_update_to(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [{"name": f"1.{minor}.0", "prefix": f"stackyard/{minor}/"} for minor in range(3)]
    monkeypatch.setitem(module.OFFERS, SYSTEM, {**OFFERS[SYSTEM], "versions": versions})
    found = properties(made(), "Product")["ProvisioningArtifactParameters"]
    assert [one["Name"] for one in found] == ["1.2.0", "1.1.0", "1.0.0"]
    assert [one["Description"] for one in found[1:]] == ["Deprecated: update to 1.2.0"] * 2


def test_the_launch_role_is_the_products_own() -> None:
    stack = made()
    assert properties(stack, "LaunchConstraint")["RoleArn"]
    assert "LocalLaunchConstraint" not in stack.resources
    trust = properties(stack, "LaunchRole")["AssumeRolePolicyDocument"]["Statement"]
    assert trust[0]["Principal"] == {"Service": "servicecatalog.amazonaws.com"}
    policies = [name for name in stack.resources if name.startswith("LaunchPolicy")]
    assert len(policies) == len(OFFERS[SYSTEM]["policies"])


def test_a_shared_product_is_launched_by_the_role_of_each_account() -> None:
    stack = made(LaunchRolePrefix="acme-launch")
    constraint = properties(stack, "LocalLaunchConstraint")
    assert constraint["LocalRoleName"] == f"acme-launch-{SYSTEM}"
    assert not {"LaunchRole", "LaunchPolicy1", "LaunchConstraint"} & stack.resources.keys()
    assert stack.outputs["LaunchRoleArn"] == ""


def test_the_launch_role_reads_templates_and_only_where_they_are() -> None:
    policy = properties(made(ArtifactKeyArn="arn:aws:kms:key"), "LaunchRole")["Policies"][0]
    statements = policy["PolicyDocument"]["Statement"]
    reading = [one for one in statements if "s3:GetObject" in one["Action"]]
    own, copied = reading
    assert own["Resource"] == "arn:aws:s3:::acme-templates/stackyard/*"
    assert "servicecatalog:provisioning" in json.dumps(copied["Condition"])
    assert statements[-1] == {
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": "arn:aws:kms:key",
    }


def test_the_launch_role_touches_no_other_stacks() -> None:
    policy = properties(made(), "LaunchRole")["Policies"][0]["PolicyDocument"]
    first = policy["Statement"][0]
    assert "cloudformation:UpdateStack" in first["Action"]
    assert all("/SC-*" in one for one in first["Resource"])


def test_rules_reach_the_form_as_service_catalog_reads_them() -> None:
    rules = json.loads(properties(made(), "LaunchRules")["Rules"])
    assert rules == OFFERS[SYSTEM]["rules"]
    assert all(name.startswith("Catalog") for name in rules)
    assert set(every(rules, "Ref")) <= {*OFFERS[SYSTEM]["parameters"], "AWS::Region"}


def test_constraints_wait_until_the_product_is_in_the_portfolio() -> None:
    stack = made()
    for name in ("LaunchConstraint", "LaunchRules"):
        assert stack.resources[name].depends_on == ("Membership",)
