"""How a deployed environment is: its stack, its services, its alarms, and what build it runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stackyard.aws import alarms, cloudformation, ecs
from stackyard.aws.account import Account
from stackyard.observe import tree
from stackyard.observe.tree import Found

ABSENT = "NOT_DEPLOYED"


@dataclass(frozen=True)
class ServiceStatus:
    """A service: what runs of what should, and its last deployment.

    Attributes:
        reverted: whether it runs another task definition than its stack says.
    """

    name: str
    desired: int
    running: int
    task_definition: str
    deployment: str
    deployed: datetime | None
    reverted: bool


@dataclass(frozen=True)
class Status:
    """An environment.

    Attributes:
        status: of the stack, ``NOT_DEPLOYED`` if there is none.
        changed: when it was created or last updated, as AWS writes it.
        digest: of the build that is deployed.
        built: digest of the build in ``dist/``.
        alarms: names of resources that are in ALARM.
    """

    environment: str
    region: str
    stack_name: str
    status: str
    reason: str = ""
    changed: str = ""
    digest: str = ""
    built: str = ""
    services: Sequence[ServiceStatus] = ()
    alarms: Sequence[str] = ()

    @property
    def is_current(self) -> bool:
        """Whether what is built is what is deployed."""
        return bool(self.digest) and self.digest == self.built

    @property
    def is_well(self) -> bool:
        """Whether nothing here needs a person."""
        settled = self.status.endswith("_COMPLETE") and "ROLLBACK" not in self.status
        full = all(one.running >= one.desired and not one.reverted for one in self.services)
        return settled and full and not self.alarms


def status(account: Account, stack_name: str, environment: str, built: str) -> Status:
    """Return how a deployed environment is.

    Raises:
        DeployError: AWS cannot be asked.
    """
    stack = cloudformation.describe(account, stack_name)
    if stack is None or stack.status == "REVIEW_IN_PROGRESS":
        return Status(environment, account.region, stack_name, ABSENT, built=built)
    found = list(tree.resources(account, stack.id))
    return Status(
        environment=environment,
        region=account.region,
        stack_name=stack_name,
        status=stack.status,
        reason=stack.reason,
        changed=stack.changed,
        digest=digest(stack.parameters.get("TemplatePrefix", "")),
        built=built,
        services=_services(account, found),
        alarms=_alarms(account, found),
    )


def digest(prefix: str) -> str:
    """Return the digest in a template prefix, ``stackyard/0123456789abcdef/``."""
    return prefix.rstrip("/").rpartition("/")[2]


def built_digest(dist: Path, blueprint: str) -> str:
    """Return the digest of the build in ``dist/``, empty if there is none."""
    try:
        manifest = json.loads((dist / "manifest.json").read_bytes())
        return digest(manifest["blueprints"][blueprint]["prefix"])
    except (OSError, ValueError, KeyError):
        return ""


def _services(account: Account, found: Sequence[Found]) -> list[ServiceStatus]:
    names = {one.physical_id: one for one in found if one.type == ecs.SERVICE and one.physical_id}
    wanted: dict[str, set[str]] = {}
    for one in found:
        if one.type == ecs.TASK_DEFINITION:
            wanted.setdefault(one.stack_id, set()).add(one.physical_id)
    return [_service(names[one.arn], one, wanted) for one in ecs.services(account, names)]


def _service(found: Found, service: ecs.Service, wanted: dict[str, set[str]]) -> ServiceStatus:
    primary = service.primary
    runs = primary.task_definition if primary else service.task_definition
    own = wanted.get(found.stack_id, set())
    return ServiceStatus(
        name=found.name,
        desired=service.desired,
        running=service.running,
        task_definition=ecs.name_of(runs),
        deployment=primary.state if primary else "",
        deployed=primary.updated if primary else None,
        reverted=service.controller == "ECS" and bool(own) and runs not in own,
    )


def _alarms(account: Account, found: Sequence[Found]) -> list[str]:
    names = {one.physical_id: one.name for one in found if one.type == alarms.ALARM}
    return [names[one] for one in alarms.ringing(account, [*names])] if names else []
