"""Application, deployment group and role of CodeDeploy."""

import json
from typing import Any

import pytest

from templates_src.components.codedeploy import ALARM_COUNT, codedeploy


@pytest.fixture(scope="module")
def resources() -> Any:
    return codedeploy.template().to_dict()["Resources"]


@pytest.fixture(scope="module")
def group(resources: Any) -> Any:
    return resources["DeploymentGroup"]["Properties"]


def test_application_is_for_ecs_and_group_for_one_service(resources: Any, group: Any) -> None:
    assert resources["Application"]["Properties"]["ComputePlatform"] == "ECS"
    assert group["ECSServices"] == [
        {"ClusterName": {"Ref": "ClusterName"}, "ServiceName": {"Ref": "ServiceName"}}
    ]
    assert group["DeploymentStyle"] == {
        "DeploymentType": "BLUE_GREEN",
        "DeploymentOption": "WITH_TRAFFIC_CONTROL",
    }


def test_pair_of_target_groups_has_a_listener_for_requests_and_one_for_tests(group: Any) -> None:
    (pair,) = group["LoadBalancerInfo"]["TargetGroupPairInfoList"]
    assert [one["Name"] for one in pair["TargetGroups"]] == [
        {"Ref": "BlueTargetGroupName"},
        {"Ref": "GreenTargetGroupName"},
    ]
    assert pair["ProdTrafficRoute"] == {"ListenerArns": [{"Ref": "ListenerArn"}]}
    assert pair["TestTrafficRoute"] == {"ListenerArns": [{"Ref": "TestListenerArn"}]}


def test_requests_move_without_a_pause_and_old_tasks_stay_a_while(group: Any) -> None:
    settings = group["BlueGreenDeploymentConfiguration"]
    assert settings["DeploymentReadyOption"]["ActionOnTimeout"] == "CONTINUE_DEPLOYMENT"
    ending = settings["TerminateBlueInstancesOnDeploymentSuccess"]
    assert ending["Action"] == "TERMINATE"
    assert ending["TerminationWaitTimeInMinutes"] == {"Ref": "TerminationWaitMinutes"}


def test_failure_stop_and_alarms_roll_back(group: Any) -> None:
    assert group["AutoRollbackConfiguration"] == {
        "Enabled": True,
        "Events": [
            "DEPLOYMENT_FAILURE",
            "DEPLOYMENT_STOP_ON_ALARM",
            "DEPLOYMENT_STOP_ON_REQUEST",
        ],
    }
    assert group["AlarmConfiguration"]["Enabled"] is True
    assert len(group["AlarmConfiguration"]["Alarms"]) == ALARM_COUNT


def test_people_hear_of_failed_and_stopped_releases(resources: Any) -> None:
    rule = resources["ReleaseFailed"]["Properties"]
    assert rule["EventPattern"]["detail"]["state"] == ["FAILURE", "STOP"]
    assert rule["EventPattern"]["detail"]["application"] == [{"Ref": "ApplicationName"}]
    (target,) = rule["Targets"]
    assert target["Arn"] == {"Ref": "AlarmTopicArn"}
    message = target["InputTransformer"]["InputTemplate"]
    for name in target["InputTransformer"]["InputPathsMap"]:
        message = message.replace(f"<{name}>", "x")
    assert "x of x" in json.loads(message)


def test_role_changes_this_service_and_these_listeners_alone(resources: Any) -> None:
    (policy,) = resources["ReleaseRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement["Resource"] == "*":
            verbs = {action.partition(":")[2][:8] for action in statement["Action"]}
            assert verbs == {"Describe"}
        if "iam:PassRole" in statement["Action"]:
            assert statement["Resource"] == [{"Ref": "ExecutionRoleArn"}, {"Ref": "TaskRoleArn"}]
