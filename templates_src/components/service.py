"""A Fargate service behind a load balancer's listener, with all that belongs to it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troposphere import Equals, GetAtt, If, Join, Not, Ref, Split, Template
from troposphere.cloudwatch import Alarm
from troposphere.ec2 import SecurityGroup
from troposphere.ecs import (
    AwsvpcConfiguration,
    CapacityProviderStrategyItem,
    DeploymentAlarms,
    DeploymentCircuitBreaker,
    DeploymentConfiguration,
    LoadBalancer,
    NetworkConfiguration,
    Service,
    TaskDefinition,
)
from troposphere.elasticloadbalancingv2 import TargetGroup

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.access import access_of
from templates_src.parts.alarms import arns
from templates_src.parts.containers import application, collector
from templates_src.parts.logic import condition, is_given, is_true, only_if
from templates_src.parts.service_alarms import Watched, guards, watches
from templates_src.parts.targets import (
    Routed,
    listener_rule,
    opening,
    target_group,
    task_security_group,
)
from templates_src.parts.tasks import (
    SIZE_RULES,
    execution_role,
    log_group,
    task_definition,
    task_role,
)


@contract
class Parameters(Routed, Watched):
    cluster_name: Value = parameter("ECS cluster that runs the service.")
    service_name: Value = parameter(
        "Name of the service; generated if empty. Changing it replaces the service.",
        default="",
        AllowedPattern="[a-zA-Z0-9_-]{0,255}",
    )
    private_subnet_ids: Value = parameter(
        "Subnets of the tasks.", Type="List<AWS::EC2::Subnet::Id>", group="Network"
    )
    client_security_group_ids: Value = parameter(
        "Comma-joined client security groups of what the tasks may reach besides HTTPS.",
        default="",
        group="Network",
    )
    desired_count: Value = parameter(
        "Tasks that every update of the service sets, 0 to deploy it without any; if empty, one at"
        " first and then what autoscaling decides.",
        default="",
        AllowedPattern="[0-9]{0,4}",
    )
    capacity: Value = parameter(
        "Fargate capacity; mixed runs one task on demand and three of four others on Spot. A change"
        " takes effect with the next deployment of the service.",
        default="on-demand",
        AllowedValues=["on-demand", "mixed", "spot"],
    )
    minimum_healthy_percent: Value = parameter(
        "Share of the tasks that stays up during a deployment.",
        Type="Number",
        MinValue=0,
        MaxValue=100,
        default=100,
    )
    # at 100 ECS refuses to rebalance over availability zones
    maximum_percent: Value = parameter(
        "Share of the tasks, old and new, that may run during a deployment.",
        Type="Number",
        MinValue=101,
        MaxValue=200,
        default=200,
    )
    health_check_grace_seconds: Value = parameter(
        "Seconds after its start in which no health check ends a task.",
        Type="Number",
        MinValue=0,
        default=60,
    )
    rolls_back_on_alarm: Value = flag(
        "Whether server errors or unhealthy targets end a deployment and roll it back, which makes"
        " each deployment wait some minutes for its alarms.",
        default=True,
    )


@contract
class Outputs:
    service_name: Value = output("Name of the service.")
    service_arn: Value = output("ARN of the service.")
    task_definition_arn: Value = output("ARN of the task definition's revision.")
    task_role_arn: Value = output("ARN of the role of the application.")
    execution_role_arn: Value = output("ARN of the role with which ECS prepares tasks.")
    security_group_id: Value = output("Security group of the tasks.")
    log_group_name: Value = output("Log group of the tasks.")
    target_group_full_name: Value = output("Full name of the target group, as metrics carry it.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Fargate service behind a load balancer, with its roles, logs and alarms."""
    access = access_of(p)
    logs = t.add_resource(log_group(t, p))
    execution = t.add_resource(execution_role(t, p, access, logs))
    task = t.add_resource(task_role(t, p, access))
    traced = condition(t, "HasTracing", is_true(p.tracing))
    definition = t.add_resource(
        task_definition(
            p,
            execution=execution,
            task=task,
            containers=[application(t, p, access, logs), only_if(traced, collector(logs))],
        )
    )
    targets = t.add_resource(target_group("Targets", p))
    rule = t.add_resource(listener_rule(t, p, targets))
    group = t.add_resource(task_security_group(p))
    way = t.add_resource(opening(p, group))
    of_targets = {
        "LoadBalancer": p.load_balancer_full_name,
        "TargetGroup": GetAtt(targets, "TargetGroupFullName"),
    }
    guarding = [t.add_resource(guard) for guard in guards(p, of_targets)]
    service = t.add_resource(
        Service(
            "Service",
            # ECS refuses a target group that no listener forwards to, and the circuit breaker
            # gives up on tasks that the load balancer cannot reach
            DependsOn=[rule.title, way.title],
            **_placement(t, p, group),
            **_deployment(p, definition, targets, guarding),
        )
    )
    of_service = {"ClusterName": p.cluster_name, "ServiceName": GetAtt(service, "Name")}
    watching = [t.add_resource(watch) for watch in watches(p, of_targets, of_service)]
    return Outputs(
        service_name=GetAtt(service, "Name"),
        service_arn=Ref(service),
        task_definition_arn=Ref(definition),
        task_role_arn=GetAtt(task, "Arn"),
        execution_role_arn=GetAtt(execution, "Arn"),
        security_group_id=GetAtt(group, "GroupId"),
        log_group_name=Ref(logs),
        target_group_full_name=GetAtt(targets, "TargetGroupFullName"),
        alarm_arns=arns([*guarding, *watching]),
    )


def _placement(t: Template, p: Parameters, group: SecurityGroup) -> dict[str, Any]:
    """Return the properties that say where and how many tasks run."""
    named = condition(t, "HasServiceName", is_given(p.service_name))
    counted = condition(t, "HasDesiredCount", is_given(p.desired_count))
    reaches = condition(t, "HasClientGroups", is_given(p.client_security_group_ids))
    on_demand = condition(t, "UsesOnDemand", Not(Equals(p.capacity, "spot")))
    spot = condition(t, "UsesSpot", Not(Equals(p.capacity, "on-demand")))
    own = GetAtt(group, "GroupId")
    groups = If(reaches, Join(",", [own, p.client_security_group_ids]), own)
    network = AwsvpcConfiguration(
        AssignPublicIp="DISABLED",
        Subnets=p.private_subnet_ids,
        SecurityGroups=Split(",", groups),
    )
    return {
        "ServiceName": only_if(named, p.service_name),
        "Cluster": p.cluster_name,
        "PlatformVersion": "LATEST",
        # a number here would undo at every update what autoscaling decided
        "DesiredCount": only_if(counted, p.desired_count),
        # instead of a launch type, which excludes it
        "CapacityProviderStrategy": [
            only_if(
                on_demand,
                CapacityProviderStrategyItem(CapacityProvider="FARGATE", Base=1, Weight=1),
            ),
            only_if(spot, CapacityProviderStrategyItem(CapacityProvider="FARGATE_SPOT", Weight=3)),
        ],
        "NetworkConfiguration": NetworkConfiguration(AwsvpcConfiguration=network),
        "AvailabilityZoneRebalancing": "ENABLED",
        "EnableECSManagedTags": True,
        "PropagateTags": "SERVICE",
    }


def _deployment(
    p: Parameters, definition: TaskDefinition, targets: TargetGroup, guarding: Sequence[Alarm]
) -> dict[str, Any]:
    """Return the properties that say what runs and how one revision follows another."""
    return {
        "TaskDefinition": Ref(definition),
        "EnableExecuteCommand": p.execute_command,
        "HealthCheckGracePeriodSeconds": p.health_check_grace_seconds,
        "LoadBalancers": [
            LoadBalancer(
                ContainerName=p.container_name,
                ContainerPort=p.container_port,
                TargetGroupArn=Ref(targets),
            )
        ],
        "DeploymentConfiguration": DeploymentConfiguration(
            MinimumHealthyPercent=p.minimum_healthy_percent,
            MaximumPercent=p.maximum_percent,
            DeploymentCircuitBreaker=DeploymentCircuitBreaker(Enable=True, Rollback=True),
            Alarms=DeploymentAlarms(
                AlarmNames=[Ref(guard) for guard in guarding],
                Enable=p.rolls_back_on_alarm,
                Rollback=p.rolls_back_on_alarm,
            ),
        ),
    }


service = Component(Parameters, Outputs, build, rules=SIZE_RULES)
