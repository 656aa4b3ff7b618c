"""What a stack holds, through all nesting, and what becomes of each resource when it is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Resource
from stackyard.stateful import stateful_types

KEEPING = ("Retain", "RetainExceptOnCreate")
# What deletes a database keeps a snapshot of it unless the template says otherwise:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
SNAPSHOT_BY_DEFAULT = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance")
CLUSTER = "DBClusterIdentifier"
# What deletes slowly or fills again says one of these
PASSING = ("dependent object", "DependencyViolation", "has dependencies", "in use", "InUse")
FULL = ("not empty", "NotEmpty", "contains images")
NOT_THERE = ("DELETE_COMPLETE", "DELETE_SKIPPED")


@dataclass(frozen=True)
class Holding:
    """One resource in a stack or in one nested in it.

    Attributes:
        path: ``Network/Vpc``.
        stack_id: of the stack that it is directly in.
        resource: as CloudFormation lists it.
        policy: its DeletionPolicy.
        in_cluster: whether it is an instance of a database cluster, which holds the data itself.
    """

    path: str
    stack_id: str
    resource: Resource
    policy: str
    in_cluster: bool = False

    @property
    def type(self) -> str:
        """Return its type."""
        return self.resource.type

    @property
    def physical_id(self) -> str:
        """Return its physical id."""
        return self.resource.physical_id

    @property
    def is_stateful(self) -> bool:
        """Whether it holds what nobody can bring back."""
        return self.type in stateful_types() and not self.in_cluster

    @property
    def loss(self) -> str:
        """Return what is lost with it."""
        return stateful_types().get(self.type, "nothing that a deployment does not bring back")


def holdings(account: Account, stack_id: str, path: tuple[str, ...] = ()) -> Iterator[Holding]:
    """Yield the resources that exist in a stack and in those nested in it; no nested stacks."""
    declared = recovery.template(account, stack_id).get("Resources", {})
    for resource in cloudformation.resources(account, stack_id):
        inner = (*path, resource.logical_id)
        if resource.status in NOT_THERE or not resource.physical_id:
            continue
        if resource.type == STACK:
            if cloudformation.describe(account, resource.physical_id):
                yield from holdings(account, resource.physical_id, inner)
        else:
            definition = declared.get(resource.logical_id, {})
            policy = deletion_policy(resource.type, definition)
            in_cluster = CLUSTER in definition.get("Properties", {})
            yield Holding("/".join(inner), stack_id, resource, policy, in_cluster)


def deletion_policy(resource_type: str, definition: Mapping[str, Any]) -> str:
    """Return the DeletionPolicy that CloudFormation applies.

    One that a function computes counts as Delete: what may be lost is taken for lost.
    """
    given = definition.get("DeletionPolicy")
    if isinstance(given, str):
        return given
    alone = CLUSTER not in definition.get("Properties", {})
    kept = given is None and resource_type in SNAPSHOT_BY_DEFAULT and alone
    return "Snapshot" if kept else "Delete"


def nested_stacks(account: Account, stack_id: str) -> Iterator[cloudformation.Stack]:
    """Yield a stack and those nested in it that exist, innermost first."""
    for resource in cloudformation.resources(account, stack_id):
        if resource.type == STACK and resource.physical_id.startswith("arn:"):
            yield from nested_stacks(account, resource.physical_id)
    stack = cloudformation.describe(account, stack_id)
    if stack and stack.status != "DELETE_COMPLETE":
        yield stack


def is_passing(reason: str) -> bool:
    """Return whether what stopped a deletion may pass: something deletes slowly or filled again."""
    return any(text in reason for text in (*PASSING, *FULL))
