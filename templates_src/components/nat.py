"""The way out of the private subnets: NAT gateways, or one small machine, and the routes to it.

A route is one resource whatever the kind of NAT, so that another kind changes it in place: two
resources for the same destination would collide. The VPC's internet gateway is attached before
this template starts, because its parameters are outputs of the network.
"""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import (
    And,
    AWSHelperFn,
    Condition,
    Equals,
    GetAtt,
    If,
    Join,
    Not,
    Or,
    Ref,
    Select,
    Template,
)
from troposphere.cloudformation import WaitConditionHandle
from troposphere.ec2 import (
    EIP,
    EIPAssociation,
    NatGateway,
    NetworkInterface,
    Route,
    SecurityGroup,
    SecurityGroupRule,
)
from troposphere.iam import InstanceProfile

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts import nat_instance
from templates_src.parts.iam import Bounded, role
from templates_src.parts.logic import condition, only_if
from templates_src.parts.network import ANYWHERE, ZONES, name_tag

# The condition of what each zone has
HAS_GATEWAY = ("HasNatGateway", "HasNatPerZone", "HasThirdNatGateway")
HAS_ROUTE = ("HasNat", "HasNat", "HasThirdNatRoute")


@contract
class Parameters(Bounded):
    nat: Value = parameter(
        "How private subnets reach the internet: none (AWS through VPC endpoints only), instance "
        "(one small machine), single (one NAT gateway) or per-az (one NAT gateway in each zone).",
        default="single",
        AllowedValues=["none", "instance", "single", "per-az"],
        label="NAT",
    )
    vpc_id: Value = parameter("Id of the VPC.", Type="AWS::EC2::VPC::Id")
    vpc_cidr: Value = parameter("IPv4 range of the VPC.")
    az_count: Value = parameter("Availability zones in use.", AllowedValues=["2", "3"])
    availability_zones: Value = parameter(
        "Comma-joined names of the zones in use.", Type="CommaDelimitedList"
    )
    public_subnet_ids: Value = parameter(
        "Comma-joined ids of the public subnets, one per zone.", Type="List<AWS::EC2::Subnet::Id>"
    )
    private_route_table_ids: Value = parameter(
        "Comma-joined ids of the private route tables, one per zone.", Type="CommaDelimitedList"
    )
    nat_instance_type: Value = parameter(
        "Type of the NAT instance, of a Graviton family.",
        default="t4g.nano",
        AllowedPattern=r"[a-z]+[0-9]+g[a-z]*\.[a-z0-9]+",
    )
    nat_instance_lifetime_seconds: Value = parameter(
        "Age in seconds at which the NAT instance is replaced by one from the newest image; the "
        "way out is closed for a minute or two meanwhile.",
        Type="Number",
        default=7 * 24 * 60 * 60,
        MinValue=24 * 60 * 60,  # the bounds of EC2 Auto Scaling
        MaxValue=365 * 24 * 60 * 60,
    )


@contract
class Outputs:
    nat_public_ips: Value = output("Comma-joined addresses that the internet sees.")


def build(t: Template, p: Parameters) -> Outputs:
    """NAT gateways or a NAT instance for private subnets, and the default routes to them."""
    _conditions(t, p)
    gateway_addresses = _gateways(t, p)
    interface, instance_address = _instance(t, p)
    # a stack wants a resource even where it has nothing to do; this one is an address and free
    nothing = condition(t, "HasNoNat", Equals(p.nat, "none"))
    t.add_resource(WaitConditionHandle("Nothing", Condition=nothing))
    for i, zone in enumerate(ZONES):
        own = If("HasNatPerZone", Ref(f"NatGateway{zone}"), Ref("NatGatewayA"))
        route = Route(
            f"PrivateDefaultRoute{zone}",
            Condition=HAS_ROUTE[i],
            RouteTableId=Select(i, p.private_route_table_ids),
            DestinationCidrBlock=ANYWHERE,
            NatGatewayId=only_if("HasNatGateway", own),
            NetworkInterfaceId=only_if("HasNatInstance", Ref(interface)),
        )
        # troposphere wants exactly one target and does not see that each excludes the other
        t.add_resource(route.no_validation())
    addresses = If("HasNatInstance", Ref(instance_address), _in_use(gateway_addresses))
    return Outputs(nat_public_ips=If("HasNat", addresses, ""))


def _conditions(t: Template, p: Parameters) -> None:
    third = Condition(condition(t, "HasThirdZone", Equals(p.az_count, "3")))
    per_zone = Condition(condition(t, "HasNatPerZone", Equals(p.nat, "per-az")))
    has_nat = Condition(condition(t, "HasNat", Not(Equals(p.nat, "none"))))
    condition(t, "HasNatInstance", Equals(p.nat, "instance"))
    condition(t, "HasNatGateway", Or(Equals(p.nat, "single"), per_zone))
    condition(t, "HasThirdNatGateway", And(per_zone, third))
    condition(t, "HasThirdNatRoute", And(has_nat, third))


def _gateways(t: Template, p: Parameters) -> list[EIP]:
    """Add a NAT gateway for each zone that may have one; return their addresses."""
    addresses = []
    for i, zone in enumerate(ZONES):
        tag = name_tag("nat", zone)
        address = EIP(f"NatAddress{zone}", Condition=HAS_GATEWAY[i], Domain="vpc", Tags=tag)
        addresses.append(t.add_resource(address))
        t.add_resource(
            NatGateway(
                f"NatGateway{zone}",
                Condition=HAS_GATEWAY[i],
                SubnetId=Select(i, p.public_subnet_ids),
                AllocationId=GetAtt(address, "AllocationId"),
                Tags=tag,
            )
        )
    return addresses


def _in_use(addresses: Sequence[EIP]) -> AWSHelperFn:
    first, second, third = (Ref(address) for address in addresses)
    per_zone = If("HasThirdZone", Join(",", [first, second, third]), Join(",", [first, second]))
    return If("HasNatPerZone", per_zone, first)


def _instance(t: Template, p: Parameters) -> tuple[NetworkInterface, EIP]:
    """Add the NAT instance; return what outlives it: its network interface and address."""
    tag = name_tag("nat")
    group = SecurityGroup(
        "NatInstanceSecurityGroup",
        GroupDescription="NAT instance: from the VPC to anywhere",
        VpcId=p.vpc_id,
        SecurityGroupIngress=[
            SecurityGroupRule(IpProtocol="-1", CidrIp=p.vpc_cidr, Description="What the VPC sends")
        ],
        SecurityGroupEgress=[
            SecurityGroupRule(IpProtocol="-1", CidrIp=ANYWHERE, Description="Passed on")
        ],
        Tags=tag,
    )
    interface = NetworkInterface(
        "NatInstanceInterface",
        Description="NAT instance",
        SubnetId=Select(0, p.public_subnet_ids),
        GroupSet=[Ref(group)],
        SourceDestCheck=False,  # what it forwards is neither from it nor for it
        Tags=tag,
    )
    address = EIP("NatInstanceAddress", Domain="vpc", Tags=tag)
    association = EIPAssociation(
        "NatInstanceAddressAssociation",
        AllocationId=GetAtt(address, "AllocationId"),
        NetworkInterfaceId=Ref(interface),
    )
    machine = role(
        t,
        "NatInstanceRole",
        service="ec2",
        boundary=p.permissions_boundary_arn,
        managed=["AmazonSSMManagedInstanceCore"],  # Session Manager in place of SSH
    )
    profile = InstanceProfile("NatInstanceProfile", Roles=[Ref(machine)])
    template = nat_instance.launch_template(
        instance_type=p.nat_instance_type,
        vpc_cidr=p.vpc_cidr,
        interface_id=Ref(interface),
        profile_arn=GetAtt(profile, "Arn"),
    )
    scaling = nat_instance.auto_scaling_group(
        template,
        availability_zone=Select(0, p.availability_zones),
        lifetime_seconds=p.nat_instance_lifetime_seconds,
    )
    scaling.DependsOn = association.title  # it installs packages at boot, over the internet
    for resource in (group, interface, address, association, machine, profile, template, scaling):
        resource.Condition = "HasNatInstance"
        t.add_resource(resource)
    return interface, address


nat = Component(Parameters, Outputs, build)
