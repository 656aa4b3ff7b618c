"""A Fargate service behind a load balancer's listener, with all that belongs to it alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from troposphere import Equals, GetAtt, If, Join, Not, Ref, Split, Template
from troposphere.cloudwatch import Alarm
from troposphere.ecs import (
    AwsvpcConfiguration,
    CapacityProviderStrategyItem,
    NetworkConfiguration,
    Service,
)
from troposphere.elasticloadbalancingv2 import ListenerRule, TargetGroup

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.access import access_of
from templates_src.parts.alarms import arns, names
from templates_src.parts.authentication import (
    AUTHENTICATION_RULES,
    Authenticated,
    public_rule,
    verified,
    way_to_keys,
)
from templates_src.parts.containers import application, collector
from templates_src.parts.logic import condition, is_given, is_true, only_if
from templates_src.parts.releases import (
    RULES,
    deployment,
    has_test_listener,
    load_balancer,
    moves_traffic,
)
from templates_src.parts.service_alarms import (
    Dimensions,
    Watched,
    guards,
    healthy_alarm,
    load_alarms,
    response_alarm,
)
from templates_src.parts.targets import (
    forward_to_first,
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
class Parameters(Authenticated, Watched):
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
    health_check_grace_seconds: Value = parameter(
        "Seconds after its start in which no health check ends a task.",
        Type="Number",
        MinValue=0,
        default=60,
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
    alternate_target_group_full_name: Value = output(
        "Full name of the second target group; empty where deployments are rolling."
    )
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")


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
    moves = moves_traffic(t, p)
    targets = t.add_resource(target_group("Targets", p))
    alternate = t.add_resource(target_group("AlternateTargets", p, Condition=moves))
    rule, test_rule, _ = [t.add_resource(rule) for rule in _rules(t, p, targets, alternate)]
    t.add_resource(way_to_keys(t, p))
    group = t.add_resource(task_security_group(p))
    # ECS refuses a target group that no listener forwards to, and the circuit breaker gives up on
    # tasks that the load balancer cannot reach: so the rule comes before the way, and both before
    # the service
    way = t.add_resource(opening(p, group, DependsOn=rule.title))
    of_groups = of_targets, of_alternate = _dimensions(p, targets), _dimensions(p, alternate)
    guarding = [
        t.add_resource(guard)
        for guard in (
            *guards(p, of_targets),
            *guards(p, of_alternate, prefix="Alternate", Condition=moves),
        )
    ]
    service = t.add_resource(
        Service(
            "Service",
            DependsOn=way.title,
            **_placement(t, p, [GetAtt(group, "GroupId"), *access.groups]),
            TaskDefinition=Ref(definition),
            EnableExecuteCommand=p.execute_command,
            HealthCheckGracePeriodSeconds=p.health_check_grace_seconds,
            LoadBalancers=[
                load_balancer(
                    t, p, targets=targets, alternate=alternate, rule=rule, test_rule=test_rule
                )
            ],
            DeploymentConfiguration=deployment(t, p, guarding),
        )
    )
    of_service = {"ClusterName": p.cluster_name, "ServiceName": GetAtt(service, "Name")}
    watching = [t.add_resource(watch) for watch in _watches(t, p, of_service, *of_groups)]
    return Outputs(
        service_name=GetAtt(service, "Name"),
        service_arn=Ref(service),
        task_definition_arn=Ref(definition),
        task_role_arn=GetAtt(task, "Arn"),
        execution_role_arn=GetAtt(execution, "Arn"),
        security_group_id=GetAtt(group, "GroupId"),
        log_group_name=Ref(logs),
        target_group_full_name=of_targets["TargetGroup"],
        alternate_target_group_full_name=If(moves, of_alternate["TargetGroup"], ""),
        alarm_arns=arns([*guarding, *watching]),
        alarm_names=names([*guarding, *watching]),
    )


def _placement(t: Template, p: Parameters, group_ids: Sequence[Value]) -> dict[str, Any]:
    """Return the properties that say where and how many tasks run."""
    named = condition(t, "HasServiceName", is_given(p.service_name))
    counted = condition(t, "HasDesiredCount", is_given(p.desired_count))
    reaches = condition(t, "HasClientGroups", is_given(p.client_security_group_ids))
    on_demand = condition(t, "UsesOnDemand", Not(Equals(p.capacity, "spot")))
    spot = condition(t, "UsesSpot", Not(Equals(p.capacity, "on-demand")))
    own = group_ids[0] if len(group_ids) == 1 else Join(",", group_ids)
    groups = If(reaches, Join(",", [*group_ids, p.client_security_group_ids]), own)
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


def _rules(
    t: Template, p: Parameters, targets: TargetGroup, alternate: TargetGroup
) -> Iterator[ListenerRule]:
    """Yield the rules for everybody's requests, for tests of what comes, and for public paths."""
    pair = forward_to_first(targets, alternate)
    (alone,) = listener_rule(t, p, targets).Actions
    verify, forward = verified(t, p, alone)
    yield listener_rule(t, p, targets, Actions=[verify, If(moves_traffic(t, p), pair, forward)])
    yield listener_rule(
        t,
        p,
        targets,
        title="TestListenerRule",
        Condition=has_test_listener(t, p),
        ListenerArn=p.test_listener_arn,
        Actions=[pair],
    )
    yield public_rule(t, p, targets)


def _watches(
    t: Template,
    p: Parameters,
    of_service: Dimensions,
    of_targets: Dimensions,
    of_alternate: Dimensions,
) -> Iterator[Alarm]:
    """Yield the alarms that only notify; who of a pair is empty raises none."""
    moves = moves_traffic(t, p)
    stays = condition(t, "StaysInOneGroup", Equals(p.deployment_strategy, "rolling"))
    yield from load_alarms(p, of_service)
    yield response_alarm(p, of_targets)
    yield response_alarm(p, of_alternate, prefix="Alternate", Condition=moves)
    yield healthy_alarm(p, of_targets, Condition=stays)
    yield healthy_alarm(p, of_targets, of_alternate, prefix="EitherGroup", Condition=moves)


def _dimensions(p: Parameters, targets: TargetGroup) -> dict[str, Value]:
    return {
        "LoadBalancer": p.load_balancer_full_name,
        "TargetGroup": GetAtt(targets, "TargetGroupFullName"),
    }


service = Component(Parameters, Outputs, build, rules=(*SIZE_RULES, *RULES, *AUTHENTICATION_RULES))
