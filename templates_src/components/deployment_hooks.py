"""The functions that a release by CodeDeploy asks: validation and migration of the database."""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import Equals, GetAtt, Join, Not, Sub, Template
from troposphere.awslambda import Environment, Function, VPCConfig
from troposphere.cloudwatch import Alarm
from troposphere.ec2 import SecurityGroup, SecurityGroupEgress, SecurityGroupIngress
from troposphere.iam import Role

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.alarms import arns
from templates_src.parts.function_alarms import failure_alarm
from templates_src.parts.functions import (
    Handled,
    archived_function,
    caller_group,
    function_logs,
    own_permissions,
)
from templates_src.parts.iam import Statement, allow, role
from templates_src.parts.logic import condition, is_given
from templates_src.parts.network import ADDRESS, ANYWHERE, member

# CodeDeploy waits for an hour, Lambda runs for a quarter of one at most
MIGRATION_TIMEOUT_SECONDS = 900
NAT_COUNT = 3  # gateways at most, one to a zone


@contract
class Parameters(Handled):
    application_name: Value = parameter(
        "Name of the CodeDeploy application and of its deployment group."
    )
    vpc_id: Value = parameter("VPC of the load balancer.", Type="AWS::EC2::VPC::Id")
    private_subnet_ids: Value = parameter(
        "Subnets of the functions and of migrations, with a way out by NAT.",
        Type="List<AWS::EC2::Subnet::Id>",
    )
    # the load balancer's name means its public addresses, inside the VPC too
    nat_public_ips: Value = parameter(
        "Addresses that the subnets have in the internet, by which the test listener knows them.",
        Type="CommaDelimitedList",
    )
    load_balancer_security_group_id: Value = parameter(
        "Security group of the load balancer.", Type="AWS::EC2::SecurityGroup::Id"
    )
    load_balancer_dns_name: Value = parameter("DNS name of the load balancer.")
    url_scheme: Value = parameter("What the test listener speaks.", AllowedValues=["http", "https"])
    test_listener_port: Value = parameter("Port of the test listener.", Type="Number")
    test_listener_cidr: Value = parameter(
        "IPv4 range from which people may try a release, too; nobody if empty.",
        default="",
        AllowedPattern=rf"^$|^{ADDRESS}/[0-9]{{1,2}}$",
    )
    host_name: Value = parameter(
        "Name that the listener's certificate is for; it is not verified if empty.", default=""
    )
    health_check_path: Value = parameter("Path that tells whether a task is well.")
    health_check_matcher: Value = parameter("HTTP codes that mean healthy.", default="200")
    validation_seconds: Value = parameter(
        "Seconds within which a release has to be well on the test listener.",
        Type="Number",
        MinValue=10,
        MaxValue=600,
        default=120,
    )
    migration_command: Value = parameter(
        "Comma-joined command that migrates the database, in the release's own image and before any"
        " of its tasks starts; none if empty. It has 14 minutes.",
        default="",
    )
    cluster_name: Value = parameter("ECS cluster of the service.")
    container_name: Value = parameter("Name of the application's container.", default="app")
    task_definition_family: Value = parameter("Family of the service's task definition.")
    task_security_group_ids: Value = parameter(
        "Comma-joined security groups of the tasks, with which migrations run."
    )
    task_log_group_name: Value = parameter("Log group of the tasks.")
    execution_role_arn: Value = parameter("ARN of the role with which ECS prepares tasks.")
    task_role_arn: Value = parameter("ARN of the role of the application.")
    error_threshold_count: Value = parameter(
        "Calls in a minute that may end without an answer to CodeDeploy before an alarm is raised.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


@contract
class Outputs:
    validate_function_arn: Value = output("ARN of the function to ask after test traffic.")
    migrate_function_arn: Value = output("ARN of the function to ask before the tasks start.")
    function_arns: Value = output("Comma-joined ARNs of both.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Functions that validate a release and migrate its database."""
    group = t.add_resource(
        caller_group("ValidateSecurityGroup", "The function that tries releases", p.vpc_id)
    )
    for way in (_way_out(p, group), *_openings(t, p)):
        t.add_resource(way)
    validate = t.add_resource(_validate(t, p, group))
    migrate = t.add_resource(_migrate(t, p))
    alarms = [
        t.add_resource(_alarm(p, title, function))
        for title, function in (("Validate", validate), ("Migrate", migrate))
    ]
    return Outputs(
        validate_function_arn=GetAtt(validate, "Arn"),
        migrate_function_arn=GetAtt(migrate, "Arn"),
        function_arns=Join(",", [GetAtt(validate, "Arn"), GetAtt(migrate, "Arn")]),
        alarm_arns=arns(alarms),
    )


def _validate(t: Template, p: Parameters, group: SecurityGroup) -> Function:
    logs = t.add_resource(function_logs("ValidateLogs", p.log_retention_days))
    acts_as = t.add_resource(_role(t, "ValidateRole", p, [*own_permissions(logs), _answer(p)]))
    return archived_function(
        "ValidateFunction",
        "deployment_hooks",
        p,
        runtime=p.runtime,
        acts_as=acts_as,
        logs=logs,
        Handler="handler.validate",
        Description="Asks a release over the test listener whether it is well",
        MemorySize=256,
        Timeout=MIGRATION_TIMEOUT_SECONDS,
        Environment=Environment(
            Variables={
                "SCHEME": p.url_scheme,
                "LOAD_BALANCER": p.load_balancer_dns_name,
                "PORT": p.test_listener_port,
                "HOST_NAME": p.host_name,
                "HEALTH_CHECK_PATH": p.health_check_path,
                "HEALTHY_CODES": p.health_check_matcher,
                "VALIDATION_SECONDS": p.validation_seconds,
            }
        ),
        VpcConfig=VPCConfig(
            SubnetIds=p.private_subnet_ids, SecurityGroupIds=[GetAtt(group, "GroupId")]
        ),
    )


def _migrate(t: Template, p: Parameters) -> Function:
    logs = t.add_resource(function_logs("MigrateLogs", p.log_retention_days))
    acts_as = t.add_resource(
        _role(
            t,
            "MigrateRole",
            p,
            [
                allow(["logs:CreateLogStream", "logs:PutLogEvents"], GetAtt(logs, "Arn")),
                _answer(p, "codedeploy:GetDeployment"),
                *_running(p),
            ],
        )
    )
    return archived_function(
        "MigrateFunction",
        "deployment_hooks",
        p,
        runtime=p.runtime,
        acts_as=acts_as,
        logs=logs,
        Handler="handler.migrate",
        Description="Runs the migration of a release and waits for its end",
        MemorySize=256,
        Timeout=MIGRATION_TIMEOUT_SECONDS,
        Environment=Environment(
            Variables={
                "MIGRATION_COMMAND": p.migration_command,
                "CLUSTER_NAME": p.cluster_name,
                "CONTAINER_NAME": p.container_name,
                "SUBNET_IDS": Join(",", p.private_subnet_ids),
                "SECURITY_GROUP_IDS": p.task_security_group_ids,
            }
        ),
    )


def _role(t: Template, title: str, p: Parameters, statements: list[Statement]) -> Role:
    return role(
        t,
        title,
        service="lambda",
        boundary=p.permissions_boundary_arn,
        statements={"Answer": statements},
    )


def _answer(p: Parameters, *more: str) -> Statement:
    place = "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}"
    return allow(
        ["codedeploy:PutLifecycleEventHookExecutionStatus", *more],
        Sub(f"{place}:deploymentgroup:${{ApplicationName}}/${{ApplicationName}}"),
    )


def _running(p: Parameters) -> list[Statement]:
    """Return what running a task and reading its end needs."""
    ecs = "arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}"
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}"
    return [
        allow(
            ["ecs:RunTask"],
            Sub(f"{ecs}:task-definition/${{TaskDefinitionFamily}}:*"),  # of every release
        ),
        allow(["ecs:DescribeTasks", "ecs:StopTask"], Sub(f"{ecs}:task/${{ClusterName}}/*")),
        allow(["ecs:DescribeTaskDefinition"], "*"),  # it knows no resources
        allow(
            ["iam:PassRole"],
            [p.execution_role_arn, p.task_role_arn],
            Condition={"StringLike": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}},
        ),
        allow(
            ["logs:GetLogEvents"],
            Sub(f"{logs}:log-group:${{TaskLogGroupName}}:*"),  # each task has a stream
        ),
    ]


def _way_out(p: Parameters, group: SecurityGroup) -> SecurityGroupEgress:
    return SecurityGroupEgress(
        "ToTestListener",
        GroupId=GetAtt(group, "GroupId"),
        Description="The test listener, whose addresses change",
        IpProtocol="tcp",
        FromPort=p.test_listener_port,
        ToPort=p.test_listener_port,
        CidrIp=ANYWHERE,
    )


def _openings(t: Template, p: Parameters) -> Iterator[SecurityGroupIngress]:
    """Yield who may reach the test listener."""
    sources: list[tuple[str, str, str, Value]] = [
        (
            "PeopleTry",
            condition(t, "AdmitsPeople", is_given(p.test_listener_cidr)),
            "People who try releases",
            p.test_listener_cidr,
        )
    ]
    for index in range(NAT_COUNT):
        address = member(p.nat_public_ips, index)
        there = condition(t, f"HasAddress{index + 1}", Not(Equals(address, "missing")))
        source = Join("", [address, "/32"])
        sources.append((f"ValidationTries{index + 1}", there, "Validation of releases", source))
    for title, there, what, cidr in sources:
        yield SecurityGroupIngress(
            title,
            Condition=there,
            GroupId=p.load_balancer_security_group_id,
            Description=what,
            IpProtocol="tcp",
            FromPort=p.test_listener_port,
            ToPort=p.test_listener_port,
            CidrIp=cidr,
        )


def _alarm(p: Parameters, title: str, function: Function) -> Alarm:
    return failure_alarm(
        f"{title}FailedAlarm",
        "A release waits an hour for an answer that this function could not give: stop the release"
        " and read the function's log",
        function,
        threshold=p.error_threshold_count,
        topic_arn=p.alarm_topic_arn,
    )


deployment_hooks = Component(Parameters, Outputs, build)
