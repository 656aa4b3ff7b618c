"""CloudFormation's drift detection, one stack at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stackyard.aws import cloudformation
from stackyard.aws.account import Account


@dataclass(frozen=True)
class Property:
    """One property that is not as the template says; values as AWS writes them."""

    path: str
    kind: str
    expected: str
    actual: str


@dataclass(frozen=True)
class Drifted:
    logical_id: str
    physical_id: str
    type: str
    status: str
    properties: Sequence[Property]


def detect(account: Account, stack_id: str) -> str:
    """Start to look for drift in a stack, not in those nested in it; return an id."""
    client = account.client("cloudformation", cloudformation.name_of(stack_id))
    return str(client.detect_stack_drift(StackName=stack_id)["StackDriftDetectionId"])


def detected(account: Account, detection: str) -> tuple[str, str]:
    """Return the status of a search, ``DETECTION_COMPLETE`` in the end, and its reason."""
    client = account.client("cloudformation")
    found = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    return found["DetectionStatus"], found.get("DetectionStatusReason", "")


def drifted(account: Account, stack_id: str) -> list[Drifted]:
    """Return the resources of a stack that were changed or deleted behind its back."""
    return [_drifted(row) for row in _rows(account, stack_id, ["MODIFIED", "DELETED"])]


def _rows(account: Account, stack_id: str, statuses: list[str]) -> list[dict[str, Any]]:
    client = account.client("cloudformation", cloudformation.name_of(stack_id))
    asked: dict[str, Any] = {"StackName": stack_id, "StackResourceDriftStatusFilters": statuses}
    found: list[dict[str, Any]] = []
    while True:  # boto3 has no paginator for it
        answer = client.describe_stack_resource_drifts(**asked)
        found += answer["StackResourceDrifts"]
        if not answer.get("NextToken"):
            return found
        asked["NextToken"] = answer["NextToken"]


def _drifted(row: dict[str, Any]) -> Drifted:
    return Drifted(
        row["LogicalResourceId"],
        row.get("PhysicalResourceId", ""),
        row["ResourceType"],
        row["StackResourceDriftStatus"],
        [
            Property(
                one["PropertyPath"].strip("/").replace("/", "."),
                one["DifferenceType"],
                one["ExpectedValue"],
                one["ActualValue"],
            )
            for one in row.get("PropertyDifferences", [])
        ],
    )
