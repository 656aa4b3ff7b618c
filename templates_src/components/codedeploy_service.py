"""A Fargate service that CodeDeploy releases: two target groups and a rule per listener.

CodeDeploy owns the revision that runs and the target group that is live; the stack owns all else.
CloudFormation sends a service's task definition with every update, whatever changed, and where
CodeDeploy releases, ECS refuses that:
https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1529
So nothing in the service or in its listener rules comes from what a person may want to change:

- the service names the family of its task definition, not a revision. What changes the definition
  registers a revision, which runs from the next release on;
- each rule states the target groups that it began with. CloudFormation writes it again only if the
  template's own words change, and these do not.
"""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import GetAtt, Join, Ref, Template
from troposphere.cloudwatch import Alarm
from troposphere.ecs import (
    AwsvpcConfiguration,
    DeploymentController,
    LoadBalancer,
    NetworkConfiguration,
    Service,
    TaskDefinition,
)
from troposphere.elasticloadbalancingv2 import (
    Condition,
    ListenerRule,
    PathPatternConfig,
    TargetGroup,
)

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.access import Access, access_of
from templates_src.parts.alarms import arns
from templates_src.parts.containers import application, collector
from templates_src.parts.logic import condition, is_true, only_if
from templates_src.parts.service_alarms import (
    Dimensions,
    Watched,
    guards,
    healthy_alarm,
    load_alarms,
    response_alarm,
)
from templates_src.parts.targets import (
    Targeted,
    forward_to_first,
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

GRACE_SECONDS = 60  # after a task's start in which no health check ends it
PRIORITY = 100


@contract
class Parameters(Targeted, Watched):
    cluster_name: Value = parameter("ECS cluster that runs the service.")
    service_name: Value = parameter(
        "Name of the service. Changing it makes another service, which the listeners do not know.",
        AllowedPattern="[a-zA-Z0-9_-]{1,255}",
    )
    private_subnet_ids: Value = parameter(
        "Subnets of the tasks. ECS refuses a change: an AppSpec file may state others.",
        Type="List<AWS::EC2::Subnet::Id>",
        group="Network",
    )
    test_listener_arn: Value = parameter(
        "ARN of the listener on which a release is tried.", group="Routing", AllowedPattern="arn:.*"
    )


@contract
class Outputs:
    service_name: Value = output("Name of the service.")
    service_arn: Value = output("ARN of the service.")
    task_definition_family: Value = output("Family that releases register their revisions in.")
    task_definition_arn: Value = output("ARN of the revision as the stack would have it.")
    task_role_arn: Value = output("ARN of the role of the application.")
    execution_role_arn: Value = output("ARN of the role with which ECS prepares tasks.")
    security_group_ids: Value = output("Comma-joined security groups of the tasks.")
    log_group_name: Value = output("Log group of the tasks.")
    blue_target_group_name: Value = output("Target group that is live at first.")
    green_target_group_name: Value = output("Target group of the first release.")
    blue_target_group_full_name: Value = output("Full name of the first, as metrics carry it.")
    green_target_group_full_name: Value = output("Full name of the second, as metrics carry it.")
    rollback_alarm_names: Value = output("Comma-joined names of the four alarms on a release.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Fargate service for blue/green releases by CodeDeploy, with its roles, logs and alarms."""
    access = access_of(p)
    definition = t.add_resource(_task_definition(t, p, access))
    blue = t.add_resource(target_group("BlueTargets", p))
    green = t.add_resource(target_group("GreenTargets", p))
    rules = [t.add_resource(rule) for rule in _rules(p, blue, green)]
    group = t.add_resource(task_security_group(p))
    way = t.add_resource(opening(p, group))
    groups = [GetAtt(group, "GroupId"), *access.groups]
    # the family is no reference, so the wait for the definition has to be said
    waits = [*(rule.title for rule in rules), way.title, definition.title]
    service = t.add_resource(_service(p, definition, blue, groups, waits))
    of_blue, of_green = _dimensions(p, blue), _dimensions(p, green)
    guarding = [t.add_resource(guard) for guard in _guards(p, of_blue, of_green)]
    watching = [t.add_resource(watch) for watch in _watches(p, of_blue, of_green, service)]
    return Outputs(
        service_name=GetAtt(service, "Name"),
        service_arn=Ref(service),
        task_definition_family=definition.Family,
        task_definition_arn=Ref(definition),
        task_role_arn=definition.TaskRoleArn,
        execution_role_arn=definition.ExecutionRoleArn,
        security_group_ids=Join(",", groups),
        log_group_name=Ref("TaskLogs"),
        blue_target_group_name=GetAtt(blue, "TargetGroupName"),
        green_target_group_name=GetAtt(green, "TargetGroupName"),
        blue_target_group_full_name=of_blue["TargetGroup"],
        green_target_group_full_name=of_green["TargetGroup"],
        rollback_alarm_names=Join(",", [Ref(guard) for guard in guarding]),
        alarm_arns=arns([*guarding, *watching]),
    )


def _task_definition(t: Template, p: Parameters, access: Access) -> TaskDefinition:
    """Return the definition; adds its roles and its log group."""
    logs = t.add_resource(log_group(t, p))
    traced = condition(t, "HasTracing", is_true(p.tracing))
    definition = task_definition(
        p,
        execution=t.add_resource(execution_role(t, p, access, logs)),
        task=t.add_resource(task_role(t, p, access)),
        containers=[application(t, p, access, logs), only_if(traced, collector(logs))],
    )
    definition.Family = Ref("AWS::StackName")
    # CloudFormation would deregister the revision that it replaces, which may be the one that runs:
    # a rollback could not start it again
    definition.UpdateReplacePolicy = "Retain"
    definition.DeletionPolicy = "Delete"
    return definition


def _rules(p: Parameters, blue: TargetGroup, green: TargetGroup) -> Iterator[ListenerRule]:
    """Yield the rule of each listener; CodeDeploy wants both to begin with what is live.

    https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-ecs.html
    """
    everything = Condition(Field="path-pattern", PathPatternConfig=PathPatternConfig(Values=["/*"]))
    for title, listener_arn in (
        ("ProductionRule", p.listener_arn),
        ("TestRule", p.test_listener_arn),
    ):
        yield ListenerRule(
            title,
            ListenerArn=listener_arn,
            Priority=PRIORITY,
            Conditions=[everything],
            Actions=[forward_to_first(blue, green)],
        )


def _service(
    p: Parameters,
    definition: TaskDefinition,
    blue: TargetGroup,
    groups: list[Value],
    waits: list[str | None],
) -> Service:
    network = AwsvpcConfiguration(
        AssignPublicIp="DISABLED", Subnets=p.private_subnet_ids, SecurityGroups=groups
    )
    return Service(
        "Service",
        DependsOn=waits,
        ServiceName=p.service_name,
        Cluster=p.cluster_name,
        DeploymentController=DeploymentController(Type="CODE_DEPLOY"),
        TaskDefinition=definition.Family,
        LaunchType="FARGATE",
        PlatformVersion="LATEST",
        # how many tasks there are, autoscaling decides; and how they are replaced, CodeDeploy
        NetworkConfiguration=NetworkConfiguration(AwsvpcConfiguration=network),
        LoadBalancers=[
            LoadBalancer(
                ContainerName=p.container_name,
                ContainerPort=p.container_port,
                TargetGroupArn=Ref(blue),
            )
        ],
        HealthCheckGracePeriodSeconds=GRACE_SECONDS,
        AvailabilityZoneRebalancing="DISABLED",  # ECS would, and it is for rolling deployments
        # whether anybody gets in, the task role says: it can be changed
        EnableExecuteCommand=True,
        EnableECSManagedTags=True,
        PropagateTags="SERVICE",
    )


def _dimensions(p: Parameters, targets: TargetGroup) -> Dimensions:
    return {
        "LoadBalancer": p.load_balancer_full_name,
        "TargetGroup": GetAtt(targets, "TargetGroupFullName"),
    }


def _guards(p: Parameters, of_blue: Dimensions, of_green: Dimensions) -> Iterator[Alarm]:
    """Yield the alarms that also end a release and roll it back."""
    yield from guards(p, of_blue, prefix="Blue")
    yield from guards(p, of_green, prefix="Green")


def _watches(
    p: Parameters, of_blue: Dimensions, of_green: Dimensions, service: Service
) -> Iterator[Alarm]:
    """Yield the alarms that only notify."""
    yield from load_alarms(
        p, {"ClusterName": p.cluster_name, "ServiceName": GetAtt(service, "Name")}
    )
    yield response_alarm(p, of_blue, prefix="Blue")
    yield response_alarm(p, of_green, prefix="Green")
    yield healthy_alarm(p, of_blue, of_green)


codedeploy_service = Component(Parameters, Outputs, build, rules=SIZE_RULES)
