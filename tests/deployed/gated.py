"""Requests that know what shall be, so that nothing in nested stacks is hidden from the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from stackyard.aws.account import Account
from stackyard.deploy import plan as planning
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import DeployEvent
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.resolved import resolve
from tests.deployed.small import child, parameter, request, written

PLACES = {"TemplateBucket": parameter(), "TemplatePrefix": parameter()}


def nested_twice(resources: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return templates with *resources* in ``Outer/Inner``; that stack is gone if they are."""
    passed = {name: {"Ref": name} for name in PLACES}
    kept = {"Kept": {"Type": "AWS::SNS::Topic"}}
    inner = {"Inner": child("inner")} if resources else {}
    return {
        "root": {"Parameters": PLACES, "Resources": {"Outer": child("outer", **passed)}},
        "outer": {"Parameters": PLACES, "Resources": {**kept, **inner}},
        "inner": {"Resources": resources or kept},
    }


def asked(
    account: Account, dist: Path, *allowed: str, stack_name: str = "worker-dev", **values: str
) -> Request:
    """Publish a built folder and return the request for it, resolved."""
    published = publish(account, dist, "root")
    wanted = request(published, stack_name, TemplatePrefix=published.prefix, **values)
    templates = {
        str(path.relative_to(dist).with_suffix("")): json.loads(path.read_text())
        for path in dist.glob("*/*.yaml")
    }
    desired = resolve(
        "root",
        templates,
        wanted.parameters,
        account.region,
        stack_name=stack_name,
        account=account.id,
    )
    return replace(wanted, desired=desired, allow_data_loss=frozenset(allowed))


def deployed(
    account: Account, folder: Path, digest: str, resources: Mapping[str, Any], *allowed: str
) -> list[DeployEvent]:
    """Deploy *resources* two nested stacks down."""
    dist = written(folder / digest, digest, **nested_twice(resources))
    return list(deploy(account, asked(account, dist, *allowed)))


def change_sets(account: Account, stack_name: str = "worker-dev") -> list[str]:
    """Return the change sets that were never executed."""
    found = account.client("cloudformation").list_change_sets(StackName=stack_name)["Summaries"]
    return [one["ChangeSetName"] for one in found if one["ExecutionStatus"] != "EXECUTE_COMPLETE"]


def prepared(account: Account, wanted: Request) -> planning.Plan:
    made = planning.prepare(account, wanted)
    assert made
    return made
