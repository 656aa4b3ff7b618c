"""Network ACLs, one for each tier: a second, coarse fence behind the security groups.

ACLs keep no state, so what answers a connection is admitted by its ephemeral port:
https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
DNS and the time service of the VPC pass no ACL. Load balancers listen on 80, 443 or above 1023.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from troposphere import And, AWSObject, Condition, Equals, If, Join, Ref, Select, Template
from troposphere.ec2 import (
    ICMP,
    NetworkAcl,
    NetworkAclEntry,
    PortRange,
    SubnetNetworkAclAssociation,
)

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.logic import condition, is_given
from templates_src.parts.network import ANYWHERE, EPHEMERAL, ZONES, name_tag

ALL, ICMP_ONLY, TCP, UDP = -1, 1, 6, 17  # IANA's numbers of protocols


class Entry(NamedTuple):
    """What an ACL allows; lower numbers are tried first, and there is room between them."""

    name: str
    number: int
    protocol: int
    ports: tuple[int, int] | None = None
    anywhere: bool = True  # the other side; else the VPC only
    egress: bool = False


FROM_VPC = Entry("InVpc", 100, ALL, anywhere=False)
REPLIES = Entry("InReplies", 110, TCP, EPHEMERAL)
UDP_REPLIES = Entry("InUdpReplies", 120, UDP, EPHEMERAL)  # of time and name servers outside
# without it a connection to a network of smaller packets hangs
TOO_BIG = Entry("InPacketTooBig", 130, ICMP_ONLY)
OUT = Entry("Out", 100, ALL, egress=True)
ENTRIES = {
    "Public": (
        *(FROM_VPC, REPLIES, UDP_REPLIES, TOO_BIG, OUT),
        Entry("InHttp", 140, TCP, (80, 80)),
        Entry("InHttps", 150, TCP, (443, 443)),
    ),
    "Private": (FROM_VPC, REPLIES, UDP_REPLIES, TOO_BIG, OUT),
    # the gateway endpoints of S3 and DynamoDB are all of the outside that it can reach
    "Isolated": (
        *(FROM_VPC, REPLIES),
        Entry("OutVpc", 100, ALL, anywhere=False, egress=True),
        Entry("OutHttps", 110, TCP, (443, 443), egress=True),
    ),
}


@contract
class Parameters:
    vpc_id: Value = parameter("Id of the VPC.", Type="AWS::EC2::VPC::Id")
    vpc_cidr: Value = parameter("IPv4 range of the VPC.")
    az_count: Value = parameter("Availability zones in use.", AllowedValues=["2", "3"])
    public_subnet_ids: Value = parameter(
        "Comma-joined ids of the public subnets, one per zone.", Type="List<AWS::EC2::Subnet::Id>"
    )
    public_subnet_cidrs: Value = parameter(
        "Comma-joined IPv4 ranges of the public subnets, which never reach isolated ones.",
        Type="CommaDelimitedList",
    )
    private_subnet_ids: Value = parameter(
        "Comma-joined ids of the private subnets, one per zone.", Type="List<AWS::EC2::Subnet::Id>"
    )
    isolated_subnet_ids: Value = parameter(
        "Comma-joined ids of the isolated subnets, one per zone; empty if there are none.",
        Type="CommaDelimitedList",
        default="",
    )


@contract
class Outputs:
    public_network_acl_id: Value = output("Id of the ACL of the public subnets.")
    private_network_acl_id: Value = output("Id of the ACL of the private subnets.")
    isolated_network_acl_id: Value = output("Id of the ACL of the isolated subnets; empty if none.")


def build(t: Template, p: Parameters) -> Outputs:
    """Network ACLs of the public, private and isolated subnets of a VPC."""
    third = condition(t, "HasThirdZone", Equals(p.az_count, "3"))
    isolated = condition(t, "HasIsolatedTier", is_given(Join("", p.isolated_subnet_ids)))
    both = condition(t, "HasThirdIsolatedSubnet", And(Condition(isolated), Condition(third)))
    public_acl = _acl(t, p, "Public", p.public_subnet_ids, (None, None, third))
    private_acl = _acl(t, p, "Private", p.private_subnet_ids, (None, None, third))
    isolated_acl = _acl(t, p, "Isolated", p.isolated_subnet_ids, (isolated, isolated, both))
    return Outputs(
        public_network_acl_id=Ref(public_acl),
        private_network_acl_id=Ref(private_acl),
        isolated_network_acl_id=If(isolated, Ref(isolated_acl), ""),
    )


def _acl(
    t: Template, p: Parameters, tier: str, subnet_ids: Value, exists: tuple[str | None, ...]
) -> NetworkAcl:
    """Add the ACL of a tier and put its subnets behind it; *exists* has a condition per zone."""
    acl = NetworkAcl(f"{tier}Acl", VpcId=p.vpc_id, Tags=name_tag(tier))
    entries = [_entry(tier, entry, p.vpc_cidr) for entry in ENTRIES[tier]]
    added: list[tuple[AWSObject, str | None]] = [(made, exists[0]) for made in (acl, *entries)]
    if tier == "Isolated":
        added += [(_public_denied(p, i), exists[i]) for i in range(len(ZONES))]
    for resource, holds in added:
        _add_if(t, resource, holds)
    for i, zone in enumerate(ZONES):
        association = SubnetNetworkAclAssociation(
            f"{tier}SubnetAcl{zone}",
            SubnetId=Select(i, subnet_ids),
            NetworkAclId=Ref(acl),
            # an ACL without entries denies everything
            DependsOn=[entry.title for entry in entries],
        )
        _add_if(t, association, exists[i])
    return acl


def _add_if(t: Template, resource: AWSObject, holds: str | None) -> None:
    if holds:
        resource.Condition = holds
    t.add_resource(resource)


def _entry(tier: str, entry: Entry, vpc_cidr: Value) -> NetworkAclEntry:
    more: dict[str, Any] = {}
    if entry.ports:
        more["PortRange"] = PortRange(From=entry.ports[0], To=entry.ports[1])
    if entry.protocol == ICMP_ONLY:
        more["Icmp"] = ICMP(Type=3, Code=4)  # destination unreachable: fragmentation needed
    return NetworkAclEntry(
        f"{tier}{entry.name}",
        NetworkAclId=Ref(f"{tier}Acl"),
        RuleNumber=entry.number,
        RuleAction="allow",
        Egress=entry.egress,
        Protocol=entry.protocol,
        CidrBlock=ANYWHERE if entry.anywhere else vpc_cidr,
        **more,
    )


def _public_denied(p: Parameters, zone: int) -> NetworkAclEntry:
    return NetworkAclEntry(
        f"IsolatedInPublic{ZONES[zone]}",
        NetworkAclId=Ref("IsolatedAcl"),
        RuleNumber=50 + zone,  # before the VPC is allowed
        RuleAction="deny",
        Egress=False,
        Protocol=ALL,
        CidrBlock=Select(zone, p.public_subnet_cidrs),
    )


network_acl = Component(Parameters, Outputs, build)
