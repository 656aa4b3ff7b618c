"""Roles and policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import AWSHelperFn, Equals, If, Not, NoValue, Ref, Sub, Template
from troposphere.iam import Policy, Role

from templates_src.contract import Value, contract, parameter

Statement = dict[str, Any]

# Services that state the account they act for when they assume a role; for others the condition
# would never hold. Each has its page; ECS's, which promises it for the role of a task but not for
# the one that prepares it, is
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
STATE_THEIR_ACCOUNT = {"ecs-tasks", "monitoring.rds", "scheduler", "vpc-flow-logs"}


@contract
class Bounded:
    """What every component with roles takes."""

    permissions_boundary_arn: Value = parameter(
        "ARN of the managed policy that bounds every role of this stack; none if empty.",
        default="",
        group="Permissions",
        AllowedPattern="^$|arn:.*",
    )


def allow(actions: Sequence[str], resources: Any, **more: Any) -> Statement:
    """Return a statement that allows *actions* on *resources* (one ARN or several).

    Args:
        actions: as IAM spells them, ``s3:GetObject``.
        resources: ``"*"`` only with the reason in a comment beside the call.
        more: other elements, such as ``Condition``.
    """
    return {"Effect": "Allow", "Action": list(actions), "Resource": resources, **more}


def document(*statements: Statement | AWSHelperFn) -> dict[str, Any]:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(service: str, *, guarded: bool = True) -> dict[str, Any]:
    """Return the trust policy for *service*, such as ``ecs-tasks``.

    Where the service supports it, only for this account, so that it never acts for somebody else:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if guarded and service in STATE_THEIR_ACCOUNT:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}}
    return document(statement)


def role(
    t: Template,
    title: str,
    *,
    service: str,
    boundary: Value,
    statements: Mapping[str, Sequence[Statement | AWSHelperFn]] | None = None,
    managed: Sequence[str] = (),
    **more: Any,
) -> Role:
    """Return a role without a name, so that it needs no CAPABILITY_NAMED_IAM and never collides.

    Args:
        t: template that gets the condition ``HasPermissionsBoundary``; the role is not added.
        title: logical id.
        service: who assumes it, such as ``lambda``.
        boundary: the component's ``permissions_boundary_arn``.
        statements: inline policies by name.
        managed: names of AWS managed policies, ``service-role/AWSLambdaVPCAccessExecutionRole``.
        more: other properties of the role.
    """
    if "HasPermissionsBoundary" not in t.conditions:
        t.add_condition("HasPermissionsBoundary", Not(Equals(boundary, "")))
    properties: dict[str, Any] = {
        "AssumeRolePolicyDocument": trust(service),
        "PermissionsBoundary": If("HasPermissionsBoundary", boundary, NoValue),
    }
    if managed:
        properties["ManagedPolicyArns"] = [
            Sub(f"arn:${{AWS::Partition}}:iam::aws:policy/{name}") for name in managed
        ]
    if statements:
        properties["Policies"] = [
            Policy(PolicyName=name, PolicyDocument=document(*policy))
            for name, policy in statements.items()
        ]
    return Role(title, **{**properties, **more})
