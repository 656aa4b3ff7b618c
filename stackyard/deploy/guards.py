"""Which changes the policies of a stack refuse.

No change set says so: CloudFormation looks at them when it updates, and rolls all of it back.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from stackyard.aws import cloudformation, validations
from stackyard.aws.account import Account
from stackyard.deploy.changes import ResourceChange
from stackyard.resolved.world import NESTED

Policy = Mapping[str, Any]
ACTIONS = {"modify": "Update:Modify", "remove": "Update:Delete"}


class Refusal(NamedTuple):
    """What a policy does not allow."""

    path: str
    action: str

    def __str__(self) -> str:
        return f"{self.action} of {self.path}"


def refusals(
    account: Account,
    stack_id: str,
    changes: Sequence[ResourceChange],
    kept: Collection[str] | None = None,
) -> list[Refusal]:
    """Return what the policies of a stack and of those nested in it do not allow of *changes*.

    Args:
        account: the stack's.
        stack_id: of the root stack.
        changes: to any of the resources.
        kept: paths of the nested stacks that will be there afterwards; all if None.
    """
    asked = dict.fromkeys(one for change in changes for one in _asked(change, kept))
    involved = {one.path.rpartition("/")[0] for one in asked}
    policies = dict(_policies(account, stack_id, involved))
    kinds = {change.path: change.type for change in changes}
    found = []
    for one in asked:
        policy = policies.get(one.path.rpartition("/")[0])
        if policy and not allows(policy, one, kinds.get(one.path, NESTED)):
            found.append(one)
    return found


def allows(policy: Policy, asked: Refusal, resource_type: str) -> bool:
    """Return whether a policy allows something; what no statement allows is refused.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
    """
    effects = {one["Effect"] for one in policy["Statement"] if _applies(one, asked, resource_type)}
    return "Allow" in effects and "Deny" not in effects


def _asked(change: ResourceChange, kept: Collection[str] | None) -> Iterator[Refusal]:
    """Yield what a change asks of its own stack and of those around it."""
    if change.action not in ACTIONS:
        return  # policies are about what is there
    action = ACTIONS[change.action]
    yield Refusal(change.path, action if change.replacement == "no" else "Update:Replace")
    around = change.path.rpartition("/")[0]
    while around:
        stays = kept is None or around in kept
        yield Refusal(around, "Update:Modify" if stays else "Update:Delete")
        around = around.rpartition("/")[0]


def _policies(
    account: Account, stack_id: str, involved: set[str], path: str = ""
) -> Iterator[tuple[str, Policy | None]]:
    """Yield the policies of the stacks that are *involved*, by their paths."""
    yield path, validations.stack_policy(account, stack_id)
    inside = f"{path}/" if path else ""
    if not any(one.startswith(inside) for one in involved - {path}):
        return
    for resource in cloudformation.resources(account, stack_id):
        inner = f"{inside}{resource.logical_id}"
        if inner in involved and resource.physical_id.startswith("arn:"):
            yield from _policies(account, resource.physical_id, involved, inner)


def _applies(statement: Mapping[str, Any], asked: Refusal, resource_type: str) -> bool:
    resource = f"LogicalResourceId/{asked.path.rpartition('/')[2]}"
    conditions = statement.get("Condition", {})
    return (
        _names(statement, "Action", asked.action)
        and _names(statement, "Resource", resource)
        and all(
            _matches(values.get("ResourceType", resource_type), resource_type)
            for values in conditions.values()
        )
    )


def _names(statement: Mapping[str, Any], key: str, value: str) -> bool:
    if key in statement:
        return _matches(statement[key], value)
    return f"Not{key}" in statement and not _matches(statement[f"Not{key}"], value)


def _matches(patterns: str | Sequence[str], value: str) -> bool:
    listed = [patterns] if isinstance(patterns, str) else patterns
    return any(fnmatchcase(value, one) for one in listed)
