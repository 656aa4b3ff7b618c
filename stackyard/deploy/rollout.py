"""How ECS rolls out a service while CloudFormation only says that it is in progress."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from stackyard.aws import cloudformation, ecs
from stackyard.aws.account import Account
from stackyard.aws.ecs import SERVICE, TASK_DEFINITION
from stackyard.deploy.events import Cause, Progress, Rollout
from stackyard.deploy.reasons import advice
from stackyard.errors import DeployError

LOOK_SECONDS = 5.0  # ECS's own scheduler is no faster
BY_ECS = "ROLLED_BACK_BY_ECS"  # what CloudFormation has no status for


@dataclass
class Rollouts:
    """The services that an operation is creating or updating.

    Attributes:
        account: theirs.
        rolling: names by ARN.
        touched: those that were created or updated, with the id of their stack.
    """

    account: Account
    rolling: dict[str, str] = field(default_factory=dict)
    touched: dict[str, Progress] = field(default_factory=dict)
    shown: dict[str, Rollout] = field(default_factory=dict)
    looked: float = 0.0

    def note(self, progress: Progress) -> None:
        """Take in what happened to a service; anything else is none of ours."""
        event = progress.event
        if event.type != SERVICE or not event.physical_id.startswith("arn:"):
            return
        if event.status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
            self.rolling[event.physical_id] = progress.name
            self.touched[event.physical_id] = progress
        else:
            self.rolling.pop(event.physical_id, None)

    def look(self) -> Iterator[Rollout]:
        """Yield what has changed since the last look; too early a look sees nothing.

        What cannot be read now is not worth ending a watch for.
        """
        pause = 0.0 if self.account.is_embedded else LOOK_SECONDS
        if not self.rolling or time.monotonic() - self.looked < pause:
            return
        self.looked = time.monotonic()
        try:
            found = ecs.services(self.account, self.rolling)
        except DeployError:
            return
        for service in found:
            rollout = _rollout(self.rolling[service.arn], service)
            if rollout and rollout != self.shown.get(service.arn):
                self.shown[service.arn] = rollout
                yield rollout

    def fails(self, rollout: Rollout, before: int) -> bool:
        """Return whether a rollout has more failed tasks than *before*, or has failed itself."""
        return rollout.failed > before or rollout.state == "FAILED"


def reverted(account: Account, touched: Iterable[Progress]) -> list[Cause]:
    """Return the services that ECS rolled back although CloudFormation is content.

    A circuit breaker puts the old revision back, the service becomes steady, and that is all that
    CloudFormation waits for: https://github.com/aws/containers-roadmap/issues/1205

    Raises:
        DeployError: AWS cannot be asked.
    """
    by_arn = {progress.event.physical_id: progress for progress in touched}
    causes: list[Cause] = []
    for service in ecs.services(account, by_arn):
        progress, primary = by_arn[service.arn], service.primary
        if service.controller != "ECS" or primary is None:
            continue  # others deploy it, and not by its task definition
        wanted = _wanted(account, progress.event.stack_id)
        if primary.state == "FAILED" or (wanted and primary.task_definition not in wanted):
            reason = _reason(service, primary, wanted)
            causes.append(
                Cause(progress.name, SERVICE, service.arn, BY_ECS, reason, advice(reason))
            )
    return causes


def _rollout(name: str, service: ecs.Service) -> Rollout | None:
    primary = service.primary
    if primary is None:
        return None
    older = sum(one.running for one in service.deployments if one.id != primary.id)
    return Rollout(
        name=name,
        service=service.arn,
        task_definition=ecs.name_of(primary.task_definition),
        desired=primary.desired,
        running=primary.running,
        pending=primary.pending,
        failed=primary.failed,
        older=older,
        state=primary.state,
        reason=primary.reason,
    )


def _wanted(account: Account, stack_id: str) -> set[str]:
    """Return the task definitions of a stack, one of which its service should run."""
    return {
        one.physical_id
        for one in cloudformation.resources(account, stack_id)
        if one.type == TASK_DEFINITION and one.physical_id
    }


def _reason(service: ecs.Service, primary: ecs.Deployment, wanted: set[str]) -> str:
    failed = next((one for one in service.deployments if one.state == "FAILED"), None)
    says = (failed or primary).reason
    runs = ecs.name_of(primary.task_definition)
    if primary.task_definition in wanted:
        return f"its deployment has failed: {says or 'ECS does not say why'}"
    asked = ", ".join(sorted(map(ecs.name_of, wanted)))
    tail = f": {says}" if says else ""
    return f"ECS rolled it back: it runs {runs}, not {asked} (deployment circuit breaker){tail}"
