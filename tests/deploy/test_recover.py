"""Stacks that are stuck as only AWS sticks, on recorded answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackyard.aws.cloudformation import STACK, Resource
from stackyard.deploy.diagnosis import STATES, Action, Diagnosis, State, diagnose
from stackyard.deploy.events import Evidence, Outcome, Progress
from stackyard.deploy.recover import recover
from stackyard.deploy.watch import Round
from tests.deploy.recorded import ACCOUNT, CHILD, ROOT, Recorded, event, install, stack
from tests.observe.fakes import FAILED_TASK, NEW, SERVICE, Fake, deployment, service

BUCKET = "AWS::S3::Bucket"
TABLE = "AWS::DynamoDB::Table"


def nested_rollback_failed() -> Recorded:
    """Return a root whose nested stack could not be rolled back, with what failed before that."""
    recorded = Recorded(
        stack(ROOT, "UPDATE_ROLLBACK_FAILED"), stack(CHILD, "UPDATE_ROLLBACK_FAILED")
    )
    recorded.happened = [
        event(1, ROOT, "shop-dev", "UPDATE_IN_PROGRESS", ROOT),
        event(2, CHILD, "Other", "UPDATE_FAILED", reason="what began it"),
        event(3, ROOT, "Data", "UPDATE_FAILED", CHILD),
        event(4, ROOT, "shop-dev", "UPDATE_ROLLBACK_IN_PROGRESS", ROOT),
        event(5, CHILD, "shop-dev-Data-1ABC", "UPDATE_ROLLBACK_IN_PROGRESS", CHILD),
        event(6, CHILD, "Other", "UPDATE_COMPLETE"),
        event(7, CHILD, "Database", "UPDATE_FAILED", "db-1", "DBInstance db-1 not found"),
        event(8, CHILD, "shop-dev-Data-1ABC", "UPDATE_ROLLBACK_FAILED", CHILD),
        event(9, ROOT, "Data", "UPDATE_FAILED", CHILD),
        event(10, ROOT, "shop-dev", "UPDATE_ROLLBACK_FAILED", ROOT),
    ]
    return recorded


def test_a_nested_resource_is_skipped_by_the_name_of_its_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = nested_rollback_failed()
    recorded.next[ROOT] = ["UPDATE_ROLLBACK_COMPLETE"]
    install(monkeypatch, recorded)
    diagnosis = diagnose(ACCOUNT, "shop-dev")
    assert diagnosis
    assert [(one.path, one.reason) for one in diagnosis.blocking] == [
        ("Data/Database", "DBInstance db-1 not found")
    ]
    *_, end = recover(ACCOUNT, diagnosis)
    assert recorded.asked == [("continue", "shop-dev", "shop-dev-Data-1ABC.Database")]
    assert isinstance(end, Outcome)
    assert (end.result, end.status) == ("recovered", "UPDATE_ROLLBACK_COMPLETE")


def test_nothing_is_skipped_when_that_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = nested_rollback_failed()
    recorded.next[ROOT] = ["UPDATE_ROLLBACK_COMPLETE"]
    install(monkeypatch, recorded)
    diagnosis = diagnose(ACCOUNT, "shop-dev")
    assert diagnosis
    list(recover(ACCOUNT, diagnosis, skips=False))
    assert recorded.asked == [("continue", "shop-dev")]


@pytest.mark.parametrize(
    "status",
    [
        "CREATE_IN_PROGRESS",
        "ROLLBACK_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "IMPORT_IN_PROGRESS",
        "IMPORT_ROLLBACK_IN_PROGRESS",
    ],
)
def test_what_is_at_work_is_watched_and_nothing_is_asked_of_it(
    monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    recorded = Recorded(stack(ROOT, status))
    install(monkeypatch, recorded)
    diagnosis = diagnose(ACCOUNT, "shop-dev")
    assert diagnosis
    assert diagnosis.state.action == "watch"
    events = recover(ACCOUNT, diagnosis)
    recorded.stacks[ROOT] = stack(ROOT, "UPDATE_COMPLETE")
    recorded.happened.append(event(1, ROOT, "shop-dev", "UPDATE_COMPLETE", ROOT))
    monkeypatch.setattr("stackyard.deploy.watch.GONE_QUIET_SECONDS", 0)
    *_, end = events
    assert isinstance(end, Outcome)
    assert end.status == "UPDATE_COMPLETE"
    assert recorded.asked == []


@pytest.mark.parametrize("status", sorted(STATES))
def test_every_stuck_state_is_explained_with_a_proposal(status: str) -> None:
    meaning, _, proposal = STATES[status]
    assert meaning
    assert proposal


def deletion_failed() -> Recorded:
    """Return a root and its nested stack that stopped at a bucket, with a table still to come."""
    recorded = Recorded(stack(ROOT, "DELETE_FAILED"), stack(CHILD, "DELETE_FAILED"))
    recorded.held = {
        ROOT: [Resource("Data", CHILD, STACK, "DELETE_FAILED")],
        CHILD: [
            Resource("Files", "files-1", BUCKET, "DELETE_FAILED"),
            Resource("Items", "items-1", TABLE, "CREATE_COMPLETE"),
            Resource("Topic", "topic-1", "AWS::SNS::Topic", "CREATE_COMPLETE"),
            Resource("Gone", "gone-1", "AWS::SNS::Topic", "DELETE_COMPLETE"),
        ],
    }
    recorded.happened = [
        event(1, ROOT, "shop-dev", "DELETE_IN_PROGRESS", ROOT),
        event(2, CHILD, "shop-dev-Data-1ABC", "DELETE_IN_PROGRESS", CHILD),
        event(3, CHILD, "Files", "DELETE_FAILED", "files-1", "The bucket must be versioned-free"),
        event(4, CHILD, "shop-dev-Data-1ABC", "DELETE_FAILED", CHILD),
        event(5, ROOT, "Data", "DELETE_FAILED", CHILD),
        event(6, ROOT, "shop-dev", "DELETE_FAILED", ROOT),
    ]
    recorded.next = {ROOT: ["DELETE_COMPLETE"], CHILD: ["DELETE_COMPLETE"]}
    return recorded


def test_the_end_of_a_deletion_begins_in_the_nested_stack_and_spares_its_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = deletion_failed()
    install(monkeypatch, recorded)
    diagnosis = diagnose(ACCOUNT, "shop-dev")
    assert diagnosis
    assert [one.path for one in diagnosis.blocking] == ["Data/Files"]
    *_, end = recover(ACCOUNT, diagnosis)
    assert recorded.asked == [
        ("delete", "shop-dev-Data-1ABC", "Files", "Items"),
        ("delete", "shop-dev"),
    ]
    assert isinstance(end, Outcome)
    assert [one.physical_id for one in end.remaining] == ["files-1", "items-1"]


def test_a_nested_stack_that_does_not_go_keeps_its_root(monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = deletion_failed()
    recorded.next[CHILD] = ["DELETE_FAILED"]
    install(monkeypatch, recorded)
    diagnosis = diagnose(ACCOUNT, "shop-dev")
    assert diagnosis
    *_, end = recover(ACCOUNT, diagnosis)
    assert isinstance(end, Outcome)
    assert (end.result, end.status) == ("failed", "DELETE_FAILED")
    assert [one[:2] for one in recorded.asked] == [("delete", "shop-dev-Data-1ABC")]


def test_what_deletes_slowly_is_deleted_again_and_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = Recorded(stack(ROOT, "DELETE_FAILED"))
    group = "AWS::EC2::SecurityGroup"
    recorded.held = {ROOT: [Resource("Group", "sg-1", group, "DELETE_FAILED")]}
    reason = "resource sg-1 has a dependent object (Error Code: DependencyViolation)"
    recorded.happened = [
        event(1, ROOT, "shop-dev", "DELETE_IN_PROGRESS", ROOT),
        event(2, ROOT, "Group", "DELETE_FAILED", "sg-1", reason),
        event(3, ROOT, "shop-dev", "DELETE_FAILED", ROOT),
    ]
    recorded.next[ROOT] = ["DELETE_COMPLETE"]
    install(monkeypatch, recorded)
    diagnosis = diagnose(ACCOUNT, "shop-dev")
    assert diagnosis
    *_, end = recover(ACCOUNT, diagnosis)
    assert recorded.asked == [("delete", "shop-dev")]
    assert isinstance(end, Outcome)
    assert end.remaining == ()


@pytest.mark.parametrize(
    ("action", "status", "verb"),
    [
        ("watch", "UPDATE_IN_PROGRESS", ""),
        ("roll back", "UPDATE_FAILED", "rollback_stack"),
        ("continue", "UPDATE_ROLLBACK_FAILED", "continue_update_rollback"),
    ],
)
def test_why_tasks_stopped_is_told_as_when_deploying(
    monkeypatch: pytest.MonkeyPatch, action: Action, status: str, verb: str
) -> None:
    rolling = deployment("PRIMARY", NEW, failedTasks=2, rolloutState="IN_PROGRESS")
    fake = Fake(
        {
            **FAILED_TASK,
            "ecs.describe_services": service(rolling),
            "cloudformation.describe_stack_events": {"StackEvents": []},
            "cloudformation.describe_stacks": {"ResponseMetadata": {"HTTPHeaders": {}}},
            f"cloudformation.{verb}": {},
        },
        is_embedded=True,
    )
    reason = "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."
    facts = {"type": "AWS::ECS::Service", "physical_id": SERVICE}
    begun, failed = (
        Progress(("Api",), replace(event(1, CHILD, "Service", one, reason=why), **facts))
        for one, why in (("UPDATE_IN_PROGRESS", ""), ("UPDATE_FAILED", reason))
    )
    happened = iter([Round([begun], []), Round([failed], [])])
    monkeypatch.setattr("stackyard.deploy.watch.rounds", lambda *_: happened)
    ends = iter([stack(ROOT, status)] * (action == "watch"))
    last = stack(ROOT, "UPDATE_ROLLBACK_FAILED")
    monkeypatch.setattr("stackyard.deploy.watch.settled", lambda *_: next(ends, last))
    diagnosis = Diagnosis(stack(ROOT, status), State("", action, ""))
    events = list(recover(fake.account, diagnosis))
    assert [one.title for one in events if isinstance(one, Evidence)] == [
        "task 3f2a91d0 of api:12 stopped: Essential container in task exited; app: exit code 1"
    ]
    end = events[-1]
    assert isinstance(end, Outcome)
    assert end.cause
    assert end.cause.name == "Api/Service"
    assert end.cause.advice
    assert end.cause.advice.name == "application-ended"
    assert [list(one.lines) for one in end.evidence] == [["connecting", "KeyError: 'DATABASE_URL'"]]
