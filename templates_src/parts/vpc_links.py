"""How an API reaches a load balancer in the VPC: the group of its link, and the way to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import GetAtt
from troposphere.ec2 import SecurityGroup, SecurityGroupEgress, SecurityGroupIngress

from templates_src.contract import Value
from templates_src.parts.network import NO_EGRESS


def link_group(vpc_id: Value) -> SecurityGroup:
    """Return the group of the link's network interfaces."""
    return SecurityGroup(
        "VpcLinkSecurityGroup",
        GroupDescription="VPC link of the API",
        VpcId=vpc_id,
        SecurityGroupEgress=NO_EGRESS,
    )


def link_openings(
    group: SecurityGroup, load_balancer_security_group_id: Value, port: Value
) -> Iterator[SecurityGroupEgress | SecurityGroupIngress]:
    """Yield the rules that let the link's group out to the load balancer's, and in there."""
    link_id = GetAtt(group, "GroupId")
    between: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
    yield SecurityGroupEgress(
        "VpcLinkToLoadBalancer",
        Description="To the load balancer",
        GroupId=link_id,
        DestinationSecurityGroupId=load_balancer_security_group_id,
        **between,
    )
    yield SecurityGroupIngress(
        "LoadBalancerFromVpcLink",
        Description="From the API's VPC link",
        GroupId=load_balancer_security_group_id,
        SourceSecurityGroupId=link_id,
        **between,
    )
