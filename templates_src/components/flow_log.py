"""Flow logs of the VPC in CloudWatch Logs: who talked to whom, and what was turned away."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template
from troposphere.ec2 import FlowLog
from troposphere.logs import LogGroup

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import Bounded, allow, role
from templates_src.parts.logs import Logged
from templates_src.parts.network import name_tag


@contract
class Parameters(Logged, Bounded):
    vpc_id: Value = parameter("Id of the VPC.", Type="AWS::EC2::VPC::Id")
    traffic_type: Value = parameter(
        "What is logged: ALL, ACCEPT or REJECT. Changing it replaces the flow log, not its events.",
        default="ALL",
        AllowedValues=["ALL", "ACCEPT", "REJECT"],
    )


@contract
class Outputs:
    log_group_name: Value = output("Name of the log group of the flow logs.")


def build(t: Template, p: Parameters) -> Outputs:
    """Flow logs of a VPC in a log group of their own."""
    logs = t.add_resource(
        LogGroup(
            "FlowLogs",
            RetentionInDays=p.log_retention_days,
            # records of a network that no longer exists
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
        )
    )
    writer = t.add_resource(
        role(
            t,
            "FlowLogRole",
            service="vpc-flow-logs",
            boundary=p.permissions_boundary_arn,
            statements={
                "WriteFlowLogs": [
                    allow(
                        ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                        GetAtt(logs, "Arn"),
                    )
                ]
            },
        )
    )
    t.add_resource(
        FlowLog(
            "FlowLog",
            ResourceId=p.vpc_id,
            ResourceType="VPC",
            TrafficType=p.traffic_type,
            LogDestinationType="cloud-watch-logs",
            LogGroupName=Ref(logs),
            DeliverLogsPermissionArn=GetAtt(writer, "Arn"),
            Tags=name_tag("flow-log"),
        )
    )
    return Outputs(log_group_name=Ref(logs))


flow_log = Component(Parameters, Outputs, build)
