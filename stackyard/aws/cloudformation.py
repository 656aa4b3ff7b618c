"""CloudFormation's calls, as far as deploying needs them, with answers as plain values."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError

STACK = "AWS::CloudFormation::Stack"


@dataclass(frozen=True)
class Stack:
    id: str
    name: str
    status: str
    reason: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    termination_protection: bool
    changed: str = ""  # when it was created or last updated


@dataclass(frozen=True)
class Event:
    """One row of a stack's events."""

    id: str
    stack_id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str
    time: datetime
    token: str
    properties: str = ""  # of a resource that failed, as JSON

    @property
    def is_of_stack(self) -> bool:
        """Whether it is about the stack itself and not about a resource in it."""
        return self.physical_id == self.stack_id


@dataclass(frozen=True)
class Resource:
    logical_id: str
    physical_id: str
    type: str
    status: str


@dataclass(frozen=True)
class Change:
    """One row of a change set.

    Attributes:
        path: logical ids of the nested stacks that it is in, outermost first.
        action: ``Add``, ``Modify``, ``Remove``, ``Import`` or ``Dynamic``.
        logical_id: of the resource.
        physical_id: empty for what does not exist yet.
        type: of the resource.
        replacement: ``True``, ``False``, ``Conditional`` or empty.
        policy_action: what becomes of the old resource (``Delete``, ``ReplaceAndRetain``), or
            empty.
        details: which property changes and why, as AWS describes it.
        change_set_id: of the nested stack that this row is, where the endpoint makes one.
    """

    path: tuple[str, ...]
    action: str
    logical_id: str
    physical_id: str
    type: str
    replacement: str
    policy_action: str
    details: Sequence[Mapping[str, Any]]
    change_set_id: str = ""


@dataclass(frozen=True)
class ChangeSet:
    id: str
    stack_id: str
    status: str
    reason: str
    execution_status: str = ""  # AVAILABLE, OBSOLETE and others


def describe(account: Account, name: str) -> Stack | None:
    """Return the stack with *name* or id, None if there is none."""
    try:
        answer = _client(account, name).describe_stacks(StackName=name)
    except AwsError as error:
        if error.code == "ValidationError" and "does not exist" in error.reason:
            return None
        raise
    found = answer["Stacks"][0]
    return Stack(
        id=found["StackId"],
        name=found["StackName"],
        status=found["StackStatus"],
        reason=found.get("StackStatusReason", ""),
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])},
        parameters={
            one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", [])
        },
        tags={one["Key"]: one["Value"] for one in found.get("Tags", [])},
        termination_protection=found.get("EnableTerminationProtection", False),
        changed=str(found.get("LastUpdatedTime") or found.get("CreationTime", "")),
    )


def events(
    account: Account,
    stack_id: str,
    known: Container[str] = (),
    since: datetime | None = None,
) -> list[Event]:
    """Return the events of a stack after those *known* and not before *since*, oldest first.

    A page is read to its end even after one that is known: an event can come to light behind a
    younger one.
    """
    new: list[Event] = []
    for page in _event_pages(account, stack_id):
        is_last = False
        for row in page:
            if since and row["Timestamp"] < since:
                return new[::-1]
            if row["EventId"] in known:
                is_last = True
            else:
                new.append(_event(row))
        if is_last:
            break
    return new[::-1]


def newest_events(account: Account, stack_id: str) -> Iterator[Event]:
    """Yield all events of a stack, newest first, page by page as they are asked for."""
    for page in _event_pages(account, stack_id):
        yield from map(_event, page)


def _event_pages(account: Account, stack_id: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    pages = _client(account, stack_id).get_paginator("describe_stack_events")
    for page in pages.paginate(StackName=stack_id):
        yield page["StackEvents"]


def _event(row: Mapping[str, Any]) -> Event:
    status = row.get("ResourceStatus", "")
    return Event(
        id=row["EventId"],
        stack_id=row["StackId"],
        logical_id=row["LogicalResourceId"],
        physical_id=row.get("PhysicalResourceId", ""),
        type=row.get("ResourceType", ""),
        status=status,
        reason=row.get("ResourceStatusReason", ""),
        time=row["Timestamp"],
        token=row.get("ClientRequestToken", ""),
        properties=row.get("ResourceProperties", "") if status.endswith("_FAILED") else "",
    )


def resources(account: Account, stack_id: str) -> list[Resource]:
    """Return the resources of one stack, not of those nested in it."""
    pages = _client(account, stack_id).get_paginator("list_stack_resources")
    return [
        Resource(
            row["LogicalResourceId"],
            row.get("PhysicalResourceId", ""),
            row["ResourceType"],
            row["ResourceStatus"],
        )
        for page in pages.paginate(StackName=stack_id)
        for row in page["StackResourceSummaries"]
    ]


def create_change_set(account: Account, stack_name: str, **parameters: Any) -> ChangeSet:
    """Ask for a change set and return it as it is then; parameters are boto3's."""
    made = _client(account, stack_name).create_change_set(
        StackName=stack_name, IncludeNestedStacks=True, **parameters
    )
    return ChangeSet(made["Id"], made["StackId"], "CREATE_PENDING", "")


def describe_change_set(account: Account, change_set: ChangeSet) -> ChangeSet:
    """Return *change_set* as it is now."""
    found = _client(account, change_set.stack_id).describe_change_set(ChangeSetName=change_set.id)
    return ChangeSet(
        found["ChangeSetId"],
        found["StackId"],
        found["Status"],
        found.get("StatusReason", ""),
        found.get("ExecutionStatus", ""),
    )


def changes(account: Account, change_set_id: str, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Yield the changes of a change set and, where AWS tells them, of those nested in it."""
    pages = _client(account, change_set_id).get_paginator("describe_change_set")
    for page in pages.paginate(ChangeSetName=change_set_id, IncludePropertyValues=True):
        for row in page["Changes"]:
            found = row["ResourceChange"]
            yield Change(
                path=path,
                action=found["Action"],
                logical_id=found["LogicalResourceId"],
                physical_id=found.get("PhysicalResourceId", ""),
                type=found["ResourceType"],
                replacement=found.get("Replacement", ""),
                policy_action=found.get("PolicyAction", ""),
                details=found.get("Details", []),
                change_set_id=found.get("ChangeSetId", ""),
            )
            if nested := found.get("ChangeSetId"):
                yield from changes(account, nested, (*path, found["LogicalResourceId"]))


def execute(account: Account, change_set: ChangeSet, token: str) -> None:
    """Start what a change set describes."""
    _client(account, change_set.stack_id).execute_change_set(
        ChangeSetName=change_set.id, ClientRequestToken=token
    )


def delete_change_set(account: Account, change_set: ChangeSet) -> None:
    """Delete a change set with those nested in it."""
    _client(account, change_set.stack_id).delete_change_set(
        ChangeSetName=change_set.id, StackName=change_set.stack_id
    )


def delete(account: Account, stack_id: str, token: str) -> None:
    """Start to delete a stack."""
    _client(account, stack_id).delete_stack(StackName=stack_id, ClientRequestToken=token)


def protect(account: Account, stack_name: str, *, on: bool) -> None:
    """Switch the termination protection of a stack."""
    _client(account, stack_name).update_termination_protection(
        StackName=stack_name, EnableTerminationProtection=on
    )


def name_of(stack: str) -> str:
    """Return the name in a stack id or change set id, or *stack* itself if it is a name."""
    return stack.split("/")[1] if stack.startswith("arn:") else stack


def _client(account: Account, stack: str) -> Any:
    return account.client("cloudformation", name_of(stack))
