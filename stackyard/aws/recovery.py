"""CloudFormation's calls for stacks that are stuck, that give something up or that are to go."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Stack
from stackyard.aws.errors import AwsError
from stackyard.aws.template_text import parsed

NEVER_EXECUTED = ("AVAILABLE", "UNAVAILABLE", "OBSOLETE", "EXECUTE_FAILED")


@dataclass(frozen=True)
class LeftoverChangeSet:
    """A change set that nobody has executed."""

    id: str
    name: str
    created: str


def template(account: Account, stack_id: str) -> dict[str, Any]:
    """Return the template that a stack was deployed from, as plain data."""
    answer = _client(account, stack_id).get_template(StackName=stack_id, TemplateStage="Processed")
    body = answer["TemplateBody"]
    # botocore has read it already if it is JSON
    return parsed(body) if isinstance(body, str) else json.loads(json.dumps(body))


def change_sets(account: Account, stack_id: str) -> list[LeftoverChangeSet]:
    """Return the change sets of a stack that were never executed."""
    name = cloudformation.name_of(stack_id)
    pages = _client(account, stack_id).get_paginator("list_change_sets")
    return [
        LeftoverChangeSet(
            row["ChangeSetId"], row["ChangeSetName"], str(row.get("CreationTime", ""))
        )
        for page in pages.paginate(StackName=name)
        for row in page["Summaries"]
        # those of nested stacks go with their root's
        if row.get("ExecutionStatus") in NEVER_EXECUTED and not row.get("ParentChangeSetId")
    ]


def delete_change_set(account: Account, stack_id: str, change_set_id: str) -> None:
    """Delete a change set; one that is gone already is no error."""
    try:
        _client(account, stack_id).delete_change_set(ChangeSetName=change_set_id)
    except AwsError as error:
        if error.code != "ChangeSetNotFound":
            raise


def roll_back(account: Account, stack_id: str, token: str) -> None:
    """Start to bring a stack whose update failed back to what it was before."""
    _client(account, stack_id).rollback_stack(StackName=stack_id, ClientRequestToken=token)


def continue_rollback(account: Account, stack_id: str, skip: Sequence[str], token: str) -> None:
    """Start to continue the rollback of an update.

    Args:
        account: the stack's.
        stack_id: of the root stack; AWS takes no nested one here.
        skip: resources to leave as they are: ``LogicalId`` or ``name-of-nested-stack.LogicalId``.
        token: by which AWS knows a repeated request.
    """
    left_out = {"ResourcesToSkip": list(skip)} if skip else {}
    _client(account, stack_id).continue_update_rollback(
        StackName=stack_id, ClientRequestToken=token, **left_out
    )


def delete(account: Account, stack_id: str, retain: Sequence[str], token: str) -> None:
    """Start to delete a stack without some of its own resources.

    Args:
        account: the stack's.
        stack_id: of the stack, which is in DELETE_FAILED if *retain* is not empty.
        retain: logical ids of what is to exist on.
        token: by which AWS knows a repeated request.
    """
    kept = {"RetainResources": list(retain)} if retain else {}
    _client(account, stack_id).delete_stack(StackName=stack_id, ClientRequestToken=token, **kept)


def update(
    account: Account, stack: Stack, source: dict[str, str], unlocked: str, token: str
) -> None:
    """Start to update a stack to another template with everything else as it is.

    Args:
        account: the stack's.
        stack: which.
        source: ``TemplateBody`` or ``TemplateURL``.
        unlocked: logical id of the resource that a stack policy shall not protect this time.
        token: by which AWS knows a repeated request.
    """
    client = _client(account, stack.id)
    allowed = {"Effect": "Allow", "Action": "Update:*", "Principal": "*"}
    policy = {"Statement": [{**allowed, "Resource": f"LogicalResourceId/{unlocked}"}]}
    override = (
        {"StackPolicyDuringUpdateBody": json.dumps(policy)}
        if client.get_stack_policy(StackName=stack.id).get("StackPolicyBody")
        else {}
    )
    client.update_stack(
        StackName=stack.id,
        Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in stack.parameters],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        ClientRequestToken=token,
        **source,
        **override,
    )


def owner(account: Account, physical_id: str) -> str:
    """Return the name of the living stack that holds a resource, empty if none does."""
    try:
        answer = account.client("cloudformation", physical_id).describe_stack_resources(
            PhysicalResourceId=physical_id
        )
    except AwsError as error:
        if error.code == "ValidationError" and "does not exist" in error.reason:
            return ""
        raise
    rows = [row for row in answer["StackResources"] if row["PhysicalResourceId"] == physical_id]
    gone = ("DELETE_COMPLETE", "DELETE_SKIPPED")
    return next((row["StackName"] for row in rows if row["ResourceStatus"] not in gone), "")


def last_deleted(account: Account, stack_name: str) -> str:
    """Return the id of the last stack of this name that was deleted, empty if there is none.

    CloudFormation remembers deleted stacks for 90 days.
    """
    pages = account.client("cloudformation", stack_name).get_paginator("list_stacks")
    found = [
        row
        for page in pages.paginate(StackStatusFilter=["DELETE_COMPLETE"])
        for row in page["StackSummaries"]
        if row["StackName"] == stack_name and not row.get("ParentId")
    ]
    found.sort(key=lambda row: row.get("DeletionTime", row["CreationTime"]))
    return str(found[-1]["StackId"]) if found else ""


def _client(account: Account, stack: str) -> Any:
    return account.client("cloudformation", cloudformation.name_of(stack))
