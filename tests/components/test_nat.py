from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.nat import nat
from tests.components.evaluated import stack_of

NETWORK = {
    "VpcId": "vpc-1",
    "VpcCidr": "10.0.0.0/16",
    "AvailabilityZones": "us-east-1a,us-east-1b,us-east-1c",
    "PublicSubnetIds": "subnet-a,subnet-b,subnet-c",
    "PrivateRouteTableIds": "rtb-a,rtb-b,rtb-c",
}
TWO_ZONES = {
    **NETWORK,
    "AzCount": "2",
    "AvailabilityZones": "us-east-1a,us-east-1b",
    "PublicSubnetIds": "subnet-a,subnet-b",
    "PrivateRouteTableIds": "rtb-a,rtb-b",
}
THREE_ZONES = {**NETWORK, "AzCount": "3"}


def of_type(stack: Any, kind: str) -> dict[str, Any]:
    return {
        name: found.properties
        for name, found in stack.resources.items()
        if found.type == f"AWS::EC2::{kind}"
    }


def routes(stack: Any) -> dict[str, str]:
    """Return what the default route of each route table leads to."""
    found = of_type(stack, "Route").values()
    assert all(route["DestinationCidrBlock"] == "0.0.0.0/0" for route in found)
    targets = ("NatGatewayId", "NetworkInterfaceId")
    return {
        route["RouteTableId"]: next(route[name].path for name in targets if name in route)
        for route in found
    }


@pytest.mark.parametrize(
    ("kind", "network", "targets"),
    [
        ("none", TWO_ZONES, []),
        ("none", THREE_ZONES, []),
        ("instance", TWO_ZONES, ["NatInstanceInterface"] * 2),
        ("instance", THREE_ZONES, ["NatInstanceInterface"] * 3),
        ("single", TWO_ZONES, ["NatGatewayA"] * 2),
        ("single", THREE_ZONES, ["NatGatewayA"] * 3),
        ("per-az", TWO_ZONES, ["NatGatewayA", "NatGatewayB"]),
        ("per-az", THREE_ZONES, ["NatGatewayA", "NatGatewayB", "NatGatewayC"]),
    ],
)
def test_every_private_route_table_leads_out_by_the_nat_of_its_kind(
    kind: str, network: dict[str, str], targets: list[str]
) -> None:
    stack = stack_of(nat, Nat=kind, **network)
    assert routes(stack) == dict(zip(["rtb-a", "rtb-b", "rtb-c"], targets, strict=False))
    gateways = {target for target in targets if target.startswith("NatGateway")}
    assert of_type(stack, "NatGateway").keys() == gateways


@pytest.mark.parametrize("kind", ["instance", "single", "per-az"])
def test_another_kind_of_nat_changes_the_same_routes(kind: str) -> None:
    stack = stack_of(nat, Nat=kind, **TWO_ZONES)
    assert of_type(stack, "Route").keys() == {"PrivateDefaultRouteA", "PrivateDefaultRouteB"}


def test_a_gateway_stands_in_the_public_subnet_of_its_zone() -> None:
    gateways = of_type(stack_of(nat, Nat="per-az", **THREE_ZONES), "NatGateway")
    assert {name: found["SubnetId"] for name, found in gateways.items()} == {
        "NatGatewayA": "subnet-a",
        "NatGatewayB": "subnet-b",
        "NatGatewayC": "subnet-c",
    }


@pytest.mark.parametrize(
    ("kind", "addresses"),
    [
        ("none", []),
        ("instance", ["NatInstanceAddress"]),
        ("single", ["NatAddressA"]),
        ("per-az", ["NatAddressA", "NatAddressB"]),
    ],
)
def test_the_addresses_that_the_internet_sees_are_told(kind: str, addresses: list[str]) -> None:
    stack = stack_of(nat, Nat=kind, **TWO_ZONES)
    told = stack.outputs["NatPublicIps"]
    parts = getattr(told, "parts", (told,) if told else ())
    assert [part.path for part in parts if part != ","] == addresses
    assert sorted(of_type(stack, "EIP")) == addresses


def test_without_nat_the_stack_is_not_empty() -> None:
    stack = stack_of(nat, Nat="none", **TWO_ZONES)
    [nothing] = stack.resources.values()
    assert nothing.type == "AWS::CloudFormation::WaitConditionHandle"


def test_the_instance_forwards_what_is_not_its_own() -> None:
    stack = stack_of(nat, Nat="instance", **TWO_ZONES)
    interface = stack.resources["NatInstanceInterface"].properties
    assert interface["SourceDestCheck"] is False
    assert interface["SubnetId"] == "subnet-a"


def test_the_instance_is_reached_from_the_vpc_only() -> None:
    stack = stack_of(nat, Nat="instance", **TWO_ZONES)
    [rule] = stack.resources["NatInstanceSecurityGroup"].properties["SecurityGroupIngress"]
    assert rule["CidrIp"] == "10.0.0.0/16"


def test_the_group_of_one_waits_for_the_way_to_the_internet() -> None:
    group = stack_of(nat, Nat="instance", **TWO_ZONES).resources["NatInstanceGroup"]
    assert group.depends_on == ("NatInstanceAddressAssociation",)
    assert group.properties["AvailabilityZones"] == ["us-east-1a"]


def test_the_instance_may_do_nothing_but_be_managed() -> None:
    role = stack_of(nat, Nat="instance", **TWO_ZONES).resources["NatInstanceRole"].properties
    assert role["ManagedPolicyArns"] == ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"]
    assert "Policies" not in role
    assert "PermissionsBoundary" not in role


def test_the_role_takes_a_permissions_boundary() -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    stack = stack_of(nat, Nat="instance", PermissionsBoundaryArn=boundary, **TWO_ZONES)
    assert stack.resources["NatInstanceRole"].properties["PermissionsBoundary"] == boundary
