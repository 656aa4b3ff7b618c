from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from templates_src.components.network_acl import network_acl
from tests.components.evaluated import stack_of

PARAMETERS = {
    "VpcId": "vpc-1",
    "VpcCidr": "10.0.0.0/16",
    "AzCount": "3",
    "PublicSubnetIds": "subnet-1,subnet-2,subnet-3",
    "PublicSubnetCidrs": "10.0.0.0/24,10.0.1.0/24,10.0.2.0/24",
    "PrivateSubnetIds": "subnet-4,subnet-5,subnet-6",
    "IsolatedSubnetIds": "subnet-7,subnet-8,subnet-9",
}
ENTRY, ASSOCIATION = "AWS::EC2::NetworkAclEntry", "AWS::EC2::SubnetNetworkAclAssociation"
ANYWHERE = "0.0.0.0/0"


@pytest.fixture(scope="module")
def stack() -> Any:
    return stack_of(network_acl, **PARAMETERS)


def entries(stack: Any, tier: str, *, egress: bool) -> list[tuple[str, str, int, Any]]:
    """Return action, range, protocol and ports of a tier's entries in the order AWS tries them."""
    found = [
        resource.properties
        for name, resource in stack.resources.items()
        if resource.type == ENTRY and name.startswith(tier)
    ]
    ordered = sorted(found, key=lambda entry: entry["RuleNumber"])
    return [
        (
            entry["RuleAction"],
            entry["CidrBlock"],
            entry["Protocol"],
            tuple((entry.get("PortRange") or {}).values()),
        )
        for entry in ordered
        if entry["Egress"] is egress
    ]


def test_public_subnets_admit_the_web_and_answers(stack: Any) -> None:
    admitted = entries(stack, "Public", egress=False)
    assert ("allow", ANYWHERE, 6, (80, 80)) in admitted
    assert ("allow", ANYWHERE, 6, (443, 443)) in admitted
    assert ("allow", ANYWHERE, 6, (1024, 65535)) in admitted
    assert not any(
        ports and ports[0] < 1024 and ports[0] not in (80, 443) for *_, ports in admitted
    )


def test_private_subnets_admit_no_port_below_1024_from_outside(stack: Any) -> None:
    from_outside = [e for e in entries(stack, "Private", egress=False) if e[1] == ANYWHERE]
    assert [ports for *_, ports in from_outside] == [(1024, 65535), (1024, 65535), ()]


def test_isolated_subnets_turn_public_ones_away_before_they_admit_the_vpc(stack: Any) -> None:
    assert entries(stack, "Isolated", egress=False)[:4] == [
        ("deny", "10.0.0.0/24", -1, ()),
        ("deny", "10.0.1.0/24", -1, ()),
        ("deny", "10.0.2.0/24", -1, ()),
        ("allow", "10.0.0.0/16", -1, ()),
    ]


def test_isolated_subnets_reach_the_vpc_and_gateway_endpoints_only(stack: Any) -> None:
    assert entries(stack, "Isolated", egress=True) == [
        ("allow", "10.0.0.0/16", -1, ()),
        ("allow", ANYWHERE, 6, (443, 443)),
    ]


def test_packets_that_are_too_big_are_reported(stack: Any) -> None:
    for tier in ("Public", "Private"):
        properties = stack.resources[f"{tier}InPacketTooBig"].properties
        assert properties["Protocol"] == 1
        assert properties["Icmp"] == {"Type": 3, "Code": 4}


def test_no_two_entries_of_an_acl_share_a_number(stack: Any) -> None:
    numbers = Counter(
        (found.properties["NetworkAclId"].path, found.properties["Egress"], number)
        for found in stack.resources.values()
        if found.type == ENTRY
        for number in [found.properties["RuleNumber"]]
    )
    assert set(numbers.values()) == {1}


def test_a_subnet_is_fenced_only_when_the_fence_has_its_gates(stack: Any) -> None:
    for name, resource in stack.resources.items():
        if resource.type == ASSOCIATION:
            tier = name.partition("Subnet")[0]
            assert f"{tier}InVpc" in resource.depends_on
            assert f"{tier}InReplies" in resource.depends_on


@pytest.mark.parametrize(("az_count", "count"), [("2", 4), ("3", 6)])
def test_every_subnet_in_use_is_behind_the_acl_of_its_tier(az_count: str, count: int) -> None:
    given = {**PARAMETERS, "AzCount": az_count, "IsolatedSubnetIds": ""}
    resources = stack_of(network_acl, **given).resources
    fenced = {name: one.properties for name, one in resources.items() if one.type == ASSOCIATION}
    assert len(fenced) == count
    assert not any(name.startswith("Isolated") for name in resources)
    assert fenced["PrivateSubnetAclB"]["SubnetId"] == "subnet-5"
