from __future__ import annotations

import json
import re
from typing import Any

import pytest

from templates_src.components.service import Parameters, service
from templates_src.contract import Value, contract, parameter
from templates_src.parts.access import Secret, Variable

NOTHING = {"Ref": "AWS::NoValue"}


@contract
class ApiParameters(Parameters):
    environment: Value = parameter("Environment.", bind=Variable("ENVIRONMENT"))
    url_secret_arn: Value = parameter("ARN.", bind=Secret("DATABASE_URL", key="url"))


@pytest.fixture(scope="module")
def template() -> Any:
    return service.extended("api", ApiParameters).template().to_dict()


@pytest.fixture(scope="module")
def resources(template: Any) -> Any:
    return template["Resources"]


@pytest.fixture(scope="module")
def container(resources: Any) -> Any:
    return resources["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]


@pytest.fixture(scope="module")
def ecs(resources: Any) -> Any:
    return resources["Service"]["Properties"]


def policies(role: Any) -> dict[str, Any]:
    """Return the policies of the task role by the condition they depend on."""
    return {entry["Fn::If"][0]: entry["Fn::If"][1] for entry in role["Properties"]["Policies"]}


def test_without_an_image_a_placeholder_answers_and_with_one_it_is_gone(container: Any) -> None:
    condition, placeholder, image = container["Image"]["Fn::If"]
    assert condition == "UsesPlaceholder"
    assert placeholder.startswith("public.ecr.aws/")
    assert image == {"Ref": "Image"}
    assert container["Command"]["Fn::If"][2] == {
        "Fn::If": ["HasCommand", {"Fn::Split": [",", {"Ref": "Command"}]}, NOTHING]
    }


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", True), ("/healthz", True), ("/api/health", True), ("/health/", False), ("/a;b", False)],
)
def test_health_check_path_is_one_the_placeholder_can_serve(
    template: Any, path: str, allowed: bool
) -> None:
    pattern = template["Parameters"]["HealthCheckPath"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, path)) is allowed


def test_bound_parameters_reach_the_container(container: Any) -> None:
    assert container["Environment"][0] == {"Name": "ENVIRONMENT", "Value": {"Ref": "Environment"}}
    assert [secret["Name"] for secret in container["Secrets"]] == ["DATABASE_URL"]


def test_execution_role_reads_exactly_the_bound_secrets(resources: Any) -> None:
    (policy,) = resources["ExecutionRole"]["Properties"]["Policies"]
    *_, statement = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["secretsmanager:GetSecretValue"]
    assert statement["Resource"] == {"Ref": "UrlSecretArn"}


def test_task_role_reads_no_secret(resources: Any) -> None:
    assert "secretsmanager" not in json.dumps(resources["TaskRole"])


def test_task_role_may_do_only_what_is_switched_on(resources: Any) -> None:
    granted = policies(resources["TaskRole"])
    assert granted.keys() == {"HasExecuteCommand", "HasTracing", "HasBucket"}
    (shell,) = granted["HasExecuteCommand"]["PolicyDocument"]["Statement"]
    assert all(action.startswith("ssmmessages:") for action in shell["Action"])
    listing, objects, keyed = granted["HasBucket"]["PolicyDocument"]["Statement"]
    condition, decryption, _ = keyed["Fn::If"]
    assert condition == "HasBucketKey"
    assert decryption["Resource"] == {"Ref": "BucketKeyArn"}
    assert listing["Resource"] == {"Ref": "BucketArn"}
    assert objects["Resource"] == {"Fn::Join": ["", [{"Ref": "BucketArn"}, "/*"]]}


def test_desired_count_is_left_to_autoscaling_unless_given(template: Any, ecs: Any) -> None:
    assert ecs["DesiredCount"] == {"Fn::If": ["HasDesiredCount", {"Ref": "DesiredCount"}, NOTHING]}
    assert template["Parameters"]["DesiredCount"]["Default"] == ""


def test_capacity_is_a_strategy_without_a_launch_type(template: Any, ecs: Any) -> None:
    assert "LaunchType" not in ecs
    on_demand, spot = (entry["Fn::If"] for entry in ecs["CapacityProviderStrategy"])
    assert (on_demand[1]["CapacityProvider"], on_demand[1]["Base"]) == ("FARGATE", 1)
    assert spot[1]["CapacityProvider"] == "FARGATE_SPOT"
    said = template["Conditions"]
    assert said[on_demand[0]] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Capacity"}, "spot"]}]}
    assert said[spot[0]] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Capacity"}, "on-demand"]}]}


def test_failed_deployment_rolls_back_by_alarms_that_know_only_the_targets(
    resources: Any, ecs: Any
) -> None:
    alarms = ecs["DeploymentConfiguration"]["Alarms"]
    assert alarms["Rollback"] == {"Ref": "RollsBackOnAlarm"}
    names = [name.get("Fn::If", [None, name])[1]["Ref"] for name in alarms["AlarmNames"]]
    assert len(names) == 4
    for name in names:
        # the service refers to its alarms, so that they must not refer to it
        assert "Service" not in json.dumps(resources[name]["Properties"]["Dimensions"])


def test_rebalancing_over_zones_finds_room(template: Any, ecs: Any) -> None:
    assert ecs["AvailabilityZoneRebalancing"] == "ENABLED"
    assert template["Parameters"]["MaximumPercent"]["MinValue"] > 100


def test_service_waits_for_its_rule_and_for_the_way_to_its_tasks(resources: Any) -> None:
    assert resources["Service"]["DependsOn"] == "LoadBalancerToTasks"
    assert resources["LoadBalancerToTasks"]["DependsOn"] == "ListenerRule"
    way = resources["LoadBalancerToTasks"]["Properties"]
    assert way["GroupId"] == {"Ref": "LoadBalancerSecurityGroupId"}
    assert way["DestinationSecurityGroupId"] == {"Fn::GetAtt": ["TaskSecurityGroup", "GroupId"]}


def test_tasks_are_reached_by_the_load_balancer_alone_and_call_out_over_tls(resources: Any) -> None:
    group = resources["TaskSecurityGroup"]["Properties"]
    (come,), (go,) = group["SecurityGroupIngress"], group["SecurityGroupEgress"]
    assert come["SourceSecurityGroupId"] == {"Ref": "LoadBalancerSecurityGroupId"}
    assert come["FromPort"] == come["ToPort"] == {"Ref": "ContainerPort"}
    assert (go["FromPort"], go["ToPort"]) == (443, 443)


def test_tasks_are_private_and_join_the_client_groups_given(ecs: Any) -> None:
    network = ecs["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    own = {"Fn::GetAtt": ["TaskSecurityGroup", "GroupId"]}
    clients = {"Ref": "ClientSecurityGroupIds"}
    separator, groups = network["SecurityGroups"]["Fn::Split"]
    assert groups["Fn::If"] == ["HasClientGroups", {"Fn::Join": [separator, [own, clients]]}, own]


def test_leaving_tasks_are_drained_quickly(template: Any, resources: Any) -> None:
    (attribute,) = resources["Targets"]["Properties"]["TargetGroupAttributes"]
    assert attribute["Value"] == {"Ref": "DeregistrationDelaySeconds"}
    assert template["Parameters"]["DeregistrationDelaySeconds"]["Default"] == 30


@pytest.mark.parametrize(
    ("title", "threshold"),
    [
        ("CpuAlarm", "CpuThresholdPercent"),
        ("MemoryAlarm", "MemoryThresholdPercent"),
        ("ServerErrorsAlarm", "ErrorThresholdCount"),
        ("ResponseTimeAlarm", "ResponseTimeThresholdSeconds"),
        ("UnhealthyTargetsAlarm", "UnhealthyThresholdCount"),
        ("HealthyTargetsAlarm", "HealthyThresholdCount"),
    ],
)
def test_every_alarm_has_a_threshold_of_its_own_and_notifies(
    template: Any, title: str, threshold: str
) -> None:
    alarm = template["Resources"][title]["Properties"]
    assert alarm["Threshold"] == {"Ref": threshold}
    assert "Default" in template["Parameters"][threshold]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopicArn"}]


@pytest.mark.parametrize("what", ["Cpu", "Memory"])
def test_load_alarms_begin_at_85_percent_after_five_minutes(template: Any, what: str) -> None:
    assert template["Parameters"][f"{what}ThresholdPercent"]["Default"] == 85
    alarm = template["Resources"][f"{what}Alarm"]["Properties"]
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 5 * 60
