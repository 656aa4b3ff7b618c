"""A shell in a running task, by ECS Exec."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from stackyard.aws import ecs
from stackyard.aws.account import Account
from stackyard.aws.ecs import Container, Task
from stackyard.errors import DeployError

PLUGIN = "session-manager-plugin"
INSTALL = {
    "aws": "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html",
    PLUGIN: "https://docs.aws.amazon.com/systems-manager/latest/userguide/"
    "session-manager-working-with-install-plugin.html",
}


@dataclass(frozen=True)
class Shell:
    """A command line for the aws client, and what hinders it."""

    argv: tuple[str, ...]
    missing: tuple[str, ...]


def shell(
    account: Account,
    service_arn: str,
    *,
    container: str = "",
    command: str = "/bin/sh",
    task_id: str = "",
    which: Callable[[str], str | None] = shutil.which,
) -> Shell:
    """Return the command that opens a shell in a task of a service.

    Args:
        account: the service's.
        service_arn: whose task.
        container: which; the first that takes a shell if empty.
        command: what to run in it.
        task_id: which task, or its beginning; the newest if empty.
        which: finds programs on this machine.

    Raises:
        DeployError: there is no such service, task or container.
    """
    found = ecs.services(account, [service_arn])
    if not found:
        raise DeployError(f"{service_arn}: there is no such service; deploy it first")
    service = found[0]
    task = _task(ecs.tasks(account, service_arn), service, task_id)
    inside = _container(task, container)
    profile = ("--profile", account.profile) if account.profile else ()
    argv = (
        *("aws", "ecs", "execute-command", "--region", account.region, *profile),
        *("--cluster", service.cluster, "--task", task.id, "--container", inside.name),
        *("--interactive", "--command", command),
    )
    missing = [
        f"{name} is not installed; see {INSTALL[name]}" for name in INSTALL if not which(name)
    ]
    if not service.allows_exec:
        missing.append("the service does not allow it; deploy it with ExecuteCommand true")
    elif inside.agent != "RUNNING":
        missing.append(
            f"the agent in task {task.id[:8]} is {inside.agent or 'absent'}; tasks from before "
            "ExecuteCommand was true have none, and it needs a way to ssmmessages"
        )
    return Shell(argv, tuple(missing))


def _task(running: list[Task], service: ecs.Service, task_id: str) -> Task:
    fitting = [one for one in running if one.status == "RUNNING" and one.id.startswith(task_id)]
    if not fitting:
        ids = ", ".join(one.id[:8] for one in running)
        have = f"there are: {ids}" if ids else f"{service.desired} are wanted, none runs"
        wanted = f" {task_id!r}" if task_id else ""
        raise DeployError(f"{service.name}: no running task{wanted}; {have}")
    return fitting[0]


def _container(task: Task, name: str) -> Container:
    for one in sorted(task.containers, key=lambda one: one.agent != "RUNNING"):
        if name in ("", one.name):
            return one
    names = ", ".join(one.name for one in task.containers)
    raise DeployError(f"task {task.id[:8]}: no container {name!r}; there are: {names}")
