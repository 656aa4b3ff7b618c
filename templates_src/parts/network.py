"""Addresses, and what security groups and network ACLs say about them."""

from __future__ import annotations

from troposphere import AWSHelperFn, Equals, Join, Not, Select, Split, Sub, Tags
from troposphere.ec2 import SecurityGroupRule

from templates_src.contract import Value

ZONES = ("A", "B", "C")  # how logical ids call the zones of a VPC

OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
ADDRESS = rf"{OCTET}(\.{OCTET}){{3}}"
ANYWHERE = "0.0.0.0/0"
EPHEMERAL = (1024, 65535)  # ports that NAT gateways, load balancers and Lambda reply on

# EC2 gives a group without egress rules one that allows everything; a rule that reaches nobody
# prevents that: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ec2-security-group.html
NO_EGRESS = [
    SecurityGroupRule(
        CidrIp="127.0.0.1/32", IpProtocol="-1", Description="Opens no connection of its own"
    )
]


def member(values: Value, index: int) -> AWSHelperFn:
    """Return member *index* of a comma-joined list, ``missing`` where the list is shorter.

    CloudFormation refuses a template that selects beyond the end of a list, with a message that
    names no parameter. ``missing`` is refused by the property it stands in, and only if it is used.

    Args:
        values: a parameter that is a list.
        index: 0, 1 or 2.
    """
    padded = Join(",", [Join(",", values), *["missing"] * 3])
    return Select(index, Split(",", padded))


def name_tag(*words: str) -> Tags:
    """Return the tag that consoles show: the stack's name and *words*, hyphenated."""
    return Tags(Name=Sub("-".join(["${AWS::StackName}", *(word.lower() for word in words)])))


def is_in_list(value: str, values: Value) -> AWSHelperFn:
    """Return the condition that *value* is a member of a list; ``Fn::Contains`` is for rules only.

    A string that is split at what it does not contain stays whole.
    """
    listed = Join("", [",", Join(",", values), ","])
    return Not(Equals(Select(0, Split(f",{value},", listed)), listed))
