"""The least that CloudFormation must be allowed to deploy the templates of a library.

Each resource type's provider schema states what its handlers call; cfn-lint ships the schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from stackyard import linter_data
from stackyard.local import schemas

POLICY_CHARACTERS = 6144  # of a managed policy, without white space
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICIES_PER_ROLE = 10
FRAME = len('{"Version":"2012-10-17","Statement":[]}')
SERVICE_LINKED = "iam:CreateServiceLinkedRole"
PASS = "iam:PassRole"
# Only with these does IAM look at the boundary that the request gives:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
BOUNDED = (
    *("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary"),
    *("iam:PutRolePolicy",),
)
LOOSENING = ("iam:DeleteRolePermissionsBoundary",)
# Reading tells no secret; a family of it takes one line
FAMILIES = ("Describe", "List")
# What CloudFormation itself calls for a template that has these in it
REFERENCES = {
    "{{resolve:secretsmanager": ("secretsmanager:GetSecretValue",),
    "{{resolve:ssm": ("ssm:GetParameter", "ssm:GetParameters"),
    "AWS::SSM::Parameter::Value<": ("ssm:GetParameters",),
}

Statement = dict[str, Any]


def actions(bodies: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the actions that the handlers of all resources in these templates call."""
    found = set()
    for body in bodies:
        kinds = {resource["Type"] for resource in body["Resources"].values()}
        found |= {action for kind in kinds for action in _of_type(kind)}
        text = json.dumps(body)
        for mark, more in REFERENCES.items():
            found |= set(more) if mark in text else set()
    return found


def policies(
    allowed: Iterable[str], prefixes: Sequence[str], boundary: bool = False
) -> dict[str, dict[str, Any]]:
    """Return managed policies for a role as resources of a template, by logical id.

    Args:
        allowed: actions.
        prefixes: what the names of stacks begin with, and so those of their roles.
        boundary: whether the template has the condition ``HasPermissionsBoundary``, so that roles
            are made only with the boundary.

    Raises:
        ValueError: they do not fit into the policies that a role may have.
    """
    statements = [*_statements(set(allowed), prefixes, boundary)]
    packed: list[list[Statement]] = []
    for statement in statements:
        if not packed or _size([*packed[-1], statement]) > POLICY_CHARACTERS:
            packed.append([])
        packed[-1].append(statement)
    if len(packed) > POLICIES_PER_ROLE:
        raise ValueError(f"{len(packed)} policies, and a role takes {POLICIES_PER_ROLE}")
    return {
        f"ExecutionPolicy{number}": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": "What CloudFormation calls for the resource types of the library",
                "PolicyDocument": {"Version": "2012-10-17", "Statement": group},
                "Roles": [{"Ref": "ExecutionRole"}],
            },
        }
        for number, group in enumerate(packed, 1)
    }


def _of_type(kind: str) -> Iterator[str]:
    try:
        schema = schemas.schema(kind)
    except KeyError:
        return  # a custom resource: CloudFormation calls its function or topic
    handlers = [*schema.get("handlers", {}).values(), schema.get("tagging", {})]
    for handler in handlers:
        yield from (action for action in handler.get("permissions", []) if _exists(action))


def _exists(action: str) -> bool:
    """Return whether IAM knows an action; the schemas have a few that it does not."""
    service, _, name = action.partition(":")
    known = linter_data.read("AdditionalSpecs/Policies.json").get(service, {}).get("Actions", {})
    if name.endswith("*"):
        return name[:-1].lower() != "" and any(one.startswith(name[:-1].lower()) for one in known)
    return name.lower() in known


def _statements(allowed: set[str], prefixes: Sequence[str], boundary: bool) -> Iterator[Statement]:
    roles = [_arn(f"role/{prefix}*") for prefix in prefixes]
    profiles = [_arn(f"instance-profile/{prefix}*") for prefix in prefixes]
    managed = [_arn(f"policy/{prefix}*") for prefix in prefixes]
    own = {one for one in allowed if one.startswith("iam:")}
    others = allowed - own
    own -= {SERVICE_LINKED, *LOOSENING}
    if SERVICE_LINKED in allowed:
        yield _allow([SERVICE_LINKED], [_arn("role/aws-service-role/*")])
    bounded = sorted(own & set(BOUNDED))
    if bounded:
        yield from _bounded(bounded, roles) if boundary else [_allow(bounded, roles)]
    passing = own & {PASS}
    if passing:
        yield _allow([PASS], roles)
    named = sorted(own - set(BOUNDED) - {PASS})
    if named:
        # one after the other: of all of them together no policy has room for many stacks
        yield from (_allow(named, some) for some in (roles, profiles, managed))
    services = sorted({one.partition(":")[0] for one in others})
    for service in services:
        # the ids of resources are not known before they exist
        names = _shortened(one for one in others if one.startswith(f"{service}:"))
        yield from _fitting(_allow(names, "*"))


def _fitting(statement: Statement) -> Iterator[Statement]:
    """Yield a statement, or the parts of one that no policy has room for."""
    names = statement["Action"]
    if _size([statement]) <= POLICY_CHARACTERS:
        yield statement
    else:
        for half in (names[: len(names) // 2], names[len(names) // 2 :]):
            yield from _fitting({**statement, "Action": half})


def _bounded(names: list[str], roles: Any) -> Iterator[Statement]:
    given = {"Ref": "PermissionsBoundaryArn"}
    condition = {"StringEquals": {"iam:PermissionsBoundary": given}}
    strict = {**_allow(names, roles), "Condition": condition}
    yield {"Fn::If": ["HasPermissionsBoundary", strict, _allow(names, roles)]}


def _shortened(names: Iterable[str]) -> list[str]:
    """Return actions, those of a family that only describes as one."""
    found = set()
    for name in names:
        service, _, action = name.partition(":")
        family = next((one for one in FAMILIES if action.startswith(one)), "")
        found.add(f"{service}:{family}*" if family else name)
    wide = tuple(one[:-1] for one in found if one.endswith("*"))
    return sorted(one for one in found if one.endswith("*") or not one.startswith(wide or ("\0",)))


def _allow(names: Iterable[str], resources: Any) -> Statement:
    return {"Effect": "Allow", "Action": sorted(names), "Resource": resources}


def _arn(name: str) -> dict[str, str]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:{name}"}


def _size(statements: Sequence[Statement]) -> int:
    """Return the characters of a policy as IAM counts them, intrinsics taken for their values."""
    text = json.dumps(statements, separators=(",", ":"))
    return len(text) + FRAME
