"""An account whose services answer what a test says, and remember what they were asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import botocore.exceptions as boto

from stackyard.aws.account import Account
from stackyard.aws.errors import translated

SERVICE = "arn:aws:ecs:eu-central-1:1:service/shop/api"
NEW = "arn:aws:ecs:eu-central-1:1:task-definition/api:12"
OLD = "arn:aws:ecs:eu-central-1:1:task-definition/api:11"
TASK = "arn:aws:ecs:eu-central-1:1:task/shop/3f2a91d0c1"


class Client:
    """Answers by operation: a value, an exception, a function, or a list of them, one per call."""

    def __init__(self, service: str, answers: Mapping[str, Any], calls: list[Any]) -> None:
        self.service = service
        self.answers = answers
        self.calls = calls

    def __getattr__(self, name: str) -> Any:
        def operation(**parameters: Any) -> Any:
            self.calls.append((self.service, name, parameters))
            answer = self.answers[f"{self.service}.{name}"]
            if isinstance(answer, list):
                answer = answer.pop(0) if len(answer) > 1 else answer[0]
            with translated("eu-central-1"):
                if isinstance(answer, Exception):
                    raise answer
                return answer(**parameters) if callable(answer) else answer

        return operation

    def get_paginator(self, name: str) -> Any:
        outer = self

        class Pages:
            def paginate(self, **parameters: Any) -> Iterator[Any]:
                yield getattr(outer, name)(**parameters)

        return Pages()


class Fake:
    """Stands for an Account."""

    region = "eu-central-1"
    profile = ""

    def __init__(self, answers: Mapping[str, Any], *, is_embedded: bool = False) -> None:
        self.answers = dict(answers)
        self.is_embedded = is_embedded
        self.calls: list[tuple[str, str, dict[str, Any]]] = []

    def client(self, service: str, about: str = "") -> Client:
        return Client(service, self.answers, self.calls)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        return [given for service, name, given in self.calls if f"{service}.{name}" == operation]

    @property
    def account(self) -> Account:
        return cast(Account, self)


def refused(code: str, message: str = "no", operation: str = "Describe") -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, operation)


def deployment(status: str, definition: str, **facts: Any) -> dict[str, Any]:
    return {"id": f"ecs-svc/{definition[-2:]}", "status": status, "taskDefinition": definition} | {
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "failedTasks": 0,
        "rolloutState": "COMPLETED",
        **facts,
    }


def service(*deployments: dict[str, Any], **facts: Any) -> dict[str, Any]:
    row = {
        "serviceArn": SERVICE,
        "serviceName": "api",
        "status": "ACTIVE",
        "desiredCount": 2,
        "runningCount": 2,
        "pendingCount": 0,
        "taskDefinition": NEW,
        "enableExecuteCommand": True,
        "deployments": list(deployments),
        **facts,
    }
    return {"services": [row], "failures": []}


def task(**facts: Any) -> dict[str, Any]:
    row = {
        "taskArn": TASK,
        "clusterArn": "arn:aws:ecs:eu-central-1:1:cluster/shop",
        "taskDefinitionArn": NEW,
        "lastStatus": "STOPPED",
        "stoppedReason": "Essential container in task exited",
        "containers": [{"name": "app", "lastStatus": "STOPPED", "exitCode": 1}],
        **facts,
    }
    return {"tasks": [row]}


def definition(group: str = "/shop/api") -> dict[str, Any]:
    options = {"awslogs-group": group, "awslogs-stream-prefix": "app"}
    container = {"name": "app", "logConfiguration": {"logDriver": "awslogs", "options": options}}
    return {"taskDefinition": {"containerDefinitions": [container]}}


def log(*lines: str) -> dict[str, Any]:
    return {"events": [{"message": f"{text}\n", "timestamp": 0} for text in lines]}


FAILED_TASK: dict[str, Any] = {
    "ecs.list_tasks": {"taskArns": [TASK]},
    "ecs.describe_tasks": task(),
    "ecs.describe_task_definition": definition(),
    "logs.get_log_events": log("connecting", "KeyError: 'DATABASE_URL'"),
}
