"""The ways from private subnets to AWS that avoid the internet: VPC endpoints.

The gateway endpoint of S3 costs nothing and is always there. Interface endpoints are charged by the
hour and zone: three of them in two zones cost more than a NAT gateway. Without NAT a Fargate task
needs ecr.api, ecr.dkr, logs and secretsmanager, ssm for parameters and ssmmessages for a shell; it
needs none of ECS's own except in regions that opened after 2023:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
"""

from __future__ import annotations

import re

from troposphere import And, Condition, Equals, If, Join, Ref, Split, Sub, Template
from troposphere.ec2 import SecurityGroup, SecurityGroupRule, VPCEndpoint

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.iam import Statement, allow, document
from templates_src.parts.logic import condition, is_given, is_true
from templates_src.parts.network import NO_EGRESS, is_in_list, name_tag

# Logical id by service
SERVICES = {
    "cognito-idp": "CognitoUserPools",
    "ecr.api": "EcrApi",
    "ecr.dkr": "EcrDocker",
    "ecs": "Ecs",
    "ecs-agent": "EcsAgent",
    "ecs-telemetry": "EcsTelemetry",
    "events": "Events",
    "kms": "Kms",
    "lambda": "Lambda",
    "logs": "Logs",
    "monitoring": "Monitoring",
    "secretsmanager": "SecretsManager",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
    "ssmmessages": "SsmMessages",
    "states": "States",
    "sts": "Sts",
    "xray": "XRay",
}
# Those whose endpoints carry a prefix of their own in China:
# https://docs.amazonaws.cn/en_us/vpc/latest/privatelink/aws-services-privatelink-support.html
PREFIXED_IN_CHINA = {"ecr.api", "ecr.dkr", "lambda", "monitoring", "sqs", "states", "sts", "xray"}
BUCKETS = Sub("arn:${AWS::Partition}:s3:::")
UNDASHED = Join("", Split("-", Ref("AWS::Region")))  # how CloudFormation names its buckets


@contract
class Parameters:
    vpc_id: Value = parameter("Id of the VPC.", Type="AWS::EC2::VPC::Id")
    vpc_cidr: Value = parameter("IPv4 range of the VPC, which may use the endpoints.")
    private_subnet_ids: Value = parameter(
        "Comma-joined ids of the private subnets, one per zone.", Type="List<AWS::EC2::Subnet::Id>"
    )
    private_route_table_ids: Value = parameter(
        "Comma-joined ids of the private route tables.", Type="CommaDelimitedList"
    )
    isolated_route_table_ids: Value = parameter(
        "Comma-joined ids of the isolated route tables; empty if there are none.",
        Type="CommaDelimitedList",
        default="",
    )
    interface_services: Value = parameter(
        "Comma-separated services with an interface endpoint; none if empty. Without NAT tasks "
        "need ecr.api,ecr.dkr,logs,secretsmanager, for parameters ssm, for a shell ssmmessages.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern="|".join(["^$", *map(re.escape, SERVICES)]),
    )
    has_dynamodb_endpoint: Value = flag(
        "Whether DynamoDB has a gateway endpoint, which costs nothing.", default=False
    )
    trusted_account_ids: Value = parameter(
        "Comma-separated accounts beside this one whose roles may be used through the endpoints.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern="^$|[0-9]{12}",
    )


@contract
class Outputs:
    s3_endpoint_id: Value = output("Id of the S3 endpoint, for the policies of buckets.")
    security_group_id: Value = output("Security group of the interface endpoints; empty if none.")


def build(t: Template, p: Parameters) -> Outputs:
    """Gateway endpoints of S3 and DynamoDB, and interface endpoints of chosen services."""
    condition(t, "TrustsOtherAccounts", is_given(Join("", p.trusted_account_ids)))
    condition(t, "IsChina", Equals(Ref("AWS::Partition"), "aws-cn"))
    s3 = _gateway(t, p, "S3Endpoint", "s3", *_foreign_buckets())
    dynamodb = _gateway(t, p, "DynamoDbEndpoint", "dynamodb")
    dynamodb.Condition = condition(t, "HasDynamoDbEndpoint", is_true(p.has_dynamodb_endpoint))
    has_interfaces = condition(t, "HasInterfaceEndpoints", is_given(Join("", p.interface_services)))
    group = t.add_resource(
        SecurityGroup(
            "SecurityGroup",
            Condition=has_interfaces,
            GroupDescription="VPC endpoints: HTTPS from the VPC",
            VpcId=p.vpc_id,
            SecurityGroupIngress=[
                SecurityGroupRule(
                    IpProtocol="tcp",
                    FromPort=443,
                    ToPort=443,
                    CidrIp=p.vpc_cidr,
                    Description="Calls to AWS",
                )
            ],
            SecurityGroupEgress=NO_EGRESS,
            Tags=name_tag("endpoints"),
        )
    )
    for service, name in SERVICES.items():
        _interface(t, p, service, name, group)
    return Outputs(s3_endpoint_id=Ref(s3), security_group_id=If(has_interfaces, Ref(group), ""))


def _of_trusted_accounts(p: Parameters) -> Statement:
    """Allow what principals of this account and of the trusted ones do."""
    own = Ref("AWS::AccountId")
    trusted = Split(",", Join(",", [own, Join(",", p.trusted_account_ids)]))
    return allow(
        ["*"],  # the policy of an endpoint lets pass what roles grant, it grants nothing
        "*",  # likewise
        Sid="PrincipalsOfTrustedAccounts",
        Principal="*",  # that is, whoever the condition names
        Condition={
            "StringEquals": {"aws:PrincipalAccount": If("TrustsOtherAccounts", trusted, own)}
        },
    )


def _foreign_buckets() -> list[Statement]:
    """Allow what tasks and functions do in buckets with an identity that is not this account's."""
    return [
        # Image layers of ECR and packages of Amazon Linux are in buckets of AWS, shared files with
        # signed links in anybody's, and nothing leaves the VPC by reading:
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
        allow(["s3:GetObject"], "*", Sid="ReadAnyBucket", Principal="*"),  # as said above
        # Without an answer a custom resource hangs for an hour:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html
        allow(
            ["s3:PutObject"],
            [
                Join("", [BUCKETS, "cloudformation-custom-resource-response-", UNDASHED, "/*"]),
                Sub("arn:${AWS::Partition}:s3:::cloudformation-waitcondition-${AWS::Region}/*"),
            ],
            Sid="AnswerCloudFormation",
            Principal="*",  # the address is signed by CloudFormation
        ),
    ]


def _gateway(t: Template, p: Parameters, title: str, service: str, *more: Statement) -> VPCEndpoint:
    has_isolated = condition(
        t, "HasIsolatedRouteTables", is_given(Join("", p.isolated_route_table_ids))
    )
    private, isolated = p.private_route_table_ids, p.isolated_route_table_ids
    both = Split(",", Join(",", [Join(",", private), Join(",", isolated)]))
    return t.add_resource(
        VPCEndpoint(
            title,
            VpcEndpointType="Gateway",
            ServiceName=Sub(f"com.amazonaws.${{AWS::Region}}.{service}"),
            VpcId=p.vpc_id,
            RouteTableIds=If(has_isolated, both, private),
            PolicyDocument=document(_of_trusted_accounts(p), *more),
            Tags=name_tag(service),
        )
    )


def _interface(t: Template, p: Parameters, service: str, name: str, group: SecurityGroup) -> None:
    host = f"com.amazonaws.${{AWS::Region}}.{service}"
    wanted = And(Condition("HasInterfaceEndpoints"), is_in_list(service, p.interface_services))
    in_china = If("IsChina", Sub(f"cn.{host}"), Sub(host))
    t.add_resource(
        VPCEndpoint(
            f"{name}Endpoint",
            Condition=condition(t, f"Has{name}Endpoint", wanted),
            VpcEndpointType="Interface",
            ServiceName=in_china if service in PREFIXED_IN_CHINA else Sub(host),
            VpcId=p.vpc_id,
            SubnetIds=p.private_subnet_ids,
            SecurityGroupIds=[Ref(group)],
            PrivateDnsEnabled=True,
            PolicyDocument=document(_of_trusted_accounts(p)),
            Tags=name_tag(service),
        )
    )


endpoints = Component(Parameters, Outputs, build)
