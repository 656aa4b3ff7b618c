"""One deployed resource with its live properties."""

from __future__ import annotations

import json
from typing import Any

from stackyard.aws import ecs
from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.observe.tree import Found

# Cloud Control's refusals that say it does not do this type, or does not know this one
CANNOT = {
    "UnsupportedActionException": "Cloud Control cannot read this type",
    "TypeNotFoundException": "Cloud Control does not know this type",
    "ResourceNotFoundException": "Cloud Control does not find it",
    "InvalidRequestException": "Cloud Control wants another identifier than CloudFormation has",
    "ValidationException": "Cloud Control wants another identifier than CloudFormation has",
    "InvalidAction": "this endpoint has no Cloud Control",
}


def live(account: Account, found: Found) -> tuple[Any, str]:
    """Return the properties of a resource as they are now, or None and why they cannot be read.

    Raises:
        DeployError: AWS cannot be asked.
    """
    client = account.client("cloudcontrol", found.name)
    identifier = found.physical_id
    if found.type == ecs.SERVICE:  # whose identifier has two parts, and CloudFormation's id one
        identifier = f"{identifier}|{ecs.cluster_of(identifier)}"
    try:
        answer = client.get_resource(TypeName=found.type, Identifier=identifier)
    except AwsError as error:
        if error.code in CANNOT:
            return None, f"{CANNOT[error.code]} ({error.reason.rstrip('.')})"
        raise
    return json.loads(answer["ResourceDescription"]["Properties"]), ""
