"""What guards a stack that is protected: its termination protection and stack policies.

A stack policy guards resources of its own stack only. The root's therefore forbids that a nested
stack which holds data goes, and the nested stack's own that the data in it goes. They hold for
consoles and other tools as well; ours is the data-loss gate.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stackyard.aws import cloudformation, validations
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK
from stackyard.resolved import Stack, System
from stackyard.resolved.world import NESTED
from stackyard.stateful import stateful_types

# AWS takes a policy off no stack; this one is as good as none:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
ALLOW = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
OPEN = {"Statement": [ALLOW]}


def policies(system: System, excepted: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    """Return the stack policy of each stack that holds data, by its path.

    Args:
        system: what is deployed.
        excepted: paths of resources that may go, and with them the stacks around them.
    """
    found = {}
    for stack in system.stacks():
        guarded = sorted(_guarded(stack, excepted))
        if guarded:
            deny = {
                "Effect": "Deny",
                "Action": ["Update:Replace", "Update:Delete"],
                "Principal": "*",
                "Resource": [f"LogicalResourceId/{one}" for one in guarded],
            }
            found[stack.path] = {"Statement": [ALLOW, deny]}
    return found


def apply(account: Account, stack_id: str, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Give a stack and those nested in it the policies *wanted*, and take them off all others."""
    for path, nested_id in _stacks(account, stack_id, ""):
        now = validations.stack_policy(account, nested_id)
        policy = wanted.get(path) or (OPEN if now else None)
        if policy and policy != now:
            validations.set_stack_policy(account, nested_id, policy)


def _guarded(stack: Stack, excepted: Collection[str]) -> Iterator[str]:
    for logical_id, resource in stack.resources.items():
        inside = f"{resource.path}/"
        if resource.path in excepted or any(one.startswith(inside) for one in excepted):
            continue
        if resource.type == NESTED:
            if _holds_data(stack.children[logical_id]):
                yield logical_id
        elif resource.type in stateful_types():
            yield logical_id


def _holds_data(stack: Stack) -> bool:
    kinds = stateful_types().keys() - {NESTED}
    return any(one.type in kinds for inner in stack.walk() for one in inner.resources.values())


def _stacks(account: Account, stack_id: str, path: str) -> Iterator[tuple[str, str]]:
    yield path, stack_id
    for resource in cloudformation.resources(account, stack_id):
        if resource.type == STACK and resource.physical_id.startswith("arn:"):
            inner = f"{path}/{resource.logical_id}" if path else resource.logical_id
            yield from _stacks(account, resource.physical_id, inner)
