"""Service Catalog names a stack SC-<account>-pp-<id>; every name in it must still fit."""

from __future__ import annotations

import pytest

from stackyard import checks
from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import resolve
from tests.support import ROOT

STACK = "SC-123456789012-pp-xxxxxxxxxxxxx"
SYSTEMS = sorted(path.name for path in (ROOT / "params").iterdir() if path.is_dir())
# With the parts that AWS adds: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
LONGEST_STACK_NAME = 128


@pytest.mark.parametrize("system", SYSTEMS)
def test_names_survive_the_long_name_of_a_provisioned_product(
    project: Project, library: Library, system: str
) -> None:
    bodies = {item.path: item.body for item in library.tree(system)}
    sets, findings = load(project.params, system, bodies[f"blueprints/{system}"])
    assert findings == []
    for item in sets:
        found = resolve(
            system,
            bodies,
            item.parameters,
            item.regions[0],
            stack_name=STACK,
            environment=item.environment,
        )
        said = [finding for check in checks.all_checks().values() for finding in check(found)]
        assert [one for one in said if one.rule == "physical_names"] == []
        for stack in found.stacks():
            # <root>-<logical id>-<twelve characters>
            name = "-".join([STACK, *stack.path.split("/"), "x" * 12]) if stack.path else STACK
            assert len(name) <= LONGEST_STACK_NAME, stack.path


def test_the_check_would_find_a_name_that_does_not_fit() -> None:
    name = {"Fn::Sub": "${AWS::StackName}-load-balancer"}
    balancer = {
        "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Properties": {"Name": name},
    }
    body = {"Resources": {"Balancer": balancer}}
    found = resolve("app", {"blueprints/app": body}, {}, "us-east-1", stack_name=STACK)
    (message,) = checks.all_checks()["physical_names"](found)
    assert "AWS takes 32" in message.message
