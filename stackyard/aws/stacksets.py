"""StackSets' calls, with answers as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError

PAGE = 100  # the most that the API takes


@dataclass(frozen=True)
class StackSet:
    name: str
    status: str
    body: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Instance:
    """A stack of a StackSet, or the place of one that was never made.

    Attributes:
        status: ``CURRENT``, ``OUTDATED`` or ``INOPERABLE``.
        detail: what the last operation came to here: ``SUCCEEDED``, ``FAILED``.
        reason: why.
        operation: id of the last operation.
    """

    account: str
    region: str
    status: str
    detail: str
    reason: str
    operation: str
    stack_id: str
    drift: str


def describe(account: Account, name: str, call_as: str) -> StackSet | None:
    """Return a StackSet, None if there is none of this name."""
    try:
        answer = _client(account, name).describe_stack_set(StackSetName=name, CallAs=call_as)
    except AwsError as error:
        if error.code in ("StackSetNotFoundException", "StackSetNotFound"):
            return None
        raise
    found = answer["StackSet"]
    return StackSet(
        found["StackSetName"],
        found["Status"],
        found["TemplateBody"],
        _values(found.get("Parameters", [])),
    )


def instances(account: Account, name: str, call_as: str) -> Iterator[Instance]:
    """Yield every instance of a StackSet."""
    pages = _client(account, name).get_paginator("list_stack_instances")
    given = {"StackSetName": name, "CallAs": call_as, "PaginationConfig": {"PageSize": PAGE}}
    for page in pages.paginate(**given):
        for row in page["Summaries"]:
            yield Instance(
                row["Account"],
                row["Region"],
                row.get("Status", ""),
                row.get("StackInstanceStatus", {}).get("DetailedStatus", ""),
                row.get("StatusReason", ""),
                row.get("LastOperationId", ""),
                row.get("StackId", ""),
                row.get("DriftStatus", ""),
            )


def overrides(account: Account, name: str, one: Instance, call_as: str) -> dict[str, str]:
    """Return the parameters that one instance has for itself."""
    answer = _client(account, name).describe_stack_instance(
        StackSetName=name,
        StackInstanceAccount=one.account,
        StackInstanceRegion=one.region,
        CallAs=call_as,
    )
    return _values(answer["StackInstance"].get("ParameterOverrides", []))


def failures(
    account: Account, name: str, operation: str, call_as: str
) -> Iterator[tuple[str, str, str]]:
    """Yield account, region and reason of what failed in an operation."""
    pages = _client(account, name).get_paginator("list_stack_set_operation_results")
    given = {"StackSetName": name, "OperationId": operation, "CallAs": call_as}
    for page in pages.paginate(**given):
        for row in page["Summaries"]:
            gate = row.get("AccountGateResult", {}).get("StatusReason", "")
            if row.get("Status") in ("FAILED", "CANCELLED"):
                yield row["Account"], row["Region"], row.get("StatusReason", "") or gate


def failed_operations(account: Account, name: str, call_as: str, since: datetime) -> Iterator[str]:
    """Yield the ids of the operations begun after *since* that failed or were stopped."""
    pages = _client(account, name).get_paginator("list_stack_set_operations")
    for page in pages.paginate(StackSetName=name, CallAs=call_as):
        for row in page["Summaries"]:
            if row["CreationTimestamp"] < since:  # the newest come first
                return
            if row["Status"] in ("FAILED", "STOPPED"):
                yield row["OperationId"]


def accounts_of(account: Account, unit: str) -> Iterator[str]:
    """Yield the active accounts of an organisational unit or root, and of the units below it."""
    client = account.client("organizations", unit)
    for page in client.get_paginator("list_accounts_for_parent").paginate(ParentId=unit):
        yield from (row["Id"] for row in page["Accounts"] if row.get("Status") == "ACTIVE")
    pages = client.get_paginator("list_organizational_units_for_parent")
    for page in pages.paginate(ParentId=unit):
        for row in page["OrganizationalUnits"]:
            yield from accounts_of(account, row["Id"])


def _values(rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["ParameterKey"]: row.get("ParameterValue", "") for row in rows}


def _client(account: Account, name: str) -> Any:
    return account.client("cloudformation", name)
