"""What a release by CodeDeploy asks: are the new tasks well, and is the database ready for them?

CodeDeploy waits up to an hour for an answer, so each hook gives one whatever happens:
https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
Why it is "Failed" stands in the function's log, since CodeDeploy takes no reason.

Environment of ``validate``: ``SCHEME``, ``LOAD_BALANCER``, ``PORT`` and ``HEALTH_CHECK_PATH`` of
the test listener; ``HOST_NAME``, for which its certificate is, may be empty; ``HEALTHY_CODES`` as
target groups write them, 200 or 200-299; ``VALIDATION_SECONDS``.

Environment of ``migrate``: ``MIGRATION_COMMAND``, comma-joined, nothing is run if empty;
``CLUSTER_NAME``, ``CONTAINER_NAME``; ``SUBNET_IDS`` and ``SECURITY_GROUP_IDS``, comma-joined.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

RESERVE_SECONDS = 15  # of the function's own time, to stop what runs and to answer
ASK_SECONDS = 5
PAUSE_SECONDS = 2
WELL_IN_A_ROW = 3
LAST_LINES = 20
# in an AppSpec file, JSON or YAML
TASK_DEFINITION = re.compile(r"""["']?TaskDefinition["']?\s*:\s*["']?([\w:/.-]+)""")
PATIENT = Config(retries={"mode": "standard", "max_attempts": 8})

log = logging.getLogger()
log.setLevel(logging.INFO)


class HookError(Exception):
    """A release must not go on: ``<where>: <what>; <what to do>``."""


def validate(event: dict[str, str], context: Any = None) -> dict[str, str]:
    """Answer whether the new tasks are well, asked over the test listener."""
    return answered(event, context, lambda _, deadline: ask_health(deadline))


def migrate(event: dict[str, str], context: Any = None) -> dict[str, str]:
    """Answer whether the new revision's migration of the database succeeded."""
    return answered(event, context, run_migration)


def answered(
    event: dict[str, str], context: Any, hook: Callable[[dict[str, str], float], None]
) -> dict[str, str]:
    """Run *hook* and tell CodeDeploy how it ended.

    Args:
        event: of CodeDeploy.
        context: of Lambda, which knows how much time is left.
        hook: takes the event and the time, on the monotonic clock, at which it has to give up.
    """
    left = context.get_remaining_time_in_millis() / 1000 if context else 300
    status = "Failed"
    try:
        hook(event, time.monotonic() + left - RESERVE_SECONDS)
        status = "Succeeded"
    except HookError as error:
        log.error("%s", error)
    except Exception:
        log.exception("the hook itself failed; read the error and release again")
    finally:
        boto3.client("codedeploy", config=PATIENT).put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"],
            lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
            status=status,
        )
    return {"status": status}


def ask_health(deadline: float) -> None:
    """Ask the health path until it is well several times in a row.

    Raises:
        HookError: it was not before the deadline.
    """
    deadline = min(deadline, time.monotonic() + float(os.environ["VALIDATION_SECONDS"]))
    where = "{SCHEME}://{LOAD_BALANCER}:{PORT}{HEALTH_CHECK_PATH}".format_map(os.environ)
    well = 0
    while True:
        answer = ask()
        well = well + 1 if is_healthy(answer) else 0
        log.info("%s: %s", where, answer)
        if well == WELL_IN_A_ROW:
            return
        if time.monotonic() + PAUSE_SECONDS > deadline:
            raise HookError(f"{where}: {answer}; read the logs of the new tasks")
        time.sleep(PAUSE_SECONDS)


def ask() -> str:
    """Return the status code of the health path, or what prevented an answer."""
    name, port = os.environ["LOAD_BALANCER"], int(os.environ["PORT"])
    host = os.environ.get("HOST_NAME") or name
    try:
        connection = http.client.HTTPConnection(name, port, timeout=ASK_SECONDS)
        connection.sock = socket.create_connection((name, port), ASK_SECONDS)
        if os.environ["SCHEME"] == "https":
            connection.sock = tls().wrap_socket(connection.sock, server_hostname=host)
        try:
            connection.request("GET", os.environ["HEALTH_CHECK_PATH"], headers={"Host": host})
            return str(connection.getresponse().status)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"


def tls() -> ssl.SSLContext:
    """Return a context that verifies the certificate where it is known for whom it is."""
    context = ssl.create_default_context()
    if not os.environ.get("HOST_NAME"):
        # no certificate is for the name that AWS gave the load balancer
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_healthy(answer: str) -> bool:
    """Return whether *answer* is a status code that target groups take for healthy."""
    for part in os.environ["HEALTHY_CODES"].split(","):
        first, _, last = part.partition("-")
        if answer.isdigit() and int(first) <= int(answer) <= int(last or first):
            return True
    return False


def run_migration(event: dict[str, str], deadline: float) -> None:
    """Run the migration of the new revision as a task and wait for its end.

    Raises:
        HookError: it could not be started, failed, or took longer than this function may.
    """
    command = [word for word in os.environ["MIGRATION_COMMAND"].split(",") if word]
    if not command:
        log.info("no migration command, nothing to run")
        return
    ecs = boto3.client("ecs", config=PATIENT)
    definition = released_definition(event["DeploymentId"])
    task = start(ecs, definition, command, event["LifecycleEventHookExecutionId"])
    ended = wait(ecs, task, deadline)
    code = exit_code(ended)
    if code == 0:
        log.info("%s: %s succeeded", task, " ".join(command))
        return
    told = "\n".join(last_lines(ecs, definition, task))
    what = f"exit code {code}" if code is not None else ended.get("stoppedReason", "no reason")
    raise HookError(f"{task}: {what}; its last lines:\n{told}")


def released_definition(deployment_id: str) -> str:
    """Return the task definition that a deployment releases.

    Raises:
        HookError: its AppSpec file names none.
    """
    client = boto3.client("codedeploy", config=PATIENT)
    revision = client.get_deployment(deploymentId=deployment_id)["deploymentInfo"]["revision"]
    # which of the two holds it depends on how the deployment was created
    given = revision.get("appSpecContent") or revision.get("string") or {}
    found = TASK_DEFINITION.search(given.get("content", ""))
    if found is None:
        raise HookError(f"{deployment_id}: its AppSpec names no TaskDefinition; write it there")
    return found[1]


def start(ecs: Any, definition: str, command: list[str], token: str) -> str:
    """Start the migration and return its task's ARN.

    Raises:
        HookError: ECS refuses or has no room.
    """
    network = {
        "subnets": os.environ["SUBNET_IDS"].split(","),
        "securityGroups": os.environ["SECURITY_GROUP_IDS"].split(","),
        "assignPublicIp": "DISABLED",
    }
    override = {"name": os.environ["CONTAINER_NAME"], "command": command}
    try:
        started = ecs.run_task(
            cluster=os.environ["CLUSTER_NAME"],
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            overrides={"containerOverrides": [override]},
            # Lambda may call a function twice for one event
            clientToken=hashlib.sha256(token.encode()).hexdigest(),
            startedBy="migration",
        )
    except ClientError as error:
        raise HookError(f"{definition}: {error}; the migration was not started") from error
    if not started["tasks"]:
        reasons = ", ".join(str(one.get("reason")) for one in started["failures"])
        raise HookError(f"{definition}: {reasons}; the migration was not started")
    return str(started["tasks"][0]["taskArn"])


def wait(ecs: Any, task: str, deadline: float) -> dict[str, Any]:
    """Return the task when it has stopped.

    Raises:
        HookError: it had to be stopped, so that the next release does not find it still at work.
    """
    cluster = os.environ["CLUSTER_NAME"]
    while True:
        # right after its start a task may not be found yet
        for found in ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"]:
            if found["lastStatus"] == "STOPPED":
                return dict(found)
        if time.monotonic() + PAUSE_SECONDS > deadline:
            ecs.stop_task(cluster=cluster, task=task, reason="the migration took too long")
            raise HookError(
                f"{task}: still at work when the time was up, so it was stopped; run a migration"
                " that takes this long by hand before the release"
            )
        time.sleep(PAUSE_SECONDS)


def exit_code(task: dict[str, Any]) -> int | None:
    """Return the exit code of the application's container, None if it never ran."""
    for container in task["containers"]:
        if container["name"] == os.environ["CONTAINER_NAME"]:
            code: int | None = container.get("exitCode")
            return code
    return None


def last_lines(ecs: Any, definition: str, task: str) -> Iterable[str]:
    """Yield what the migration wrote last, as far as it can be read."""
    try:
        described = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]
        name = os.environ["CONTAINER_NAME"]
        (container,) = (c for c in described["containerDefinitions"] if c["name"] == name)
        options = container["logConfiguration"]["options"]
        stream = f"{options['awslogs-stream-prefix']}/{name}/{task.rpartition('/')[2]}"
        found = boto3.client("logs", config=PATIENT).get_log_events(
            logGroupName=options["awslogs-group"], logStreamName=stream, limit=LAST_LINES
        )
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        yield f"(not readable: {error})"
        return
    for line in found["events"]:
        yield line["message"]
