"""What the stack leaves to CodeDeploy, and what may therefore not depend on anything."""

import json
from typing import Any

import pytest

from templates_src.components.codedeploy_service import Parameters, codedeploy_service
from templates_src.contract import Value, contract, parameter
from templates_src.parts.access import Connect, Variable

# Where these come from does not change while a stack lives, and the page for people says so
FIXED = {
    *("ClusterName", "ServiceName", "PrivateSubnetIds", "ContainerName", "ContainerPort"),
    *("ListenerArn", "TestListenerArn", "DatabaseGrant", "AWS::StackName", "AWS::NoValue"),
    *("BlueTargets", "GreenTargets", "TaskSecurityGroup"),
}


@contract
class ApiParameters(Parameters):
    log_level: Value = parameter("Level.", default="INFO", bind=Variable("LOG_LEVEL"))
    database_grant: Value = parameter("Grant.", bind=Connect("DATABASE_URL"))


@pytest.fixture(scope="module")
def template() -> Any:
    return codedeploy_service.extended("api", ApiParameters).template().to_dict()


@pytest.fixture(scope="module")
def resources(template: Any) -> Any:
    return template["Resources"]


def referred(data: Any) -> set[str]:
    """Return what a property depends on: parameters, resources, conditions."""
    if isinstance(data, list):
        return set().union(*map(referred, data))
    if not isinstance(data, dict):
        return set()
    found = set().union(*map(referred, data.values()))
    for function, index in (("Ref", None), ("Fn::GetAtt", 0), ("Fn::If", 0)):
        if function in data:
            found.add(data[function] if index is None else data[function][index])
    return found


@pytest.mark.parametrize("title", ["Service", "ProductionRule", "TestRule"])
def test_nothing_that_may_change_reaches_the_service_or_its_rules(
    resources: Any, title: str
) -> None:
    assert referred(resources[title]["Properties"]) <= FIXED


def test_task_depends_on_what_may_change(resources: Any) -> None:
    """The check above could fail: here are the same parameters, where they belong."""
    assert {"Cpu", "MemoryMib", "Image", "LogLevel"} <= referred(resources["TaskDefinition"])


def test_service_names_the_family_of_its_task_definition_and_no_revision(resources: Any) -> None:
    family = resources["TaskDefinition"]["Properties"]["Family"]
    assert resources["Service"]["Properties"]["TaskDefinition"] == family
    assert "TaskDefinition" in resources["Service"]["DependsOn"]


def test_a_replaced_revision_can_still_be_started(resources: Any) -> None:
    assert resources["TaskDefinition"]["UpdateReplacePolicy"] == "Retain"


def test_codedeploy_releases_and_so_nothing_else_rolls_back(resources: Any) -> None:
    service = resources["Service"]["Properties"]
    assert service["DeploymentController"] == {"Type": "CODE_DEPLOY"}
    assert not {"DeploymentConfiguration", "DesiredCount", "CapacityProviderStrategy"} & set(
        service
    )


def test_both_rules_begin_with_all_requests_in_blue_and_know_green(resources: Any) -> None:
    for title in ("ProductionRule", "TestRule"):
        (action,) = resources[title]["Properties"]["Actions"]
        weights = {
            group["TargetGroupArn"]["Ref"]: group["Weight"]
            for group in action["ForwardConfig"]["TargetGroups"]
        }
        assert weights == {"BlueTargets": 1, "GreenTargets": 0}


def test_service_waits_for_rules_that_nothing_refers_to(resources: Any) -> None:
    waits = resources["Service"]["DependsOn"]
    assert {"ProductionRule", "TestRule", "LoadBalancerToTasks"} <= set(waits)
    initial = resources["Service"]["Properties"]["LoadBalancers"]
    assert [one["TargetGroupArn"] for one in initial] == [{"Ref": "BlueTargets"}]


def test_whether_a_shell_opens_the_task_role_says(template: Any, resources: Any) -> None:
    assert resources["Service"]["Properties"]["EnableExecuteCommand"] is True
    assert "HasExecuteCommand" in json.dumps(resources["TaskRole"])
    assert template["Parameters"]["ExecuteCommand"]["Default"] == "false"


def test_either_group_is_watched_and_healthy_tasks_are_counted_over_both(resources: Any) -> None:
    for colour in ("Blue", "Green"):
        for kind in ("ServerErrorsAlarm", "UnhealthyTargetsAlarm", "ResponseTimeAlarm"):
            alarm = json.dumps(resources[f"{colour}{kind}"]["Properties"]["Dimensions"])
            assert f"{colour}Targets" in alarm
    total = json.dumps(resources["HealthyTargetsAlarm"]["Properties"]["Metrics"])
    assert "BlueTargets" in total
    assert "GreenTargets" in total
