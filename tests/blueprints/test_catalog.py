"""The catalog as AWS would see it: every offered system is a product of the portfolio."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.catalog import offers
from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve
from stackyard.rules import violations

PRODUCT = "AWS::ServiceCatalog::CloudFormationProduct"


@pytest.fixture(scope="module")
def systems(project: Project, library: Library) -> dict[str, System]:
    bodies = {item.path: item.body for item in library.tree("catalog")}
    sets, findings = load(project.params, "catalog", bodies["blueprints/catalog"])
    assert findings == []
    return {
        item.environment: resolve(
            "catalog", bodies, item.parameters, item.regions[0], stack_name=item.stack_name
        )
        for item in sets
    }


def found(system: System, kind: str) -> list[dict[str, Any]]:
    return [
        {name: plain(value) for name, value in item.properties.items()}
        for item in system.resources(kind)
    ]


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_every_offered_system_is_a_product(
    project: Project, systems: dict[str, System], environment: str
) -> None:
    names = [one["Name"] for one in found(systems[environment], PRODUCT)]
    assert sorted(names) == sorted(offers.read(project))


def test_every_offered_system_is_one_of_this_library(project: Project, library: Library) -> None:
    assert offers.read(project).keys() <= library.blueprints.keys() - {"catalog", "fleet"}


@pytest.mark.parametrize("kind", ["LaunchRoleConstraint", "LaunchTemplateConstraint"])
def test_every_product_has_a_launch_role_and_rules(systems: dict[str, System], kind: str) -> None:
    dev = systems["dev"]
    there = len(found(dev, f"AWS::ServiceCatalog::{kind}"))
    assert there == len(found(dev, PRODUCT))


def test_production_is_for_developers_too(systems: dict[str, System]) -> None:
    kind = "AWS::ServiceCatalog::PortfolioPrincipalAssociation"
    dev, production = (len(found(systems[name], kind)) for name in ("dev", "production"))
    assert (dev, production) == (1, 2)


@pytest.mark.parametrize(
    "given", ["SharedAccountIds=210987654321", "OrganizationNodeIds=o-a1b2c3d4e5"]
)
def test_who_shares_says_by_which_roles_others_launch(library: Library, given: str) -> None:
    name, _, value = given.partition("=")
    body = library.template("blueprints/catalog").body
    parameters = {"PortfolioName": "Systems", "ProviderName": "Platform", name: value}

    def broken(**more: str) -> list[str]:
        return [one.rule for one in violations(body, {**parameters, **more}, "us-east-1")]

    assert broken() == ["SharedHasLaunchRolePrefix"]
    assert broken(LaunchRolePrefix="acme-launch") == []
    assert broken(**{name: ""}) == []


def test_nodes_of_the_organisation_are_an_output_for_the_command_that_shares(
    project: Project, library: Library
) -> None:
    bodies = {item.path: item.body for item in library.tree("catalog")}
    item = load(project.params, "catalog", bodies["blueprints/catalog"])[0][0]
    nodes = "o-a1b2c3d4e5,ou-a1b2-12345678"
    given = {**item.parameters, "OrganizationNodeIds": nodes}
    found = resolve("catalog", bodies, given, "us-east-1", stack_name="catalog")
    assert plain(found.root.outputs["OrganizationNodeIds"]) == nodes
