"""How requests reach tasks: target group, listener rule and security group."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Ref, Split, Template
from troposphere.ec2 import SecurityGroup, SecurityGroupEgress, SecurityGroupRule
from troposphere.elasticloadbalancingv2 import (
    Condition,
    ForwardConfig,
    HostHeaderConfig,
    ListenerRule,
    ListenerRuleAction,
    Matcher,
    PathPatternConfig,
    TargetGroup,
    TargetGroupAttribute,
    TargetGroupTuple,
)

from templates_src.contract import Value, contract, parameter
from templates_src.parts.containers import Containerized
from templates_src.parts.logic import condition, is_given, only_if


@contract
class Targeted(Containerized):
    """What every component takes whose container is the target of a load balancer."""

    vpc_id: Value = parameter("VPC of the targets.", Type="AWS::EC2::VPC::Id", group="Network")
    listener_arn: Value = parameter(
        "ARN of the listener that forwards requests.", group="Routing", AllowedPattern="arn:.*"
    )
    load_balancer_full_name: Value = parameter(
        "Full name of the load balancer, as its metrics carry it.", group="Routing"
    )
    load_balancer_security_group_id: Value = parameter(
        "Security group of the load balancer.",
        Type="AWS::EC2::SecurityGroup::Id",
        group="Routing",
    )
    health_check_matcher: Value = parameter(
        "HTTP codes that mean healthy, such as 200 or 200-299.",
        default="200",
        group="Routing",
        AllowedPattern="[0-9]{3}([,-][0-9]{3})*",
    )
    health_check_interval_seconds: Value = parameter(
        "Seconds between health checks of a target.",
        Type="Number",
        MinValue=10,
        MaxValue=300,
        default=15,
        group="Routing",
    )
    # 300 is AWS's default and most of the time that a deployment takes
    deregistration_delay_seconds: Value = parameter(
        "Seconds that a leaving task may take to finish its requests.",
        Type="Number",
        MinValue=0,
        MaxValue=3600,
        default=30,
        group="Routing",
    )


@contract
class Routed(Targeted):
    """What every component takes that says itself which requests it is forwarded."""

    listener_priority: Value = parameter(
        "Priority of the forwarding rule, unique in its listener; lower ones are asked first.",
        Type="Number",
        MinValue=1,
        MaxValue=50000,
        default=100,
        group="Routing",
    )
    host_headers: Value = parameter(
        "Comma-joined host names that are forwarded, wildcards allowed; all if empty.",
        default="",
        group="Routing",
    )
    # a rule takes five values of hosts and paths together
    path_patterns: Value = parameter(
        "Comma-joined path patterns that are forwarded; with the host names at most five.",
        Type="CommaDelimitedList",
        default="/*",
        group="Routing",
    )


def target_group(title: str, p: Targeted, **more: Any) -> TargetGroup:
    """Return a target group for tasks, whose name CloudFormation gives.

    Args:
        title: logical id.
        p: says what is reached and how its health is asked.
        more: other attributes, ``Condition`` among them.
    """
    delay = "deregistration_delay.timeout_seconds"
    return TargetGroup(
        title,
        VpcId=p.vpc_id,
        TargetType="ip",
        Protocol="HTTP",
        Port=p.container_port,
        HealthCheckProtocol="HTTP",
        HealthCheckPath=p.health_check_path,
        HealthCheckIntervalSeconds=p.health_check_interval_seconds,
        HealthCheckTimeoutSeconds=5,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=3,
        Matcher=Matcher(HttpCode=p.health_check_matcher),
        TargetGroupAttributes=[
            TargetGroupAttribute(Key=delay, Value=p.deregistration_delay_seconds)
        ],
        **more,
    )


def listener_rule(
    t: Template,
    p: Routed,
    targets: TargetGroup,
    *,
    title: str = "ListenerRule",
    paths: Value | None = None,
    **more: Any,
) -> ListenerRule:
    """Return the rule that forwards requests by path and, where given, by host.

    Args:
        t: template that gets the condition ``HasHostHeaders``; the rule is not added.
        p: says which requests.
        targets: where they go.
        title: logical id.
        paths: patterns other than those of *p*.
        more: other properties and attributes, ``Actions`` and ``ListenerArn`` among them.
    """
    by_host = condition(t, "HasHostHeaders", is_given(p.host_headers))
    properties: dict[str, Any] = {
        "ListenerArn": p.listener_arn,
        "Priority": p.listener_priority,
        "Conditions": [
            Condition(
                Field="path-pattern",
                PathPatternConfig=PathPatternConfig(Values=paths or p.path_patterns),
            ),
            only_if(
                by_host,
                Condition(
                    Field="host-header",
                    HostHeaderConfig=HostHeaderConfig(Values=Split(",", p.host_headers)),
                ),
            ),
        ],
        "Actions": [ListenerRuleAction(Type="forward", TargetGroupArn=Ref(targets))],
    }
    return ListenerRule(title, **{**properties, **more})


def forward_to_first(first: TargetGroup, second: TargetGroup) -> ListenerRuleAction:
    """Return the action with which a pair of target groups begins: all requests to the first.

    Whoever releases (ECS, CodeDeploy) moves the weights from then on.
    """
    weighed = [
        TargetGroupTuple(TargetGroupArn=Ref(group), Weight=weight)
        for group, weight in ((first, 1), (second, 0))
    ]
    return ListenerRuleAction(Type="forward", ForwardConfig=ForwardConfig(TargetGroups=weighed))


def task_security_group(p: Targeted) -> SecurityGroup:
    """Return the group of tasks that take requests and make calls over TLS."""
    return SecurityGroup(
        "TaskSecurityGroup",
        GroupDescription="Tasks of the service",
        VpcId=p.vpc_id,
        SecurityGroupIngress=[
            SecurityGroupRule(
                Description="From the load balancer",
                IpProtocol="tcp",
                FromPort=p.container_port,
                ToPort=p.container_port,
                SourceSecurityGroupId=p.load_balancer_security_group_id,
            )
        ],
        # what else a task may reach, it reaches as a member of a client group
        SecurityGroupEgress=[
            SecurityGroupRule(
                Description="AWS, image registries and other APIs over TLS",
                IpProtocol="tcp",
                FromPort=443,
                ToPort=443,
                CidrIp="0.0.0.0/0",
            )
        ],
    )


def opening(p: Targeted, group: SecurityGroup, **more: Any) -> SecurityGroupEgress:
    """Return the rule that lets the load balancer out to the tasks; *more* are attributes."""
    return SecurityGroupEgress(
        "LoadBalancerToTasks",
        Description="To tasks of the service",
        GroupId=p.load_balancer_security_group_id,
        IpProtocol="tcp",
        FromPort=p.container_port,
        ToPort=p.container_port,
        DestinationSecurityGroupId=GetAtt(group, "GroupId"),
        **more,
    )
