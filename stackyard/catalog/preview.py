"""What an upgrade of a provisioned product would change, by a plan that never outlives it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.aws import cloudformation, servicecatalog
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK
from stackyard.aws.servicecatalog import Plan, Provisioned
from stackyard.catalog import fetched, offers
from stackyard.deploy.changes import Action, Replacement, ResourceChange
from stackyard.deploy.compare import compare
from stackyard.errors import DeployError
from stackyard.library import known
from stackyard.resolved import resolve

POLL_SECONDS = 2.0
GIVE_UP_SECONDS = 600.0
ACTIONS: Mapping[str, Action] = {"ADD": "add", "MODIFY": "modify", "REMOVE": "remove"}
REPLACES: Mapping[str, Replacement] = {"TRUE": "yes", "FALSE": "no", "CONDITIONAL": "maybe"}


@dataclass(frozen=True)
class Upgrade:
    """What one provisioned product would go through.

    Attributes:
        name: of the provisioned product.
        before: version that it runs.
        after: version that it would run.
        planned: changes of the root stack, as Service Catalog says them.
        nested: changes at any depth, from the templates of both versions; None if they, or the
            parameters of the stack, cannot be read from here.
        note: why not.
    """

    name: str
    before: str
    after: str
    planned: tuple[ResourceChange, ...]
    nested: tuple[ResourceChange, ...] | None = None
    note: str = ""


def preview(
    account: Account,
    one: Provisioned,
    version: str,
    prefixes: Mapping[str, str],
    bucket: str = "",
) -> Upgrade:
    """Return what an upgrade to *version* would change.

    Args:
        account: the portfolio's, or that of the provisioned product.
        one: the provisioned product.
        version: name of a version of its product.
        prefixes: where the build of each version is; without them only the plan speaks.
        bucket: of the templates.

    Raises:
        BuildError: there is no such version.
        DeployError: Service Catalog makes no plan.
    """
    found = {row.name: row.id for row in servicecatalog.versions(account, one.product_id)}
    artifact = found[known("version", version, found, one.product)]
    stack = cloudformation.describe(account, one.stack_id) if one.stack_id else None
    given = stack.parameters if stack else {}
    plan = _planned(account, one, artifact, given)
    changes = tuple(_change(row) for row in plan.changes)
    nested, note = None, "its stack is not in this account"
    if stack and bucket:
        nested, note = _compared(account, one, version, prefixes, bucket, given)
    return Upgrade(one.name, one.version, version, changes, nested, note)


def _planned(account: Account, one: Provisioned, artifact: str, given: Mapping[str, str]) -> Plan:
    path = servicecatalog.launch_path(account, one.product_id)
    if not path:
        raise DeployError(
            f"{one.name}: no portfolio lets you launch {one.product}, so that nothing can be"
            " planned; add yourself to its principals"
        )
    takes = servicecatalog.parameters(account, one.product_id, artifact, path)
    token = f"stackyard-{uuid.uuid4().hex}"
    plan_id = servicecatalog.create_plan(
        account,
        PlanName=token,
        ProductId=one.product_id,
        ProvisionedProductName=one.name,
        ProvisioningArtifactId=artifact,
        PathId=path,
        ProvisioningParameters=[
            {"Key": name, "UsePreviousValue": True} for name in sorted(takes & given.keys())
        ],
        IdempotencyToken=token,
    )
    try:
        return _made(account, one, plan_id)
    finally:
        servicecatalog.delete_plan(account, plan_id)


def _made(account: Account, one: Provisioned, plan_id: str) -> Plan:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while True:
        plan = servicecatalog.plan(account, plan_id)
        if plan.status == "CREATE_SUCCESS":
            return plan
        if plan.status != "CREATE_IN_PROGRESS":
            reason = plan.reason.rstrip(".") or plan.status
            raise DeployError(f"{one.name}: Service Catalog made no plan: {reason}; mend it first")
        if time.monotonic() > deadline:
            raise DeployError(f"{one.name}: there is no plan after 10 minutes; try again")
        time.sleep(POLL_SECONDS)


def _change(row: Mapping[str, Any]) -> ResourceChange:
    return ResourceChange(
        path=row["LogicalResourceId"],
        type=row["ResourceType"],
        action=ACTIONS[row["Action"]],
        replacement=REPLACES.get(row.get("Replacement", ""), "no"),
        physical_id=row.get("PhysicalResourceId", ""),
    )


def _compared(
    account: Account,
    one: Provisioned,
    version: str,
    prefixes: Mapping[str, str],
    bucket: str,
    given: Mapping[str, str],
) -> tuple[tuple[ResourceChange, ...] | None, str]:
    """Return what changes at any depth, of which the plan knows only the root stack."""
    missing = [name for name in (one.version, version) if name not in prefixes]
    if missing:
        return None, f"the templates of {missing[0]} are not offered by this project"
    sides = []
    for name in (one.version, version):
        key = offers.key(prefixes[name], one.product)
        body = fetched.read(account, bucket, key)
        sides.append(
            resolve(
                one.product,
                fetched.templates(account, one.product, body),
                {key: value for key, value in given.items() if key in body["Parameters"]},
                account.region,
                stack_name=one.name,
                account=one.stack_id.split(":")[4],
            )
        )
    return tuple(row for row in compare(*sides) if row.type != STACK), ""
