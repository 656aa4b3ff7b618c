"""How one revision of a service follows another: rolling, or by moving traffic between two groups.

The strategies that move traffic are ECS's own. It rewrites the weights of the listener rule at each
deployment. CloudFormation does not look at them: it writes the rule again only when the template's
own words about it change, and then with the weights it began with, whichever group is live:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/alb-resources-for-blue-green.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troposphere import And, Condition, Equals, FindInMap, GetAtt, If, Not, NoValue, Ref, Template
from troposphere.cloudwatch import Alarm
from troposphere.ecs import (
    AdvancedConfiguration,
    CanaryConfiguration,
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    DeploymentLifecycleHook,
    LinearConfiguration,
    LoadBalancer,
)
from troposphere.elasticloadbalancingv2 import ListenerRule, TargetGroup

from templates_src.contract import Rule, Value, contract, flag, parameter
from templates_src.parts.alarms import existing
from templates_src.parts.iam import allow, role
from templates_src.parts.logic import condition, is_given, only_if
from templates_src.parts.targets import Routed

# as ECS calls them
STRATEGIES = {
    "rolling": "ROLLING",
    "blue-green": "BLUE_GREEN",
    "canary": "CANARY",
    "linear": "LINEAR",
}
STAGES = [
    *("RECONCILE_SERVICE", "PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT"),
    *("POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"),
    "POST_PRODUCTION_TRAFFIC_SHIFT",
]
# CloudFormation refuses deployments that can take more than 33 hours of its 36. The bounds of the
# minutes below are such that none can, at the smallest step either:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-linearconfiguration.html
BAKE_MINUTES = 12 * 60
CANARY_MINUTES = 20 * 60
LINEAR_MINUTES = 38  # for each of at most 33 steps


@contract
class Released(Routed):
    """What every component takes whose service ECS itself deploys."""

    deployment_strategy: Value = parameter(
        "How a deployment replaces tasks: rolling, or with a second set beside the first and"
        " traffic that moves at once (blue-green), after a first share (canary) or in steps"
        " (linear).",
        default="rolling",
        group="Deployment",
        AllowedValues=list(STRATEGIES),
    )
    bake_minutes: Value = parameter(
        "Minutes that the old tasks stay after all traffic has moved, so that going back takes"
        " seconds; not for rolling.",
        Type="Number",
        MinValue=0,
        MaxValue=BAKE_MINUTES,
        default=15,
        group="Deployment",
    )
    canary_percent: Value = parameter(
        "Share of the traffic that a canary deployment moves first.",
        Type="Number",
        MinValue=1,
        MaxValue=100,
        default=10,
        group="Deployment",
    )
    canary_minutes: Value = parameter(
        "Minutes that a canary deployment waits before it moves the rest.",
        Type="Number",
        MinValue=0,
        MaxValue=CANARY_MINUTES,
        default=10,
        group="Deployment",
    )
    linear_percent: Value = parameter(
        "Share of the traffic that each step of a linear deployment moves.",
        Type="Number",
        MinValue=3,
        MaxValue=100,
        default=20,
        group="Deployment",
    )
    linear_minutes: Value = parameter(
        "Minutes between the steps of a linear deployment.",
        Type="Number",
        MinValue=0,
        MaxValue=LINEAR_MINUTES,
        default=5,
        group="Deployment",
    )
    test_listener_arn: Value = parameter(
        "ARN of a listener on which the new tasks are reached before traffic moves; none if empty.",
        default="",
        group="Deployment",
        AllowedPattern="^$|arn:.*",
    )
    hook_function_arn: Value = parameter(
        "ARN of the Lambda function that may hold or fail a deployment; none if empty.",
        default="",
        group="Deployment",
        AllowedPattern="^$|arn:.*",
    )
    hook_stages: Value = parameter(
        "Comma-joined stages of a deployment at which ECS asks the function.",
        Type="CommaDelimitedList",
        default="POST_TEST_TRAFFIC_SHIFT",
        group="Deployment",
        AllowedValues=STAGES,
    )
    minimum_healthy_percent: Value = parameter(
        "Share of the tasks that stays up during a rolling deployment.",
        Type="Number",
        MinValue=0,
        MaxValue=100,
        default=100,
        group="Deployment",
    )
    # at 100 ECS refuses to rebalance over availability zones
    maximum_percent: Value = parameter(
        "Share of the tasks, old and new, that may run during a rolling deployment.",
        Type="Number",
        MinValue=101,
        MaxValue=200,
        default=200,
        group="Deployment",
    )
    rolls_back_on_alarm: Value = flag(
        "Whether server errors or unhealthy targets end a deployment and roll it back, which makes"
        " each deployment wait some minutes for its alarms.",
        default=True,
        group="Deployment",
    )


RULES = (
    Rule(
        "HooksNeedTrafficThatMoves",
        "A hook is asked while traffic moves: choose another DeploymentStrategy than rolling, or"
        " give no HookFunctionArn.",
        holds=Not(Equals(Released.deployment_strategy, "rolling")),
        when=is_given(Released.hook_function_arn),
    ),
)


def moves_traffic(t: Template, p: Released) -> str:
    """Return the condition that deployments move traffic between two target groups."""
    return condition(t, "MovesTraffic", Not(Equals(p.deployment_strategy, "rolling")))


def has_test_listener(t: Template, p: Released) -> str:
    """Return the condition that the new tasks are reached on a listener of their own."""
    moves = moves_traffic(t, p)
    return condition(t, "HasTestListener", And(Condition(moves), is_given(p.test_listener_arn)))


def load_balancer(
    t: Template,
    p: Released,
    *,
    targets: TargetGroup,
    alternate: TargetGroup,
    rule: ListenerRule,
    test_rule: ListenerRule,
) -> LoadBalancer:
    """Return how a service is reached; adds the role with which ECS moves its traffic."""
    moves = moves_traffic(t, p)
    mover = t.add_resource(
        role(
            t,
            "TrafficRole",
            service="ecs",
            boundary=p.permissions_boundary_arn,
            managed=["AmazonECSInfrastructureRolePolicyForLoadBalancers"],
            Condition=moves,
        )
    )
    advanced = AdvancedConfiguration(
        AlternateTargetGroupArn=Ref(alternate),
        ProductionListenerRule=Ref(rule),
        TestListenerRule=only_if(has_test_listener(t, p), Ref(test_rule)),
        RoleArn=GetAtt(mover, "Arn"),
    )
    return LoadBalancer(
        ContainerName=p.container_name,
        ContainerPort=p.container_port,
        TargetGroupArn=Ref(targets),
        AdvancedConfiguration=only_if(moves, advanced),
    )


def deployment(t: Template, p: Released, guarding: Sequence[Alarm]) -> DeploymentConfiguration:
    """Return how one revision follows another; adds what that needs to the template.

    Args:
        t: gets conditions, a mapping and, for hooks, a role.
        p: says how.
        guarding: alarms that end a deployment.
    """
    moves = moves_traffic(t, p)
    canary = condition(t, "IsCanary", Equals(p.deployment_strategy, "canary"))
    linear = condition(t, "IsLinear", Equals(p.deployment_strategy, "linear"))
    t.add_mapping("Strategies", {name: {"Name": called} for name, called in STRATEGIES.items()})
    # ECS offers the circuit breaker to rolling deployments only; the others give up by alarm:
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    breaks = If(moves, False, True)
    return DeploymentConfiguration(
        Strategy=FindInMap("Strategies", p.deployment_strategy, "Name"),
        MinimumHealthyPercent=p.minimum_healthy_percent,
        MaximumPercent=p.maximum_percent,
        DeploymentCircuitBreaker=DeploymentCircuitBreaker(Enable=breaks, Rollback=breaks),
        Alarms=DeploymentAlarms(
            AlarmNames=[existing(guard, Ref(guard)) for guard in guarding],
            Enable=p.rolls_back_on_alarm,
            Rollback=p.rolls_back_on_alarm,
        ),
        BakeTimeInMinutes=only_if(moves, p.bake_minutes),
        CanaryConfiguration=only_if(
            canary,
            CanaryConfiguration(
                CanaryPercent=p.canary_percent, CanaryBakeTimeInMinutes=p.canary_minutes
            ),
        ),
        LinearConfiguration=only_if(
            linear,
            LinearConfiguration(
                StepPercent=p.linear_percent, StepBakeTimeInMinutes=p.linear_minutes
            ),
        ),
        LifecycleHooks=If(moves, _hooks(t, p, moves), NoValue),
    )


def _hooks(t: Template, p: Released, moves: str) -> list[Any]:
    hooked = condition(t, "HasHook", And(Condition(moves), is_given(p.hook_function_arn)))
    caller = t.add_resource(
        role(
            t,
            "HookRole",
            service="ecs",
            boundary=p.permissions_boundary_arn,
            statements={"AskHook": [allow(["lambda:InvokeFunction"], p.hook_function_arn)]},
            Condition=hooked,
        )
    )
    hook = DeploymentLifecycleHook(
        HookTargetArn=p.hook_function_arn,
        RoleArn=GetAtt(caller, "Arn"),
        LifecycleStages=p.hook_stages,
    )
    return [only_if(hooked, hook)]
