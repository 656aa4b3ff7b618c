"""The VPC: two or three zones; public, private and optional isolated subnets; route tables.

The default security group of a VPC cannot be emptied by CloudFormation; nothing is ever put in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from troposphere import (
    And,
    AWSHelperFn,
    Cidr,
    Condition,
    Equals,
    GetAZs,
    If,
    Join,
    Ref,
    Select,
    Tags,
    Template,
)
from troposphere.ec2 import (
    VPC,
    InternetGateway,
    Route,
    RouteTable,
    Subnet,
    SubnetRouteTableAssociation,
    VPCGatewayAttachment,
)

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.logic import condition, is_given, is_true
from templates_src.parts.network import ADDRESS, ANYWHERE, ZONES, member, name_tag

TIERS = ("Public", "Private", "Isolated")
# Computed subnets have fixed places among sixteen, four to a tier: a zone or a tier that comes
# later renumbers nothing, and every tier is one aligned block.
PLACES = 16
PLACES_PER_TIER = 4
# The condition of what each tier has in each zone, None if it always exists
EXISTS = {
    "Public": (None, None, "HasThirdZone"),
    "Private": (None, None, "HasThirdZone"),
    "Isolated": ("UsesIsolatedTier", "UsesIsolatedTier", "HasThirdIsolatedSubnet"),
}


def _cidrs(tier: str) -> Any:
    return parameter(
        f"Comma-separated IPv4 ranges of the {tier} subnets, one per zone; computed if empty. "
        "Changing that of a subnet replaces the subnet and all that is in it.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern=rf"^$|{ADDRESS}/(1[6-9]|2[0-8])",
    )


@contract
class Parameters:
    vpc_cidr: Value = parameter(
        "IPv4 range of the VPC. Changing it replaces the VPC and all that is in it.",
        default="10.0.0.0/16",
        AllowedPattern=rf"{ADDRESS}/(1[6-9]|2[0-4])",
    )
    subnet_bits: Value = parameter(
        "Host bits of a computed subnet: 8 makes /24. The VPC must have room for sixteen of them.",
        Type="Number",
        default=8,
        MinValue=4,
        MaxValue=12,
    )
    az_count: Value = parameter(
        "Availability zones in use, 2 or 3; a third can be added later.",
        default="2",
        AllowedValues=["2", "3"],
        label="Availability zones",
    )
    availability_zones: Value = parameter(
        "Comma-separated names of the zones to use; the first of the region if empty. Changing "
        "them replaces the subnets and all that is in them.",
        Type="CommaDelimitedList",
        default="",
        label="Names of the zones",
    )
    has_isolated_tier: Value = flag(
        "Whether there are subnets without any route to the internet, for databases.",
        default=False,
    )
    public_subnet_cidrs: Value = _cidrs("public")
    private_subnet_cidrs: Value = _cidrs("private")
    isolated_subnet_cidrs: Value = _cidrs("isolated")


@contract
class Outputs:
    vpc_id: Value = output("Id of the VPC.")
    vpc_cidr: Value = output("IPv4 range of the VPC.")
    availability_zones: Value = output("Comma-joined names of the zones in use.")
    public_subnet_ids: Value = output("Comma-joined ids of the public subnets.")
    public_subnet_cidrs: Value = output("Comma-joined IPv4 ranges of the public subnets.")
    private_subnet_ids: Value = output("Comma-joined ids of the private subnets.")
    isolated_subnet_ids: Value = output("Comma-joined ids of the isolated subnets; empty if none.")
    private_route_table_ids: Value = output("Comma-joined ids of the private route tables.")
    isolated_route_table_ids: Value = output("Id of the isolated route table; empty if none.")


def build(t: Template, p: Parameters) -> Outputs:
    """VPC over two or three zones with public, private and optional isolated subnets."""
    third = condition(t, "HasThirdZone", Equals(p.az_count, "3"))
    has_isolated = condition(t, "UsesIsolatedTier", is_true(p.has_isolated_tier))
    condition(t, "HasThirdIsolatedSubnet", And(Condition(has_isolated), Condition(third)))
    condition(t, "HasZoneNames", is_given(Join("", p.availability_zones)))
    vpc = t.add_resource(
        VPC(
            "Vpc",
            CidrBlock=p.vpc_cidr,
            EnableDnsSupport=True,  # private DNS of interface endpoints needs both
            EnableDnsHostnames=True,
            Tags=Tags(Name=Ref("AWS::StackName")),
        )
    )
    public, private, isolated = [_subnets(t, p, vpc, tier) for tier in TIERS]
    _internet(t, vpc, _route_table(t, vpc, "Public", public))
    # one for each zone, so that each can have a NAT gateway of its own
    private_tables = [_route_table(t, vpc, "Private", {zone: private[zone]}) for zone in ZONES]
    isolated_table = _route_table(t, vpc, "Isolated", isolated)
    return Outputs(
        vpc_id=Ref(vpc),
        vpc_cidr=p.vpc_cidr,
        availability_zones=_joined(subnet.AvailabilityZone for subnet in public.values()),
        public_subnet_ids=_joined(map(Ref, public.values())),
        public_subnet_cidrs=_joined(subnet.CidrBlock for subnet in public.values()),
        private_subnet_ids=_joined(map(Ref, private.values())),
        isolated_subnet_ids=If(has_isolated, _joined(map(Ref, isolated.values())), ""),
        private_route_table_ids=_joined(map(Ref, private_tables)),
        isolated_route_table_ids=If(has_isolated, Ref(isolated_table), ""),
    )


def _exists(tier: str, zone: str) -> dict[str, Any]:
    name = EXISTS[tier][ZONES.index(zone)]
    return {"Condition": name} if name else {}


def _joined(values: Iterable[Any]) -> AWSHelperFn:
    """Return the values of the zones in use, comma-joined; *values* has one for each zone."""
    of_all = list(values)
    return If("HasThirdZone", Join(",", of_all), Join(",", of_all[:2]))


def _subnets(t: Template, p: Parameters, vpc: VPC, tier: str) -> dict[str, Subnet]:
    listed = getattr(p, f"{tier.lower()}_subnet_cidrs")
    explicit = condition(t, f"Has{tier}SubnetCidrs", is_given(Join("", listed)))
    places = Cidr(p.vpc_cidr, PLACES, p.subnet_bits)
    first = TIERS.index(tier) * PLACES_PER_TIER
    return {
        zone: t.add_resource(
            Subnet(
                f"{tier}Subnet{zone}",
                VpcId=Ref(vpc),
                AvailabilityZone=If(
                    "HasZoneNames", member(p.availability_zones, i), Select(i, GetAZs(""))
                ),
                CidrBlock=If(explicit, member(listed, i), Select(first + i, places)),
                # load balancers and NAT bring their own addresses, nothing else needs one
                MapPublicIpOnLaunch=False,
                Tags=name_tag(tier, zone) + Tags(Tier=tier.lower()),
                **_exists(tier, zone),
            )
        )
        for i, zone in enumerate(ZONES)
    }


def _route_table(t: Template, vpc: VPC, tier: str, subnets: Mapping[str, Subnet]) -> RouteTable:
    """Add a route table for *subnets*, which are those of all zones or of one."""
    suffix = "" if len(subnets) > 1 else "".join(subnets)
    table = t.add_resource(
        RouteTable(
            f"{tier}RouteTable{suffix}",
            VpcId=Ref(vpc),
            Tags=name_tag(tier, *suffix),
            **_exists(tier, min(subnets)),
        )
    )
    for zone, subnet in subnets.items():
        t.add_resource(
            SubnetRouteTableAssociation(
                f"{tier}SubnetRoutes{zone}",
                SubnetId=Ref(subnet),
                RouteTableId=Ref(table),
                **_exists(tier, zone),
            )
        )
    return table


def _internet(t: Template, vpc: VPC, table: RouteTable) -> None:
    gateway = t.add_resource(InternetGateway("InternetGateway", Tags=name_tag()))
    attachment = t.add_resource(
        VPCGatewayAttachment("GatewayAttachment", VpcId=Ref(vpc), InternetGatewayId=Ref(gateway))
    )
    t.add_resource(
        Route(
            "PublicDefaultRoute",
            RouteTableId=Ref(table),
            DestinationCidrBlock=ANYWHERE,
            GatewayId=Ref(gateway),
            DependsOn=attachment.title,  # EC2 refuses a route to a gateway that is not attached
        )
    )


network = Component(Parameters, Outputs, build)
