from __future__ import annotations

import ipaddress
import re
from typing import Any

import pytest

from templates_src.components.network import network
from tests.components.evaluated import stack_of

# What each subnet has in every environment in which it exists, whenever it was added
LAYOUT = {
    "PublicSubnetA": "10.0.0.0/24",
    "PublicSubnetB": "10.0.1.0/24",
    "PublicSubnetC": "10.0.2.0/24",
    "PrivateSubnetA": "10.0.4.0/24",
    "PrivateSubnetB": "10.0.5.0/24",
    "PrivateSubnetC": "10.0.6.0/24",
    "IsolatedSubnetA": "10.0.8.0/24",
    "IsolatedSubnetB": "10.0.9.0/24",
    "IsolatedSubnetC": "10.0.10.0/24",
}


def subnets(stack: Any, prefix: str = "") -> dict[str, Any]:
    return {
        name: resource.properties
        for name, resource in stack.resources.items()
        if resource.type == "AWS::EC2::Subnet" and name.startswith(prefix)
    }


def cidrs(stack: Any, prefix: str = "") -> dict[str, Any]:
    return {name: found["CidrBlock"] for name, found in subnets(stack, prefix).items()}


@pytest.mark.parametrize("isolated", ["false", "true"])
@pytest.mark.parametrize(("az_count", "zones"), [("2", "AB"), ("3", "ABC")])
def test_a_zone_or_a_tier_added_later_renumbers_no_subnet(
    az_count: str, zones: str, isolated: str
) -> None:
    stack = stack_of(network, AzCount=az_count, HasIsolatedTier=isolated)
    tiers = ("Public", "Private", "Isolated") if isolated == "true" else ("Public", "Private")
    assert cidrs(stack) == {
        name: cidr
        for name, cidr in LAYOUT.items()
        if name.startswith(tiers) and name.endswith(tuple(zones))
    }


@pytest.mark.parametrize(("vpc", "bits"), [("10.0.0.0/16", "12"), ("10.9.16.0/20", "8")])
def test_computed_subnets_fill_a_vpc_of_another_size_without_overlap(vpc: str, bits: str) -> None:
    stack = stack_of(network, VpcCidr=vpc, SubnetBits=bits, AzCount="3", HasIsolatedTier="true")
    ranges = [ipaddress.ip_network(cidr) for cidr in cidrs(stack).values()]
    assert len(ranges) == 9
    assert all(found.subnet_of(ipaddress.ip_network(vpc)) for found in ranges)
    assert not any(a.overlaps(b) for a in ranges for b in ranges if a is not b)


def test_explicit_ranges_are_taken_as_they_stand() -> None:
    stack = stack_of(
        network,
        PublicSubnetCidrs="10.0.1.0/24,10.0.2.0/24",
        PrivateSubnetCidrs="10.0.10.0/24, 10.0.11.0/24",
    )
    assert cidrs(stack) == {
        "PublicSubnetA": "10.0.1.0/24",
        "PublicSubnetB": "10.0.2.0/24",
        "PrivateSubnetA": "10.0.10.0/24",
        "PrivateSubnetB": "10.0.11.0/24",
    }
    assert stack.outputs["PublicSubnetCidrs"] == "10.0.1.0/24,10.0.2.0/24"


def test_a_list_that_is_too_short_names_what_is_missing() -> None:
    stack = stack_of(network, AzCount="3", PublicSubnetCidrs="10.0.1.0/24,10.0.2.0/24")
    assert cidrs(stack, "Public")["PublicSubnetC"] == "missing"
    assert cidrs(stack, "Private")["PrivateSubnetC"] == LAYOUT["PrivateSubnetC"]


def test_zones_can_be_named() -> None:
    stack = stack_of(network, AvailabilityZones="us-east-1b,us-east-1d")
    zones = {name: found["AvailabilityZone"] for name, found in subnets(stack, "Private").items()}
    assert zones == {"PrivateSubnetA": "us-east-1b", "PrivateSubnetB": "us-east-1d"}
    assert stack.outputs["AvailabilityZones"] == "us-east-1b,us-east-1d"


def test_no_subnet_gives_public_addresses() -> None:
    found = subnets(stack_of(network, AzCount="3", HasIsolatedTier="true"))
    assert not any(properties["MapPublicIpOnLaunch"] for properties in found.values())


def test_subnets_say_their_name_and_tier() -> None:
    tags = subnets(stack_of(network))["PrivateSubnetB"]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "Name": "app-private-b",
        "Tier": "private",
    }


def test_dns_names_work_inside_the_vpc() -> None:
    properties = stack_of(network).resources["Vpc"].properties
    assert properties["EnableDnsSupport"] is True
    assert properties["EnableDnsHostnames"] is True


@pytest.mark.parametrize(
    ("subnet", "table"),
    [
        *((f"PublicSubnet{zone}", "PublicRouteTable") for zone in "ABC"),
        *((f"PrivateSubnet{zone}", f"PrivateRouteTable{zone}") for zone in "ABC"),
        *((f"IsolatedSubnet{zone}", "IsolatedRouteTable") for zone in "ABC"),
    ],
)
def test_a_subnet_follows_the_route_table_of_its_tier_and_zone(subnet: str, table: str) -> None:
    resources = network.template().to_dict()["Resources"]
    [properties] = [
        found["Properties"]
        for found in resources.values()
        if found["Type"] == "AWS::EC2::SubnetRouteTableAssociation"
        and found["Properties"]["SubnetId"] == {"Ref": subnet}
    ]
    assert properties["RouteTableId"] == {"Ref": table}


def test_only_public_subnets_have_a_route_here_and_it_waits_for_the_gateway() -> None:
    stack = stack_of(network, AzCount="3", HasIsolatedTier="true")
    [route] = [found for found in stack.resources.values() if found.type == "AWS::EC2::Route"]
    assert route.properties["RouteTableId"].path == "PublicRouteTable"
    assert route.properties["GatewayId"].path == "InternetGateway"
    assert route.depends_on == ("GatewayAttachment",)


@pytest.mark.parametrize(("az_count", "zones"), [("2", "AB"), ("3", "ABC")])
@pytest.mark.parametrize(
    ("output", "resource"),
    [
        ("PublicSubnetIds", "PublicSubnet"),
        ("PrivateSubnetIds", "PrivateSubnet"),
        ("IsolatedSubnetIds", "IsolatedSubnet"),
        ("PrivateRouteTableIds", "PrivateRouteTable"),
    ],
)
def test_lists_have_one_member_for_each_zone_in_use(
    output: str, resource: str, az_count: str, zones: str
) -> None:
    value = stack_of(network, AzCount=az_count, HasIsolatedTier="true").outputs[output]
    members = [part.path for part in value.parts if part != ","]
    assert members == [f"{resource}{zone}" for zone in zones]


def test_without_an_isolated_tier_its_outputs_are_empty() -> None:
    outputs = stack_of(network).outputs
    assert outputs["IsolatedSubnetIds"] == ""
    assert outputs["IsolatedRouteTableIds"] == ""


@pytest.mark.parametrize(
    ("cidr", "is_allowed"),
    [
        ("10.0.0.0/16", True),
        ("192.168.240.0/20", True),
        ("10.0.0.0/8", False),
        ("10.0.0.0/28", False),
        ("10.0.0.256/16", False),
        ("10.0.0/16", False),
    ],
)
def test_the_range_of_the_vpc_is_checked_before_anything_is_made(
    cidr: str, is_allowed: bool
) -> None:
    pattern = network.template().to_dict()["Parameters"]["VpcCidr"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, cidr)) is is_allowed
