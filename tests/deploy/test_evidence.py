"""What is kept of a failure before a rollback removes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from stackyard.aws.cloudformation import Event
from stackyard.deploy.events import Evidence, Progress
from stackyard.deploy.evidence import of_function, of_service
from tests.observe.fakes import FAILED_TASK, SERVICE, TASK, Fake, log, refused, task

START = datetime(2026, 1, 1, tzinfo=UTC)
FUNCTION = "arn:aws:lambda:eu-central-1:1:function:shop-rotate"


def gathered(seen: set[str] | None = None, **answers: Any) -> list[Evidence]:
    given = FAILED_TASK | {key.replace("__", "."): value for key, value in answers.items()}
    return list(
        of_service(Fake(given).account, "Api/Service", SERVICE, set() if seen is None else seen)
    )


def failed(properties: dict[str, str], reason: str = "it failed") -> Progress:
    event = Event(
        "1", "s", "Thing", "t", "Custom::Thing", "CREATE_FAILED", reason, START, "",
        json.dumps(properties),
    )  # fmt: skip
    return Progress(("Database",), event)


def test_a_stopped_task_is_told_with_reason_exit_code_and_last_lines() -> None:
    (found,) = gathered()
    assert found.name == "Api/Service"
    assert found.title == (
        "task 3f2a91d0 of api:12 stopped: Essential container in task exited; app: exit code 1"
    )
    assert found.lines == ["connecting", "KeyError: 'DATABASE_URL'"]
    assert found.source == "/shop/api app/app/3f2a91d0c1"


def test_a_task_is_told_once() -> None:
    seen: set[str] = set()
    assert len(gathered(seen)) == 1
    assert gathered(seen) == []


def test_what_stopped_before_the_operation_is_no_evidence() -> None:
    old = FAILED_TASK | {"ecs.describe_tasks": task(stoppedAt=START - timedelta(hours=1))}
    assert list(of_service(Fake(old).account, "Api", SERVICE, set(), START)) == []


def test_a_log_that_cannot_be_read_hides_no_reason() -> None:
    (found,) = gathered(logs__get_log_events=refused("ResourceNotFoundException", "no stream"))
    assert "exit code 1" in found.title
    assert "its log cannot be read" in found.lines[0]


def test_missing_permission_to_look_is_told_and_ends_nothing() -> None:
    (found,) = gathered(ecs__list_tasks=refused("AccessDenied"))
    assert "cannot be read" in found.title


def test_the_log_is_that_of_the_container_that_failed() -> None:
    containers = [
        {"name": "collector", "lastStatus": "STOPPED", "exitCode": 0},
        {"name": "app", "lastStatus": "STOPPED", "exitCode": 137, "reason": "OutOfMemoryError"},
    ]
    (found,) = gathered(ecs__describe_tasks=task(containers=containers))
    assert found.title.endswith("; app: exit code 137 (OutOfMemoryError)")
    assert found.source.endswith(f"app/app/{TASK.rpartition('/')[2]}")


def test_the_log_of_the_function_behind_a_custom_resource_is_kept() -> None:
    fake = Fake(
        {
            "lambda.get_function_configuration": {"LoggingConfig": {"LogGroup": "/shop/rotate"}},
            "logs.get_log_events": log("Task timed out after 3.00 seconds"),
        }
    )
    reason = "See the details in CloudWatch Log Stream: 2026/01/01/[$LATEST]ab"
    (found,) = of_function(fake.account, failed({"ServiceToken": FUNCTION}, reason))
    assert found.name == "Database/Thing"
    assert found.title == "log of shop-rotate"
    assert found.lines == ["Task timed out after 3.00 seconds"]
    assert found.source == "/shop/rotate 2026/01/01/[$LATEST]ab"


def test_without_a_stream_in_the_reason_the_latest_one_is_read() -> None:
    fake = Fake(
        {
            "lambda.get_function_configuration": {},
            "logs.describe_log_streams": {"logStreams": [{"logStreamName": "newest"}]},
            "logs.get_log_events": log("no"),
        }
    )
    (found,) = of_function(fake.account, failed({"RotationLambdaARN": FUNCTION}))
    assert found.source == "/aws/lambda/shop-rotate newest"


def test_a_resource_without_a_function_has_no_log() -> None:
    assert list(of_function(Fake({}).account, failed({"Name": "x"}))) == []
