"""ECS's calls, as far as watching, explaining and running tasks need them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackyard.aws.account import Account

SERVICE = "AWS::ECS::Service"
TASK_DEFINITION = "AWS::ECS::TaskDefinition"
SERVICES_AT_ONCE = 10
TASKS_AT_ONCE = 100


@dataclass(frozen=True)
class Deployment:
    """One revision that a service runs or is getting rid of."""

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed: int
    state: str
    reason: str
    updated: datetime | None


@dataclass(frozen=True)
class Service:
    """A service as it is now; *raw* is ECS's own answer."""

    arn: str
    name: str
    cluster: str
    status: str
    desired: int
    running: int
    pending: int
    task_definition: str
    controller: str
    allows_exec: bool
    deployments: Sequence[Deployment]
    raw: Mapping[str, Any]

    @property
    def primary(self) -> Deployment | None:
        """The deployment that the service is at or on its way to."""
        return next((one for one in self.deployments if one.status == "PRIMARY"), None)


@dataclass(frozen=True)
class Container:
    name: str
    status: str
    exit_code: int | None
    reason: str
    agent: str  # of ECS Exec: RUNNING, PENDING, STOPPED, or empty if it has none


@dataclass(frozen=True)
class Task:
    arn: str
    cluster: str
    definition: str
    status: str
    reason: str
    stopped: datetime | None
    containers: Sequence[Container]

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]


def name_of(arn: str) -> str:
    """Return ``api:12`` of a task definition's ARN, ``api`` of a service's."""
    return arn.rpartition("/")[2]


def cluster_of(service_arn: str) -> str:
    """Return the cluster in a service's ARN; those from before 2018 have none in it."""
    parts = service_arn.rpartition(":")[2].split("/")
    return parts[1] if len(parts) == 3 else "default"


def services(account: Account, arns: Iterable[str]) -> list[Service]:
    """Return the services that exist among *arns*."""
    found: list[Service] = []
    by_cluster = itertools.groupby(sorted(arns, key=cluster_of), cluster_of)
    for cluster, members in by_cluster:
        for batch in _batches(list(members), SERVICES_AT_ONCE):
            answer = account.client("ecs", cluster).describe_services(
                cluster=cluster, services=batch
            )
            found += [_service(row, cluster) for row in answer["services"]]
    return found


def tasks(account: Account, service: str, status: str = "RUNNING") -> list[Task]:
    """Return the tasks of a service, by its ARN; of stopped ones those of about an hour."""
    cluster = cluster_of(service)
    client = account.client("ecs", name_of(service))
    pages = client.get_paginator("list_tasks")
    arns = [
        arn
        for page in pages.paginate(
            cluster=cluster, serviceName=name_of(service), desiredStatus=status
        )
        for arn in page["taskArns"]
    ]
    return [task for batch in _batches(arns, TASKS_AT_ONCE) for task in described(account, batch)]


def described(account: Account, arns: Sequence[str]) -> list[Task]:
    """Return tasks of one cluster by their ARNs, at most a hundred."""
    if not arns:
        return []
    cluster = arns[0].split("/")[1]
    answer = account.client("ecs", cluster).describe_tasks(cluster=cluster, tasks=list(arns))
    return [_task(row) for row in answer["tasks"]]


def definition(account: Account, name: str) -> Mapping[str, Any]:
    """Return a task definition by its ARN."""
    answer = account.client("ecs", name_of(name)).describe_task_definition(taskDefinition=name)
    found: Mapping[str, Any] = answer["taskDefinition"]
    return found


def log_streams(task_definition: Mapping[str, Any], task_id: str) -> dict[str, tuple[str, str]]:
    """Return the log group and stream of each container that logs to CloudWatch.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specify-log-config.html
    """
    streams = {}
    for container in task_definition["containerDefinitions"]:
        options = container.get("logConfiguration", {}).get("options", {})
        prefix = options.get("awslogs-stream-prefix")
        if "awslogs-group" in options and prefix:
            stream = f"{prefix}/{container['name']}/{task_id}"
            streams[container["name"]] = (options["awslogs-group"], stream)
    return streams


def _batches(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _service(row: Mapping[str, Any], cluster: str) -> Service:
    return Service(
        arn=row["serviceArn"],
        name=row["serviceName"],
        cluster=cluster,
        status=row.get("status", ""),
        desired=row.get("desiredCount", 0),
        running=row.get("runningCount", 0),
        pending=row.get("pendingCount", 0),
        task_definition=row.get("taskDefinition", ""),
        controller=row.get("deploymentController", {}).get("type", "ECS"),
        allows_exec=row.get("enableExecuteCommand", False),
        deployments=[_deployment(one) for one in row.get("deployments", [])],
        raw=row,
    )


def _deployment(row: Mapping[str, Any]) -> Deployment:
    return Deployment(
        id=row.get("id", ""),
        status=row.get("status", ""),
        task_definition=row.get("taskDefinition", ""),
        desired=row.get("desiredCount", 0),
        running=row.get("runningCount", 0),
        pending=row.get("pendingCount", 0),
        failed=row.get("failedTasks", 0),
        state=row.get("rolloutState", ""),
        reason=row.get("rolloutStateReason", ""),
        updated=row.get("updatedAt"),
    )


def _task(row: Mapping[str, Any]) -> Task:
    return Task(
        arn=row["taskArn"],
        cluster=row.get("clusterArn", ""),
        definition=row.get("taskDefinitionArn", ""),
        status=row.get("lastStatus", ""),
        reason=row.get("stoppedReason", ""),
        stopped=row.get("stoppedAt") or row.get("stoppingAt"),
        containers=[
            Container(
                one["name"],
                one.get("lastStatus", ""),
                one.get("exitCode"),
                one.get("reason", ""),
                next(
                    (
                        agent.get("lastStatus", "")
                        for agent in one.get("managedAgents", [])
                        if agent.get("name") == "ExecuteCommandAgent"
                    ),
                    "",
                ),
            )
            for one in row.get("containers", [])
        ],
    )
