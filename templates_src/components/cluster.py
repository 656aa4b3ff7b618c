"""The ECS cluster, with both Fargate capacity providers and Container Insights."""

from __future__ import annotations

from troposphere import GetAtt, If, NoValue, Ref, Template
from troposphere.ecs import Cluster, ClusterSetting

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.logic import condition, is_given


@contract
class Parameters:
    cluster_name: Value = parameter(
        "Name of the cluster; generated if empty. Changing it replaces the cluster.",
        default="",
        AllowedPattern="^[a-zA-Z0-9_-]{0,255}$",
    )
    container_insights: Value = parameter(
        "Container Insights: enhanced adds metrics per task and container, at a price per metric.",
        default="enabled",
        AllowedValues=["disabled", "enabled", "enhanced"],
    )


@contract
class Outputs:
    cluster_name: Value = output("Name of the cluster.")
    cluster_arn: Value = output("ARN of the cluster.")


def build(t: Template, p: Parameters) -> Outputs:
    """ECS cluster for Fargate and Fargate Spot."""
    named = condition(t, "HasClusterName", is_given(p.cluster_name))
    cluster = t.add_resource(
        Cluster(
            "Cluster",
            ClusterName=If(named, p.cluster_name, NoValue),
            CapacityProviders=["FARGATE", "FARGATE_SPOT"],
            ClusterSettings=[ClusterSetting(Name="containerInsights", Value=p.container_insights)],
        )
    )
    return Outputs(cluster_name=Ref(cluster), cluster_arn=GetAtt(cluster, "Arn"))


cluster = Component(Parameters, Outputs, build)
