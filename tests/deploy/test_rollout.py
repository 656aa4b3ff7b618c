"""How far ECS has come, and what it undoes silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stackyard.aws.cloudformation import Event
from stackyard.aws.ecs import cluster_of
from stackyard.deploy.events import Progress
from stackyard.deploy.rollout import Rollouts, reverted
from tests.observe.fakes import NEW, OLD, SERVICE, Fake, deployment, refused, service

EVENT = Event(
    "1", "stack", "Service", SERVICE, "AWS::ECS::Service", "UPDATE_IN_PROGRESS", "",
    datetime(2026, 1, 1, tzinfo=UTC), "",
)  # fmt: skip
UPDATING = Progress(("Api",), EVENT)
OWN = {
    "StackResourceSummaries": [
        {
            "LogicalResourceId": "Task",
            "PhysicalResourceId": NEW,
            "ResourceType": "AWS::ECS::TaskDefinition",
            "ResourceStatus": "UPDATE_COMPLETE",
        }
    ]
}
ROLLING = service(
    deployment(
        "PRIMARY", NEW, runningCount=1, pendingCount=1, failedTasks=3, rolloutState="IN_PROGRESS"
    ),
    deployment("ACTIVE", OLD),
)


def rollouts(*answers: Any) -> Rollouts:
    found = Rollouts(Fake({"ecs.describe_services": list(answers)}, is_embedded=True).account)
    found.note(UPDATING)
    return found


def undone(answer: Any) -> list[str]:
    fake = Fake({"ecs.describe_services": answer, "cloudformation.list_stack_resources": OWN})
    return [cause.reason for cause in reverted(fake.account, [UPDATING])]


def test_tasks_of_the_new_and_of_the_old_revision_are_counted_apart() -> None:
    (seen,) = rollouts(ROLLING).look()
    assert (seen.desired, seen.running, seen.pending, seen.failed) == (2, 1, 1, 3)
    assert seen.older == 2
    assert seen.task_definition == "api:12"
    assert seen.name == "Api/Service"


def test_what_has_not_changed_is_not_told_again() -> None:
    watched = rollouts(ROLLING)
    assert len(list(watched.look())) == 1
    assert list(watched.look()) == []


def test_a_service_that_is_done_is_not_asked_about() -> None:
    watched = rollouts(ROLLING)
    watched.note(Progress(("Api",), replace(EVENT, status="UPDATE_COMPLETE")))
    assert list(watched.look()) == []


def test_ecs_that_does_not_answer_ends_no_watch() -> None:
    assert list(rollouts(refused("ServerException")).look()) == []


def test_more_failed_tasks_than_before_or_a_failed_rollout_are_worth_a_look() -> None:
    watched = rollouts(ROLLING)
    (seen,) = watched.look()
    assert watched.fails(seen, 2)
    assert not watched.fails(seen, 3)
    assert watched.fails(replace(seen, state="FAILED"), 3)


def test_a_service_that_went_back_to_its_old_revision_is_a_failure() -> None:
    failed = deployment("INACTIVE", NEW, rolloutState="FAILED", rolloutStateReason="tasks failed")
    (reason,) = undone(service(deployment("PRIMARY", OLD), failed))
    assert reason == (
        "ECS rolled it back: it runs api:11, not api:12 (deployment circuit breaker): tasks failed"
    )


def test_a_service_that_runs_what_its_stack_says_is_none() -> None:
    assert undone(service(deployment("PRIMARY", NEW))) == []


def test_a_service_that_code_deploy_deploys_is_left_to_it() -> None:
    answer = service(deployment("PRIMARY", OLD), deploymentController={"type": "CODE_DEPLOY"})
    assert undone(answer) == []


def test_a_failed_deployment_of_the_right_revision_is_a_failure() -> None:
    failed = deployment("PRIMARY", NEW, rolloutState="FAILED", rolloutStateReason="no tasks")
    assert undone(service(failed)) == ["its deployment has failed: no tasks"]


def test_the_cluster_is_in_the_arn_of_a_service() -> None:
    assert cluster_of(SERVICE) == "shop"
    assert cluster_of("arn:aws:ecs:eu-central-1:1:service/api") == "default"
