"""A one-off task with a service's task definition and network: migrations, repairs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from stackyard.aws import ecs, logs
from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.aws.patience import Patience
from stackyard.errors import DeployError
from stackyard.observe.revision import with_image

POLL_SECONDS = 3.0
LOG_LINES = 10_000  # CloudWatch's most in one answer
# What a service has that a task takes as well, in boto3's words
SHARED = ("networkConfiguration", "platformVersion")


@dataclass(frozen=True)
class Began:
    """The task is there."""

    task: str
    task_definition: str


@dataclass(frozen=True)
class Ran:
    """The task has ended.

    Attributes:
        exit_code: of its container; None if it never ran.
        lines: of its log.
    """

    task: str
    exit_code: int | None
    reason: str
    lines: Sequence[str]


def run(
    account: Account,
    service_arn: str,
    command: Sequence[str],
    container: str = "",
    image: str = "",
) -> Iterator[Began | Ran]:
    """Run *command* in a task of its own, as a service's tasks run, and wait for its end.

    Args:
        account: the service's.
        service_arn: what it shall be like.
        command: words; the image's own if there are none.
        container: which of the task's containers; the one behind the load balancer, or the first.
        image: what it runs, if not the service's own.

    Raises:
        DeployError: there is no such service or container, or ECS starts no task.
    """
    found = ecs.services(account, [service_arn])
    if not found:
        raise DeployError(f"{service_arn}: there is no such service; deploy it first")
    service = found[0]
    definition = ecs.definition(account, service.task_definition)
    chosen = _container(service, definition, container)
    with ExitStack() as stack:
        revision = service.task_definition
        if image:
            revision = stack.enter_context(with_image(account, definition, chosen, image))
        task = _started(account, service, revision, chosen, command)
        yield Began(task, ecs.name_of(revision))
        if account.is_embedded:
            # nothing runs containers there, so the task would never end
            account.client("ecs").stop_task(cluster=service.cluster, task=task)
            reason = "the embedded account runs no containers: it was placed, not run"
            yield Ran(task, 0, reason, ())
            return
        yield _ended(account, task, definition, chosen)


def _started(
    account: Account, service: ecs.Service, revision: str, container: str, command: Sequence[str]
) -> str:
    raw = service.raw
    asked: dict[str, Any] = {key: raw[key] for key in SHARED if raw.get(key)}
    if strategy := raw.get("capacityProviderStrategy"):
        asked["capacityProviderStrategy"] = strategy
    elif raw.get("launchType"):
        asked["launchType"] = raw["launchType"]
    override = {"name": container} | ({"command": list(command)} if command else {})
    answer = account.client("ecs", service.name).run_task(
        cluster=service.cluster,
        taskDefinition=revision,
        overrides={"containerOverrides": [override]},
        startedBy="stackyard",
        enableExecuteCommand=service.allows_exec,
        propagateTags="TASK_DEFINITION",
        **asked,
    )
    if answer.get("failures") or not answer["tasks"]:
        reasons = ", ".join(one.get("reason", "") for one in answer.get("failures", []))
        raise DeployError(f"{service.name}: ECS starts no task: {reasons or 'it says nothing'}")
    return str(answer["tasks"][0]["taskArn"])


def _ended(account: Account, arn: str, definition: Any, container: str) -> Ran:
    patience = Patience()
    while True:
        task = patience.ask(lambda: ecs.described(account, [arn]))[0]
        if task.status == "STOPPED":
            break
        time.sleep(POLL_SECONDS)
    mine = next((one for one in task.containers if one.name == container), None)
    reason = " ".join(filter(None, (task.reason, mine.reason if mine else "")))
    streams = ecs.log_streams(definition, task.id)
    lines: Sequence[str] = ()
    if container in streams:
        group, stream = streams[container]
        try:
            lines = logs.tail(account, group, stream, LOG_LINES)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":  # a container that never ran has none
                raise
    return Ran(arn, mine.exit_code if mine else None, reason, lines)


def _container(service: ecs.Service, definition: Any, name: str) -> str:
    names = [str(one["name"]) for one in definition["containerDefinitions"]]
    balanced = [str(one.get("containerName", "")) for one in service.raw.get("loadBalancers", [])]
    if not name:
        return next((one for one in balanced if one in names), names[0])
    if name not in names:
        raise DeployError(f"{service.name}: no container {name!r}; there are: {', '.join(names)}")
    return name
