"""Lambda functions whose archives the build makes from ``templates_src/functions``."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Ref, Sub
from troposphere.awslambda import Code, Function, LoggingConfig, ScalingConfig
from troposphere.ec2 import SecurityGroup, SecurityGroupRule
from troposphere.iam import Role
from troposphere.logs import LogGroup
from troposphere.validators import integer

from templates_src.contract import Nesting, Value, contract, parameter
from templates_src.parts.alarms import Alarmed
from templates_src.parts.iam import Bounded, Statement, allow
from templates_src.parts.logs import Logged
from templates_src.parts.network import ANYWHERE

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
NETWORK_INTERFACES = [
    *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"),
    *("ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"),
]


@contract
class Handled(Nesting, Logged, Alarmed, Bounded):
    """What every component with a function in Python takes."""

    runtime: Value = parameter(
        "Python of the function.", default="python3.13", AllowedPattern=r"^python3\.[0-9]+$"
    )


class JsonLogging(LoggingConfig):
    """The format is part of the resource's schema; troposphere 4.11 does not know it."""

    props = {**LoggingConfig.props, "LogFormat": (str, True)}  # noqa: RUF012 (as its base has it)


class Concurrency(ScalingConfig):
    """How many batches are handled at a time; troposphere 4.11 takes it for something else."""

    props = {"MaximumConcurrency": (integer, True)}  # noqa: RUF012 (as its base has it)


def archived_function(
    title: str, name: str, p: Nesting, *, runtime: Value, acts_as: Role, logs: LogGroup, **more: Any
) -> Function:
    """Return a function on ARM64 that runs ``handler.handler`` of an archive and logs JSON.

    Args:
        title: logical id.
        name: its folder in ``templates_src/functions``.
        p: says where archives are: beside the templates, under the digest of the same build.
        runtime: ``python3.13``.
        acts_as: its role.
        logs: its log group; Lambda would make one that never expires and outlives the stack.
        more: other properties of the function.
    """
    properties: dict[str, Any] = {
        "Architectures": ["arm64"],
        "Runtime": runtime,
        "Handler": "handler.handler",
        "Code": Code(
            S3Bucket=p.template_bucket, S3Key=Sub(f"${{TemplatePrefix}}functions/{name}.zip")
        ),
        "Role": GetAtt(acts_as, "Arn"),
        "LoggingConfig": JsonLogging(LogGroup=Ref(logs), LogFormat="JSON"),
    }
    return Function(title, **{**properties, **more})


def own_permissions(logs: LogGroup) -> list[Statement]:
    """Return what a function in a VPC needs before it does anything: its log and its interfaces."""
    return [
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], GetAtt(logs, "Arn")),
        allow(NETWORK_INTERFACES, "*"),  # Lambda makes them before they have a name
    ]


def caller_group(title: str, description: str, vpc_id: Value) -> SecurityGroup:
    """Return the security group of a function that calls AWS; what else, client groups allow."""
    return SecurityGroup(
        title,
        GroupDescription=description,
        VpcId=vpc_id,
        SecurityGroupEgress=[
            SecurityGroupRule(
                Description="APIs of AWS, which have no fixed addresses",
                IpProtocol="tcp",
                FromPort=443,
                ToPort=443,
                CidrIp=ANYWHERE,
            )
        ],
    )


def function_logs(title: str, retention_days: Value) -> LogGroup:
    """Return the log group of a function."""
    return LogGroup(
        title,
        RetentionInDays=retention_days,
        # logs go with the function that wrote them
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
