"""Rotates the password of a PostgreSQL server, RDS or Aurora, and whatever depends on it."""

from __future__ import annotations

from troposphere import GetAtt, Join, Ref, Split, Sub, Template
from troposphere.awslambda import Environment, Function, Permission, VPCConfig
from troposphere.cloudwatch import Alarm
from troposphere.ec2 import SecurityGroup
from troposphere.iam import Role
from troposphere.logs import LogGroup
from troposphere.secretsmanager import RotationRules, RotationSchedule

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.function_alarms import failure_alarm
from templates_src.parts.functions import (
    Handled,
    archived_function,
    caller_group,
    function_logs,
    own_permissions,
)
from templates_src.parts.iam import Statement, allow, role
from templates_src.parts.logic import condition, is_given, only_if

TIMEOUT_SECONDS = 60  # a rotation step is a few calls and two log-ins


@contract
class Parameters(Handled):
    credentials_secret_arn: Value = parameter("ARN of the secret that rotates.")
    connection_secret_arn: Value = parameter(
        "ARN of the secret that applications read and that is kept true: url and all."
    )
    service_arns: Value = parameter(
        "Comma-joined ARNs of the ECS services that read the connection when a task starts and are"
        " rolled after each rotation; none if empty.",
        default="",
        AllowedPattern="^$|^arn:[^,]+:service/[^/,]+/[^/,]+(,arn:[^,]+:service/[^/,]+/[^/,]+)*$",
    )
    release_application_name: Value = parameter(
        "CodeDeploy application, with a deployment group of the same name, whose service also reads"
        " the connection; after each rotation it releases once more what runs. None if empty.",
        default="",
        AllowedPattern="[a-zA-Z0-9_.-]{0,100}",
    )
    vpc_id: Value = parameter("VPC of the database.", Type="AWS::EC2::VPC::Id")
    private_subnet_ids: Value = parameter(
        "Subnets that reach the database, and Secrets Manager and ECS by NAT or endpoints.",
        Type="List<AWS::EC2::Subnet::Id>",
    )
    client_security_group_id: Value = parameter(
        "Security group that the database admits.", Type="AWS::EC2::SecurityGroup::Id"
    )
    kms_key_arn: Value = parameter(
        "ARN of the key of both secrets; AWS's own if empty.",
        default="",
        AllowedPattern="^$|^arn:.*",
    )
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
    schedule_expression: Value = parameter(
        "When to rotate, in UTC: every number of days, at midnight, or a cron expression.",
        default="rate(30 days)",
        AllowedPattern=r"^(rate\([0-9]+ (days?|hours)\)|cron\([^)]+\))$",
    )
    schedule_window_hours: Value = parameter(
        "Hours from then within which a rotation starts.",
        Type="Number",
        MinValue=1,
        MaxValue=24,
        default=3,
    )
    error_threshold_count: Value = parameter(
        "Failed steps in a minute above which an alarm is raised.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


@contract
class Outputs:
    function_arn: Value = output("ARN of the rotation function.")
    function_name: Value = output("Name of the rotation function.")
    log_group_name: Value = output("Log group of the function.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Rotation of database credentials: function, schedule and alarm."""
    logs = t.add_resource(function_logs("RotationLogs", p.log_retention_days))
    group = t.add_resource(
        caller_group(
            "RotationSecurityGroup",
            "The rotation function; the database admits it as one of its clients",
            p.vpc_id,
        )
    )
    function = t.add_resource(_function(p, t.add_resource(_role(t, p, logs)), logs, group))
    permission = t.add_resource(
        Permission(
            "SecretsManagerInvokes",
            FunctionName=Ref(function),
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
            SourceAccount=Ref("AWS::AccountId"),
            SourceArn=p.credentials_secret_arn,
        )
    )
    t.add_resource(
        RotationSchedule(
            "Schedule",
            # Secrets Manager tries out the function when it is given one
            DependsOn=[permission.title],
            SecretId=p.credentials_secret_arn,
            RotationLambdaARN=GetAtt(function, "Arn"),
            RotationRules=RotationRules(
                ScheduleExpression=p.schedule_expression,
                Duration=Join("", [p.schedule_window_hours, "h"]),
            ),
            # else creating or changing the schedule rotates, and rolls the services, there and then
            RotateImmediatelyOnUpdate=False,
        )
    )
    failed = t.add_resource(_alarm(p, function))
    return Outputs(
        function_arn=GetAtt(function, "Arn"),
        function_name=Ref(function),
        log_group_name=Ref(logs),
        alarm_arns=GetAtt(failed, "Arn"),
        alarm_names=Ref(failed),
    )


def _role(t: Template, p: Parameters, logs: LogGroup) -> Role:
    rolls = condition(t, "HasServices", is_given(p.service_arns))
    releases = condition(t, "HasReleases", is_given(p.release_application_name))
    keyed = condition(t, "HasKmsKey", is_given(p.kms_key_arn))
    rotate = [
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:ListSecretVersionIds",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ]
    rewrite = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
    via_secrets_manager = {"kms:ViaService": Sub("secretsmanager.${AWS::Region}.${AWS::URLSuffix}")}
    return role(
        t,
        "RotationRole",
        service="lambda",
        boundary=p.permissions_boundary_arn,
        statements={
            "run": own_permissions(logs),
            "rotate": [
                allow(rotate, p.credentials_secret_arn),
                allow(rewrite, p.connection_secret_arn),
                only_if(rolls, allow(["ecs:UpdateService"], Split(",", p.service_arns))),
                *(only_if(releases, statement) for statement in _releasing()),
                only_if(
                    keyed,
                    allow(
                        ["kms:Decrypt", "kms:GenerateDataKey"],
                        p.kms_key_arn,
                        Condition={"StringEquals": via_secrets_manager},
                    ),
                ),
            ],
        },
    )


def _releasing() -> list[Statement]:
    """Return what creating a deployment of what runs already needs."""
    place = "arn:${AWS::Partition}:codedeploy:${AWS::Region}:${AWS::AccountId}"
    name = "${ReleaseApplicationName}"
    revision = ["codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"]
    services = Sub("arn:${AWS::Partition}:ecs:${AWS::Region}:${AWS::AccountId}:service/*")
    return [
        allow(
            ["codedeploy:CreateDeployment", "codedeploy:GetDeploymentGroup"],
            Sub(f"{place}:deploymentgroup:{name}/{name}"),
        ),
        allow(revision, Sub(f"{place}:application:{name}")),
        allow(
            ["codedeploy:GetDeploymentConfig"],
            Sub(f"{place}:deploymentconfig:*"),  # whichever the deployment group has
        ),
        allow(["ecs:DescribeServices"], services),  # which one, the deployment group says
    ]


def _function(p: Parameters, acts_as: Role, logs: LogGroup, group: SecurityGroup) -> Function:
    return archived_function(
        "RotationFunction",
        "credential_rotation",
        p,
        runtime=p.runtime,
        acts_as=acts_as,
        logs=logs,
        Description="Rotates the database password, keeps the connection true, rolls services",
        MemorySize=256,
        Timeout=TIMEOUT_SECONDS,
        Environment=Environment(
            Variables={
                "CONNECTION_SECRET_ARN": p.connection_secret_arn,
                "SERVICE_ARNS": p.service_arns,
                "RELEASE_APPLICATION": p.release_application_name,
            }
        ),
        VpcConfig=VPCConfig(
            SubnetIds=p.private_subnet_ids,
            SecurityGroupIds=[GetAtt(group, "GroupId"), p.client_security_group_id],
        ),
    )


def _alarm(p: Parameters, function: Function) -> Alarm:
    return failure_alarm(
        "RotationFailedAlarm",
        "Rotation of the database password failed: read the function's log for what to do",
        function,
        threshold=p.error_threshold_count,
        topic_arn=p.alarm_topic_arn,
    )


credential_rotation = Component(Parameters, Outputs, build)
