"""What explains a failure and goes with the rollback: stopped tasks and the end of their logs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from stackyard.aws import ecs, logs
from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.deploy.events import Evidence, Progress
from stackyard.errors import DeployError

TASKS = 3  # of one look; more of the same say nothing new
LOG_LINES = 15
# properties that name the function which does the work of a resource
FUNCTIONS = ("ServiceToken", "RotationLambdaARN")
LOG_STREAM = re.compile(r"CloudWatch Log Stream: (\S+)")
EARLIEST = datetime.min.replace(tzinfo=UTC)


def of_service(
    account: Account, name: str, service: str, seen: set[str], since: datetime | None = None
) -> Iterator[Evidence]:
    """Yield why tasks of a service have stopped.

    Args:
        account: the service's.
        name: of the resource, ``Api/Service``.
        service: its ARN.
        seen: ARNs of tasks that were told already; those told now are added.
        since: AWS's time of the beginning; what stopped before is no evidence.
    """
    try:
        stopped = ecs.tasks(account, service, "STOPPED")
    except DeployError as error:
        yield Evidence(name, f"why its tasks stopped cannot be read: {error}")
        return
    stopped.sort(key=lambda task: task.stopped or EARLIEST, reverse=True)
    fresh = [
        task
        for task in stopped
        if task.arn not in seen and not (since and task.stopped and task.stopped < since)
    ]
    seen.update(task.arn for task in fresh)
    for task in fresh[:TASKS]:
        yield _of_task(account, name, task)


def of_function(account: Account, progress: Progress) -> Iterator[Evidence]:
    """Yield the end of the log of the function behind a resource that failed."""
    try:
        properties: Mapping[str, object] = json.loads(progress.event.properties or "{}")
    except ValueError:
        return
    arn = next((str(properties[key]) for key in FUNCTIONS if key in properties), "")
    if ":lambda:" not in arn:
        return
    try:
        group = _log_group(account, arn)
        named = LOG_STREAM.search(progress.event.reason)
        stream = named[1] if named else logs.latest_stream(account, group)
        lines = logs.tail(account, group, stream, LOG_LINES) if stream else []
        yield Evidence(progress.name, f"log of {_function_name(arn)}", lines, f"{group} {stream}")
    except DeployError as error:
        yield Evidence(progress.name, f"the log of {_function_name(arn)} cannot be read: {error}")


def _of_task(account: Account, name: str, task: ecs.Task) -> Evidence:
    revision = ecs.name_of(task.definition)
    title = f"task {task.id[:8]} of {revision} stopped: {task.reason or 'ECS does not say why'}"
    for container in task.containers:
        code = "" if container.exit_code is None else f"exit code {container.exit_code}"
        why = " ".join(filter(None, (code, container.reason and f"({container.reason})")))
        if why and container.exit_code != 0:
            title += f"; {container.name}: {why}"
    try:
        return _with_log(account, name, title, task)
    except DeployError as error:
        return Evidence(name, title, (f"its log cannot be read: {error}",))


def _with_log(account: Account, name: str, title: str, task: ecs.Task) -> Evidence:
    """Return the evidence of a task with the log of the container that most likely ended it."""
    streams = ecs.log_streams(ecs.definition(account, task.definition), task.id)
    # one that failed before one that was stopped with it
    ranked = sorted(task.containers, key=lambda one: one.exit_code in (None, 0))
    for container in ranked:
        if container.name in streams:
            group, stream = streams[container.name]
            lines = logs.tail(account, group, stream, LOG_LINES)
            return Evidence(name, title, lines, f"{group} {stream}")
    return Evidence(name, title)


def _log_group(account: Account, arn: str) -> str:
    client = account.client("lambda", _function_name(arn))
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
    default = f"/aws/lambda/{_function_name(arn)}"
    try:
        found = client.get_function_configuration(FunctionName=arn)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return default  # a rollback was faster than we; it leaves the log of what it deletes
    return str(found.get("LoggingConfig", {}).get("LogGroup", default))


def _function_name(arn: str) -> str:
    return arn.split(":")[6]
