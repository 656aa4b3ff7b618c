"""An operation watched to its end, with what explains it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stackyard.aws.cloudformation import Event, Stack
from stackyard.deploy.events import Evidence, Noticed, Outcome, Progress, Rollout
from stackyard.deploy.watch import Round
from stackyard.deploy.witness import operation_of, witness
from tests.observe.fakes import FAILED_TASK, NEW, OLD, SERVICE, Fake, deployment, service

START = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "arn:aws:cloudformation:eu-central-1:1:stack/shop/1"
BREAKER = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."


def happened(second: int, name: str, status: str, reason: str = "", **facts: str) -> Progress:
    *path, logical_id = name.split("/")
    given = {"physical_id": SERVICE, "type": "AWS::ECS::Service", **facts}
    time = START + timedelta(seconds=second)
    event = Event(
        id=f"{second}{name}", stack_id=ROOT, logical_id=logical_id, status=status, reason=reason,
        time=time, token="", **given,
    )  # fmt: skip
    return Progress(tuple(path), event)


def watched(
    monkeypatch: pytest.MonkeyPatch, status: str, *rounds: list[Progress], **answers: Any
) -> list[Any]:
    given = FAILED_TASK | {key.replace("__", "."): value for key, value in answers.items()}
    fake = Fake(given, is_embedded=True)
    monkeypatch.setattr(
        "stackyard.deploy.watch.rounds",
        lambda *_: iter([Round(one, ["slow"] if not one else []) for one in rounds]),
    )
    stack = Stack(ROOT, "shop", status, "", {"Url": "https://x"}, {}, {}, False)
    monkeypatch.setattr("stackyard.deploy.watch.settled", lambda *_: stack)
    return list(witness(fake.account, ROOT, "update", set()))


UPDATING = happened(1, "Api/Service", "UPDATE_IN_PROGRESS")
ROLLING = deployment("PRIMARY", NEW, failedTasks=2, rolloutState="IN_PROGRESS")
STACK_RESOURCES = {
    "StackResourceSummaries": [
        {
            "LogicalResourceId": "Task",
            "PhysicalResourceId": NEW,
            "ResourceType": "AWS::ECS::TaskDefinition",
            "ResourceStatus": "UPDATE_COMPLETE",
        }
    ]
}


def test_why_tasks_fail_is_kept_while_the_service_is_still_rolling_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = watched(
        monkeypatch,
        "UPDATE_ROLLBACK_COMPLETE",
        [UPDATING],
        [happened(9, "Api/Service", "UPDATE_FAILED", BREAKER)],
        ecs__describe_services=service(ROLLING),
    )
    kinds = [type(one) for one in seen]
    assert kinds == [Progress, Rollout, Evidence, Progress, Outcome]
    assert "exit code 1" in seen[2].title


def test_the_cause_is_advised_by_what_the_tasks_said(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = watched(
        monkeypatch,
        "UPDATE_ROLLBACK_COMPLETE",
        [UPDATING],
        [happened(9, "Api/Service", "UPDATE_FAILED", BREAKER)],
        ecs__describe_services=service(ROLLING),
        logs__get_log_events={"events": [{"message": "exec format error"}]},
    )[-1]
    assert outcome.result == "rolled back"
    assert outcome.cause.name == "Api/Service"
    assert outcome.cause.advice.name == "image-architecture"
    assert outcome.evidence


def test_a_complete_stack_whose_service_was_rolled_back_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = watched(
        monkeypatch,
        "UPDATE_COMPLETE",
        [UPDATING, happened(5, "Api/Service", "UPDATE_COMPLETE")],
        ecs__describe_services=service(deployment("PRIMARY", OLD)),
        cloudformation__list_stack_resources=STACK_RESOURCES,
    )[-1]
    assert outcome.result == "failed"
    assert not outcome.is_good
    assert outcome.cause.reason.startswith("ECS rolled it back: it runs api:11, not api:12")
    assert "exit code 1" in outcome.evidence[0].title


def test_a_complete_stack_whose_service_runs_the_new_revision_is_updated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = watched(
        monkeypatch,
        "UPDATE_COMPLETE",
        [UPDATING, happened(5, "Api/Service", "UPDATE_COMPLETE")],
        ecs__describe_services=service(deployment("PRIMARY", NEW)),
        cloudformation__list_stack_resources=STACK_RESOURCES,
    )[-1]
    assert outcome.result == "updated"
    assert outcome.outputs == {"Url": "https://x"}


def test_trouble_in_asking_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Noticed("slow") in watched(monkeypatch, "UPDATE_COMPLETE", [])


def test_a_stack_that_somebody_deleted_meanwhile_has_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = watched(monkeypatch, "DELETE_COMPLETE", [])[-1]
    assert outcome.result == "failed"
    assert outcome.cause.reason == "the stack was deleted by somebody else meanwhile"


@pytest.mark.parametrize(
    ("status", "operation"),
    [
        ("CREATE_IN_PROGRESS", "create"),
        ("ROLLBACK_IN_PROGRESS", "create"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "update"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "update"),
        ("DELETE_IN_PROGRESS", "delete"),
    ],
)
def test_a_status_tells_the_operation(status: str, operation: str) -> None:
    assert operation_of(status) == operation
