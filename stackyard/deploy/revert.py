"""Bring what has drifted back to its template, by a drift-aware change set."""

from __future__ import annotations

import time

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import ChangeSet, Stack
from stackyard.deploy import plan as planning
from stackyard.deploy.plan import POLL_SECONDS, Plan, Request, token
from stackyard.errors import DeployError

# A deployment changes only what its template changes, so that it brings nothing back
BY_HAND = "change the resources back by hand, to the values that drift names"


def prepare(account: Account, stack_name: str, role_arn: str = "") -> Plan | None:
    """Return a plan that reverts a stack's drift, None if there is nothing to revert.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html

    Args:
        account: the stack's.
        stack_name: of the root stack.
        role_arn: that CloudFormation acts with; the one that the stack has if empty.

    Raises:
        DeployError: this endpoint has no such change sets, or the stack cannot be updated now.
    """
    stack = _revertible(account, stack_name)
    try:
        change_set = _create(account, stack, role_arn)
    except DeployError as error:
        if "DeploymentMode" not in str(error):
            raise
        raise DeployError(
            f"{stack_name} in {account.region}: CloudFormation makes no drift-aware change sets "
            f"there ({error}); {BY_HAND}"
        ) from error
    try:
        made = _made(account, change_set)
        if made.status == "CREATE_COMPLETE":
            return planning.read(
                account, Request(stack_name=stack_name, role_arn=role_arn), made, stack
            )
    except BaseException:
        planning.discard(account, change_set, "update")
        raise
    planning.discard(account, made, "update")
    if any(text in made.reason for text in planning.EMPTY):
        return None
    raise DeployError(f"{stack_name}: CloudFormation cannot revert its drift: {made.reason}")


def _create(account: Account, stack: Stack, role_arn: str) -> ChangeSet:
    return cloudformation.create_change_set(
        account,
        stack.name,
        ChangeSetName=token(),
        ChangeSetType="UPDATE",
        UsePreviousTemplate=True,
        DeploymentMode="REVERT_DRIFT",
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in stack.parameters],
        Tags=[{"Key": name, "Value": value} for name, value in stack.tags.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        **({"RoleARN": role_arn} if role_arn else {}),
    )


def _revertible(account: Account, stack_name: str) -> Stack:
    if account.is_embedded:
        raise DeployError(
            f"{stack_name}: the embedded account has no drift-aware change sets; {BY_HAND}"
        )
    stack = cloudformation.describe(account, stack_name)
    if stack is None or stack.status not in planning.READY:
        status = f"is in {stack.status}" if stack else "is not deployed"
        raise DeployError(f"{stack_name}: {status}; its drift can be reverted when it is at rest")
    return stack


def _made(account: Account, change_set: ChangeSet) -> ChangeSet:
    while True:
        found = cloudformation.describe_change_set(account, change_set)
        if found.status in ("CREATE_COMPLETE", "FAILED"):
            return found
        time.sleep(POLL_SECONDS)
