"""A service under each deployment strategy, as AWS would see it."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.service import service
from tests.components.evaluated import stack_of

GIVEN = {
    "VpcId": "vpc-1",
    "PrivateSubnetIds": "subnet-a,subnet-b",
    "ClusterName": "main",
    "ListenerArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/2",
    "LoadBalancerFullName": "app/a/1",
    "LoadBalancerSecurityGroupId": "sg-1",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
}
TEST_LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/3"
HOOK = "arn:aws:lambda:us-east-1:123456789012:function:validate"
MOVING = ["blue-green", "canary", "linear"]


def of(strategy: str, **given: str) -> Stack:
    return stack_of(service, **{**GIVEN, "DeploymentStrategy": strategy, **given})


def properties(stack: Stack, name: str) -> Any:
    return {key: plain(value) for key, value in stack.resources[name].properties.items()}


def deployment(stack: Stack) -> Any:
    return properties(stack, "Service")["DeploymentConfiguration"]


def forwarded(stack: Stack, rule: str) -> dict[str, int]:
    """Return the weights of a rule by target group."""
    (action,) = properties(stack, rule)["Actions"]
    if "TargetGroupArn" in action:
        return {action["TargetGroupArn"]: 1}
    groups = action["ForwardConfig"]["TargetGroups"]
    return {group["TargetGroupArn"]: group["Weight"] for group in groups}


@pytest.mark.parametrize(
    ("strategy", "called"),
    [
        ("rolling", "ROLLING"),
        ("blue-green", "BLUE_GREEN"),
        ("canary", "CANARY"),
        ("linear", "LINEAR"),
    ],
)
def test_ecs_is_told_its_own_name_of_the_strategy(strategy: str, called: str) -> None:
    assert deployment(of(strategy))["Strategy"] == called


def test_a_rolling_service_has_one_target_group_and_nothing_of_the_others() -> None:
    stack = of("rolling", TestListenerArn=TEST_LISTENER)
    assert forwarded(stack, "ListenerRule") == {"<Targets>": 1}
    assert stack.resources.keys().isdisjoint(
        {"AlternateTargets", "TestListenerRule", "TrafficRole", "HookRole"}
    )
    assert not [name for name in stack.resources if name.startswith(("Alternate", "EitherGroup"))]
    (balancer,) = properties(stack, "Service")["LoadBalancers"]
    assert "AdvancedConfiguration" not in balancer
    assert (
        deployment(stack)
        .keys()
        .isdisjoint(
            {"BakeTimeInMinutes", "CanaryConfiguration", "LinearConfiguration", "LifecycleHooks"}
        )
    )
    assert plain(stack.outputs["AlternateTargetGroupFullName"]) == ""


def test_only_rolling_deployments_have_the_circuit_breaker() -> None:
    breaks = deployment(of("rolling"))["DeploymentCircuitBreaker"]
    assert breaks == {"Enable": True, "Rollback": True}
    for strategy in MOVING:
        breaks = deployment(of(strategy))["DeploymentCircuitBreaker"]
        assert breaks == {"Enable": False, "Rollback": False}


@pytest.mark.parametrize("strategy", MOVING)
def test_others_begin_with_all_requests_in_the_first_of_two_groups(strategy: str) -> None:
    stack = of(strategy)
    assert forwarded(stack, "ListenerRule") == {"<Targets>": 1, "<AlternateTargets>": 0}
    first, second = (properties(stack, name) for name in ("Targets", "AlternateTargets"))
    assert first == second


@pytest.mark.parametrize("strategy", MOVING)
def test_ecs_may_move_the_weights_of_the_rule_and_only_load_balancing(strategy: str) -> None:
    stack = of(strategy)
    (balancer,) = properties(stack, "Service")["LoadBalancers"]
    assert balancer["AdvancedConfiguration"] == {
        "AlternateTargetGroupArn": "<AlternateTargets>",
        "ProductionListenerRule": "<ListenerRule>",
        "RoleArn": "<TrafficRole.Arn>",
    }
    role = properties(stack, "TrafficRole")
    (policy,) = role["ManagedPolicyArns"]
    assert policy.endswith(":policy/AmazonECSInfrastructureRolePolicyForLoadBalancers")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "ecs.amazonaws.com"}


def test_what_comes_is_reached_on_the_test_listener_with_the_same_conditions() -> None:
    stack = of("blue-green", TestListenerArn=TEST_LISTENER, HostHeaders="api.example.com")
    rule, test = (properties(stack, name) for name in ("ListenerRule", "TestListenerRule"))
    assert test["ListenerArn"] == TEST_LISTENER
    assert test["Conditions"] == rule["Conditions"]
    (balancer,) = properties(stack, "Service")["LoadBalancers"]
    assert balancer["AdvancedConfiguration"]["TestListenerRule"] == "<TestListenerRule>"


def test_each_strategy_is_given_its_own_numbers_only() -> None:
    numbers = {
        "BakeMinutes": "7",
        "CanaryPercent": "25",
        "CanaryMinutes": "3",
        "LinearPercent": "50",
        "LinearMinutes": "4",
    }
    said = {strategy: deployment(of(strategy, **numbers)) for strategy in MOVING}
    assert {str(one["BakeTimeInMinutes"]) for one in said.values()} == {"7"}
    assert said["canary"]["CanaryConfiguration"] == {
        "CanaryPercent": "25",
        "CanaryBakeTimeInMinutes": "3",
    }
    assert said["linear"]["LinearConfiguration"] == {
        "StepPercent": "50",
        "StepBakeTimeInMinutes": "4",
    }
    assert "LinearConfiguration" not in said["canary"]
    assert said["blue-green"].keys().isdisjoint({"CanaryConfiguration", "LinearConfiguration"})


def test_no_deployment_can_take_longer_than_cloudformation_waits() -> None:
    declared = service.template().to_dict()["Parameters"]
    most = {name: spec["MaxValue"] for name, spec in declared.items() if "MaxValue" in spec}
    steps = 100 // declared["LinearPercent"]["MinValue"]
    limit = 33 * 60
    assert most["BakeMinutes"] + most["CanaryMinutes"] <= limit
    assert most["BakeMinutes"] + steps * most["LinearMinutes"] <= limit


def test_hook_is_asked_at_its_stages_with_a_role_that_calls_it_alone() -> None:
    stages = "PRE_SCALE_UP,POST_TEST_TRAFFIC_SHIFT"
    stack = of("blue-green", HookFunctionArn=HOOK, HookStages=stages)
    (hook,) = deployment(stack)["LifecycleHooks"]
    assert hook == {
        "HookTargetArn": HOOK,
        "RoleArn": "<HookRole.Arn>",
        "LifecycleStages": stages.split(","),
    }
    (policy,) = properties(stack, "HookRole")["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["lambda:InvokeFunction"], HOOK)


def test_hook_that_is_taken_away_is_taken_from_ecs() -> None:
    assert deployment(of("blue-green"))["LifecycleHooks"] == []


def test_rolling_deployments_refuse_a_hook() -> None:
    rule = service.template().to_dict()["Rules"]["HooksNeedTrafficThatMoves"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "HookFunctionArn"}, ""]}]}
    assert rule["Assertions"][0]["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "DeploymentStrategy"}, "rolling"]}]
    }


def test_both_groups_are_watched_and_end_a_deployment() -> None:
    stack = of("canary")
    names = deployment(stack)["Alarms"]["AlarmNames"]
    assert set(names) == {
        f"<{which}{what}Alarm>"
        for which in ("", "Alternate")
        for what in ("ServerErrors", "UnhealthyTargets")
    }
    assert "AlternateResponseTimeAlarm" in stack.resources


def test_healthy_targets_are_counted_in_both_groups_of_which_one_is_empty() -> None:
    stack = of("linear")
    assert "HealthyTargetsAlarm" not in stack.resources
    *groups, total = properties(stack, "EitherGroupHealthyTargetsAlarm")["Metrics"]
    watched = [
        dimension["Value"]
        for group in groups
        for dimension in group["MetricStat"]["Metric"]["Dimensions"]
        if dimension["Name"] == "TargetGroup"
    ]
    assert watched == ["<Targets.TargetGroupFullName>", "<AlternateTargets.TargetGroupFullName>"]
    assert total["Expression"] == "FILL(source1, 0) + FILL(source2, 0)"
    assert [query["ReturnData"] for query in (*groups, total)] == [False, False, True]


@pytest.mark.parametrize(("strategy", "count"), [("rolling", 6), ("blue-green", 9)])
def test_dashboards_are_told_the_alarms_that_exist(strategy: str, count: int) -> None:
    stack = of(strategy)
    alarms = [name for name in stack.resources if name.endswith("Alarm")]
    assert len(alarms) == count
    listed = str(plain(stack.outputs["AlarmArns"])).split(",")
    assert sorted(listed) == sorted(f"<{name}.Arn>" for name in alarms)
