"""moto's server with the type AWS::CloudFormation::StackSet, which moto itself lacks.

Runs in moto's environment, not in ours. CloudFormation's own handler of the type does no more than
these calls of the StackSet API. ``FAILING`` are accounts in which instances fail.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from moto.cloudformation.models import StackInstance, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import get_stack_from_s3_url
from moto.core.common_models import CloudFormationModel
from moto.core.exceptions import ServiceException
from moto.server import main

FAILING = set(os.environ.get("FAILING", "").split(","))
REASON = "Account {} should have 'stacksets-exec' role"


class StackSetResource(CloudFormationModel):
    """A StackSet as a resource of a stack."""

    __module__ = "moto.cloudformation"  # where moto looks for the service

    def __init__(self, stack_set: Any) -> None:
        self.stack_set = stack_set

    @property
    def physical_resource_id(self) -> str:
        return str(self.stack_set.id)

    @staticmethod
    def cloudformation_name_type() -> str:
        return "StackSetName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CloudFormation::StackSet"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "StackSetId"

    def get_cfn_attribute(self, _: str) -> str:
        return self.physical_resource_id

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
        **_: Any,
    ) -> StackSetResource:
        """Make it, or bring it to the properties: moto updates a nested stack by another one."""
        given = cloudformation_json["Properties"]
        backend = cloudformation_backends[account_id][region_name]
        body = get_stack_from_s3_url(given["TemplateURL"], account_id, "aws")
        name, roles = given["StackSetName"], ("AdministrationRoleARN", "ExecutionRoleName")
        there = [one for one in backend.stacksets.values() if one.name == name]
        made = (
            there[0]
            if there
            else backend.create_stack_set(
                name, body, {}, {}, given["PermissionModel"], *map(given.get, roles), None
            )
        )
        made.template = made.instances.template = body
        for group in given["StackInstancesGroup"]:
            targets = group["DeploymentTargets"]
            made.create_stack_instances(targets.get("Accounts", []), group["Regions"], targets, [])
        return cls(made)

    @classmethod
    def delete_from_cloudformation_json(cls, *_: Any) -> None:
        """Leave it: see above."""


def _told(self: StackInstance, told: Any = StackInstance.to_dict) -> dict[str, Any]:
    found: dict[str, Any] = told(self)
    if self.account_id in FAILING:
        found["Status"] = "OUTDATED"
        found["StackInstanceStatus"] = {"DetailedStatus": "FAILED"}
        found["StatusReason"] = REASON.format(self.account_id)
    return found


class UnknownActionError(ServiceException):
    """What an endpoint answers that has not heard of an action."""

    code = "InvalidAction"


def _unknown(_: CloudFormationResponse) -> None:
    raise UnknownActionError("there is no such action")


StackInstance.to_dict = _told
# moto's server answers with a page of HTML where it lacks an action
CloudFormationResponse.describe_events = _unknown

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
