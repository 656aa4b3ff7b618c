"""How many tasks a service runs: bounds, and the targets that move it between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import Equals, Join, Not, Ref, Template
from troposphere.applicationautoscaling import (
    PredefinedMetricSpecification,
    ScalableTarget,
    ScalingPolicy,
    TargetTrackingScalingPolicyConfiguration,
)

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.logic import condition


@contract
class Parameters:
    cluster_name: Value = parameter("ECS cluster that runs the service.")
    service_name: Value = parameter("ECS service to scale.")
    # that the minimum is not above the maximum, Rules cannot say: they compare no numbers
    min_count: Value = parameter(
        "Tasks that always run.", Type="Number", MinValue=0, MaxValue=1000, default=1
    )
    max_count: Value = parameter(
        "Tasks that run at most.", Type="Number", MinValue=0, MaxValue=1000, default=4
    )
    cpu_target_percent: Value = parameter(
        "CPU use that scaling aims at; 0 to ignore CPU.",
        Type="Number",
        MinValue=0,
        MaxValue=100,
        default=70,
    )
    memory_target_percent: Value = parameter(
        "Memory use that scaling aims at; 0 to ignore memory.",
        Type="Number",
        MinValue=0,
        MaxValue=100,
        default=80,
    )
    requests_target_count: Value = parameter(
        "Requests a minute and task that scaling aims at; 0 to ignore requests.",
        Type="Number",
        MinValue=0,
        default=0,
    )
    load_balancer_full_name: Value = parameter(
        "Full name of the load balancer that counts the requests; only for that.", default=""
    )
    target_group_full_name: Value = parameter(
        "Full name of the target group that counts the requests; only for that.", default=""
    )
    scale_in_cooldown_seconds: Value = parameter(
        "Seconds after tasks were removed before more are.", Type="Number", MinValue=0, default=300
    )
    scale_out_cooldown_seconds: Value = parameter(
        "Seconds after tasks were added before more are.", Type="Number", MinValue=0, default=60
    )


@contract
class Outputs:
    scalable_target_id: Value = output("Id of the scalable target.")


def build(t: Template, p: Parameters) -> Outputs:
    """Bounds and target tracking of an ECS service's number of tasks."""
    target = t.add_resource(
        ScalableTarget(
            "TaskCount",
            ServiceNamespace="ecs",
            ScalableDimension="ecs:service:DesiredCount",
            ResourceId=Join("/", ["service", p.cluster_name, p.service_name]),
            MinCapacity=p.min_count,
            MaxCapacity=p.max_count,
        )
    )
    for policy in _policies(t, p, target):
        t.add_resource(policy)
    return Outputs(scalable_target_id=Ref(target))


def _policies(t: Template, p: Parameters, target: ScalableTarget) -> Iterator[ScalingPolicy]:
    # app/name/id/targetgroup/name/id:
    # https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
    counted = Join("/", [p.load_balancer_full_name, p.target_group_full_name])
    metrics: tuple[tuple[str, Value, dict[str, Any]], ...] = (
        ("ECSServiceAverageCPUUtilization", p.cpu_target_percent, {}),
        ("ECSServiceAverageMemoryUtilization", p.memory_target_percent, {}),
        ("ALBRequestCountPerTarget", p.requests_target_count, {"ResourceLabel": counted}),
    )
    for what, (metric, aim, of) in zip(("Cpu", "Memory", "Requests"), metrics, strict=True):
        yield ScalingPolicy(
            f"{what}Scaling",
            Condition=condition(t, f"Has{what}Target", Not(Equals(aim, "0"))),
            PolicyName=what,
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=Ref(target),
            TargetTrackingScalingPolicyConfiguration=TargetTrackingScalingPolicyConfiguration(
                PredefinedMetricSpecification=PredefinedMetricSpecification(
                    PredefinedMetricType=metric, **of
                ),
                TargetValue=aim,
                ScaleInCooldown=p.scale_in_cooldown_seconds,
                ScaleOutCooldown=p.scale_out_cooldown_seconds,
            ),
        )


autoscaling = Component(Parameters, Outputs, build)
