"""The fleet as AWS would see it, with and without an organisation."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import plain, resolve


@pytest.fixture(scope="module")
def stack_sets(project: Project, library: Library) -> dict[str, dict[str, Any]]:
    bodies = {item.path: item.body for item in library.tree("fleet")}
    sets, findings = load(project.params, "fleet", bodies["blueprints/fleet"])
    assert findings == []
    found = {}
    for item in sets:
        system = resolve(
            "fleet", bodies, item.parameters, item.regions[0], stack_name=item.stack_name
        )
        (stack_set,) = system.resources("AWS::CloudFormation::StackSet")
        found[item.environment] = {
            name: plain(value) for name, value in stack_set.properties.items()
        }
    return found


def test_a_trial_needs_no_organisation(stack_sets: dict[str, dict[str, Any]]) -> None:
    trial = stack_sets["trial"]
    assert trial["PermissionModel"] == "SELF_MANAGED"
    targets = trial["StackInstancesGroup"][0]["DeploymentTargets"]
    assert targets == {"Accounts": ["111111111111", "222222222222"]}


def test_an_organisation_is_rolled_out_to_region_by_region(
    stack_sets: dict[str, dict[str, Any]],
) -> None:
    organization = stack_sets["organization"]
    assert organization["PermissionModel"] == "SERVICE_MANAGED"
    assert organization["AutoDeployment"]["Enabled"] == "true"
    preferences = organization["OperationPreferences"]
    assert preferences["RegionConcurrencyType"] == "SEQUENTIAL"
    assert preferences["RegionOrder"] == organization["StackInstancesGroup"][0]["Regions"]


def test_both_roll_out_by_stack_sets_of_their_own(stack_sets: dict[str, dict[str, Any]]) -> None:
    assert len({one["StackSetName"] for one in stack_sets.values()}) == len(stack_sets)
