"""What CloudFormation's early validation finds in a change set, and the policies of stacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError

# How an endpoint says that it does not know an operation
UNKNOWN = ("InvalidAction", "UnknownOperationException", "UnknownAction", "NotImplemented", "404")
FINDING = "VALIDATION_ERROR"
HOOK = "HOOK_INVOCATION_ERROR"


@dataclass(frozen=True)
class Validation:
    """One finding of CloudFormation itself, before anything is changed.

    Attributes:
        stack: name of the stack, nested or not.
        logical_id: of the resource; empty if it is about the stack.
        name: of the validation or hook.
        reason: AWS's words.
        path: of the property, as AWS writes it.
        fails: whether it keeps the change set from being executed.
    """

    stack: str
    logical_id: str
    name: str
    reason: str
    path: str
    fails: bool

    def __str__(self) -> str:
        where = "/".join(filter(None, (self.stack, self.logical_id))) + self.path
        return f"{where}: {self.reason.rstrip('.')} ({self.name})"


def of_change_set(account: Account, change_set_id: str) -> list[Validation] | None:
    """Return what early validation says of a change set, None if the endpoint has none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
    """
    client = account.client("cloudformation", cloudformation.name_of(change_set_id))
    try:
        pages = list(client.get_paginator("describe_events").paginate(ChangeSetName=change_set_id))
    except AwsError as error:
        if error.code in UNKNOWN:
            return None
        raise
    rows = [row for page in pages for row in page["OperationEvents"]]
    return [_validation(row) for row in rows if row.get("EventType") in (FINDING, HOOK)]


def stack_policy(account: Account, stack_id: str) -> Mapping[str, Any] | None:
    """Return the policy of a stack, None if it has none."""
    client = account.client("cloudformation", cloudformation.name_of(stack_id))
    body = client.get_stack_policy(StackName=stack_id).get("StackPolicyBody")
    return json.loads(body) if body else None


def set_stack_policy(account: Account, stack_id: str, policy: Mapping[str, Any]) -> None:
    """Set the policy of a stack."""
    client = account.client("cloudformation", cloudformation.name_of(stack_id))
    client.set_stack_policy(StackName=stack_id, StackPolicyBody=json.dumps(policy))


def _validation(row: Mapping[str, Any]) -> Validation:
    mode = row.get("ValidationFailureMode") or row.get("HookFailureMode") or "FAIL"
    return Validation(
        stack=cloudformation.name_of(row.get("StackId", "")),
        logical_id=row.get("LogicalResourceId", ""),
        name=row.get("ValidationName") or row.get("HookType", ""),
        reason=row.get("ValidationStatusReason") or row.get("HookStatusReason", ""),
        path=row.get("ValidationPath", ""),
        fails=mode == "FAIL",
    )
