"""Approved plans: a change set that one run makes and another executes, exactly or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import ChangeSet
from stackyard.aws.errors import AwsError
from stackyard.deploy import plan as planning
from stackyard.deploy.plan import NEW, Plan, Request
from stackyard.errors import DeployError


@dataclass(frozen=True, kw_only=True)
class Approved:
    """What a plan file says.

    Attributes:
        account: twelve digits.
        region: of the stack.
        stack_name: of the root stack.
        stack_id: likewise.
        stack_status: when the plan was made.
        stack_changed: when the stack had last been updated then.
        change_set_id: AWS's own.
        template_url: with the digest of all templates.
        parameters: of the root stack.
        tags: likewise.
    """

    account: str
    region: str
    stack_name: str
    stack_id: str
    stack_status: str
    stack_changed: str
    change_set_id: str
    template_url: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]


def write(path: Path, account: Account, made: Plan) -> None:
    """Write a plan whose change set is kept."""
    change_set, request = made.change_set, made.request
    stack = cloudformation.describe(account, change_set.stack_id)
    content = Approved(
        account=account.id,
        region=account.region,
        stack_name=request.stack_name,
        stack_id=change_set.stack_id,
        stack_status=stack.status if stack else "",
        stack_changed=stack.changed if stack else "",
        change_set_id=change_set.id,
        template_url=request.template_url,
        parameters=request.parameters,
        tags=request.tags,
    )
    path.write_text(json.dumps(asdict(content), indent=2) + "\n", "utf-8")


def read(path: Path) -> Approved:
    """Return what a plan file says.

    Raises:
        DeployError: it is none.
    """
    try:
        return Approved(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DeployError(f"{path}: is no plan ({error}); make one with plan --out") from None


def prepare(account: Account, request: Request, approved: Approved) -> Plan:
    """Return the plan that was approved, ready to be executed.

    Args:
        account: where.
        request: what the sources say now.
        approved: the plan file.

    Raises:
        DeployError: stack, template, parameters or account are not those of the plan.
    """
    where = f"{approved.stack_name} in {approved.region}"
    moved = [*_moved(account, request, approved)]
    if moved:
        raise DeployError(f"{where}: {'; '.join(moved)} since the plan was made; plan again")
    stack = cloudformation.describe(account, approved.stack_id)
    if stack is None or (stack.status, stack.changed) != (
        approved.stack_status,
        approved.stack_changed,
    ):
        now = f"it is in {stack.status}" if stack else "it is gone"
        raise DeployError(
            f"{where}: the stack has moved since the plan was made, {now}; plan again"
        )
    known = None if stack.status == NEW else stack
    found = planning.read(account, request, _change_set(account, approved, where), known)
    return replace(found, approved=True)


def _moved(account: Account, request: Request, approved: Approved) -> list[str]:
    """Return what is not as the plan says."""
    pairs = {
        "the account": (account.id, approved.account),
        "the region": (account.region, approved.region),
        "the stack": (request.stack_name, approved.stack_name),
        "the templates": (request.template_url, approved.template_url),
        "the tags": (dict(request.tags), dict(approved.tags)),
    }
    found = [f"{name} changed" for name, (now, then) in pairs.items() if now != then]
    if "the templates changed" not in found:
        now, then = request.parameters, approved.parameters
        names = sorted(one for one in {*now, *then} if now.get(one) != then.get(one))
        found += [f"parameter {', '.join(names)} changed"] if names else []
    return found


def _change_set(account: Account, approved: Approved, where: str) -> ChangeSet:
    made = ChangeSet(approved.change_set_id, approved.stack_id, "", "")
    try:
        found = cloudformation.describe_change_set(account, made)
    except AwsError as error:
        if error.code != "ChangeSetNotFound":
            raise
        raise DeployError(f"{where}: the approved change set is gone; plan again") from error
    if found.execution_status != "AVAILABLE":
        status = found.execution_status
        raise DeployError(f"{where}: the approved change set is {status}; plan again")
    return found
