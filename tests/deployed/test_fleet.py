"""The fleet on the embedded account, where the StackSet is a stand-in: parameters and wiring."""

from __future__ import annotations

import pytest

from stackyard.aws.account import Account
from stackyard.deploy.destroy import destroy
from stackyard.local.account import LocalServer
from stackyard.project import Project
from tests.deployed.small import EVERYTHING, outcome
from tests.deployed.systems import Built, built, types


@pytest.fixture(scope="module")
def fleet(project: Project) -> Built:
    return built(project, "fleet")


@pytest.mark.parametrize("environment", ["trial", "organization"])
def test_what_is_deployed_is_what_the_model_says(
    server: LocalServer, account: Account, fleet: Built, environment: str
) -> None:
    end = fleet.brought(account, environment)
    assert (end.result, end.cause) == ("created", None)
    stack = fleet.sets[environment].stack_name
    assert dict(types(account, stack)) == fleet.expected(environment)
    assert {one.type for one in server.stand_ins(account)} == {"AWS::CloudFormation::StackSet"}
    assert end.outputs["StackSetId"]
    assert fleet.brought(account, environment).result == "unchanged"


def test_another_template_updates_the_stack_set_in_place(account: Account, fleet: Built) -> None:
    first = fleet.brought(account, "trial")
    second = fleet.brought(account, "trial", TemplateKey="fleet/bootstrap-0123.yaml")
    assert second.result == "updated"
    assert second.outputs["StackSetId"] == first.outputs["StackSetId"]


def test_units_are_asked_for_before_anything_is_created(account: Account, fleet: Built) -> None:
    with pytest.raises(Exception, match="With SERVICE_MANAGED give OrganizationalUnitIds"):
        fleet.brought(account, "trial", PermissionModel="SERVICE_MANAGED")


def test_it_goes_as_a_whole(account: Account, fleet: Built) -> None:
    fleet.brought(account, "trial")
    name = fleet.sets["trial"].stack_name
    assert outcome(list(destroy(account, name, EVERYTHING))).result == "deleted"
