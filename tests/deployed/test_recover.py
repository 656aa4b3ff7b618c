"""Stacks that are stuck, brought there and out of there on the embedded account."""

from __future__ import annotations

import threading
import time

import pytest

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.deploy import plan
from stackyard.deploy.apply import deploy
from stackyard.deploy.diagnosis import Diagnosis, diagnose
from stackyard.deploy.events import DeployEvent, Outcome, Progress
from stackyard.deploy.plan import Request
from stackyard.deploy.recover import recover
from stackyard.errors import DeployError
from tests.deployed.small import outcome
from tests.deployed.stuck import NAME, create, delete, status, stubborn, template, update

QUEUE = {"Type": "AWS::SQS::Queue"}
BROKEN_QUEUE = {**QUEUE, "Properties": {"VisibilityTimeout": "abc"}, "DependsOn": "Last"}
REPOSITORY = {"Type": "AWS::ECR::Repository"}


def found(account: Account) -> Diagnosis:
    diagnosis = diagnose(account, NAME)
    assert diagnosis
    return diagnosis


def recovered(account: Account) -> Outcome:
    return outcome(list(recover(account, found(account))))


def push(account: Account, repository: str) -> None:
    manifest = '{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}'
    account.client("ecr").put_image(
        repositoryName=repository, imageManifest=manifest, imageTag="first"
    )


def names(account: Account) -> list[str]:
    rows = account.client("ecr").describe_repositories()["repositories"]
    return [row["repositoryName"] for row in rows]


def test_a_stack_that_is_not_there_has_nothing_to_recover(account: Account) -> None:
    assert diagnose(account, NAME) is None


def test_a_stack_at_rest_is_left_alone(account: Account) -> None:
    assert create(account, template(Last=QUEUE)) == "CREATE_COMPLETE"
    assert found(account).state.action == "nothing"
    assert recovered(account).result == "unchanged"


def test_a_creation_that_was_rolled_back_is_removed_and_can_be_repeated(account: Account) -> None:
    body = template(Last=QUEUE, Broken=BROKEN_QUEUE)
    assert create(account, body) == "ROLLBACK_COMPLETE"
    assert found(account).state.action == "delete"
    assert recovered(account).result == "recovered"
    assert create(account, template(Last=QUEUE)) == "CREATE_COMPLETE"


def test_a_creation_that_was_not_rolled_back_says_what_it_holds(account: Account) -> None:
    body = template(Last=QUEUE, Broken=BROKEN_QUEUE)
    assert create(account, body, OnFailure="DO_NOTHING") == "CREATE_FAILED"
    diagnosis = found(account)
    assert {one.path for one in diagnosis.held} >= {"Last"}
    assert [one.path for one in diagnosis.endangered] == ["Last"]
    assert recovered(account).status == "DELETE_COMPLETE"
    assert status(account) == "absent"


def test_a_rollback_of_a_creation_that_failed_is_tried_again(account: Account) -> None:
    body = template(Last=stubborn("Delete"), Broken=BROKEN_QUEUE)
    assert create(account, body) == "ROLLBACK_FAILED"
    assert found(account).state.action == "delete"
    assert recovered(account).result == "recovered"


def test_a_stack_that_was_complete_once_is_not_deleted_to_get_it_unstuck(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(account, template(Last=QUEUE))
    stack = cloudformation.describe(account, NAME)
    assert stack
    failed = cloudformation.Stack(**{**vars(stack), "status": "ROLLBACK_FAILED"})
    with monkeypatch.context() as patch:
        patch.setattr(cloudformation, "describe", lambda *_: failed)
        diagnosis = found(account)
    assert diagnosis.state.action == "delete"
    with pytest.raises(DeployError, match=r"was CREATE_COMPLETE on .*not deleted"):
        list(recover(account, diagnosis))
    assert status(account) == "CREATE_COMPLETE"


def test_an_update_that_failed_is_rolled_back(account: Account) -> None:
    create(account, template(Last=QUEUE))
    body = template(Last=QUEUE, Broken=BROKEN_QUEUE)
    assert update(account, body, DisableRollback=True) == "UPDATE_FAILED"
    assert found(account).state.action == "roll back"
    assert recovered(account).status == "UPDATE_ROLLBACK_COMPLETE"


def stuck_rollback(account: Account) -> None:
    # the way back is an update to the old properties, which tell it to fail
    create(account, template(Last=stubborn("Update")))
    assert update(account, template(Last=stubborn(), Broken=BROKEN_QUEUE)) == (
        "UPDATE_ROLLBACK_FAILED"
    )


def test_a_rollback_that_failed_is_continued_without_what_blocks_it(account: Account) -> None:
    stuck_rollback(account)
    diagnosis = found(account)
    assert [one.path for one in diagnosis.blocking] == ["Last"]
    assert "stays as it is now" in diagnosis.warnings[0]
    assert recovered(account).status == "UPDATE_ROLLBACK_COMPLETE"
    assert update(account, template(Last=stubborn("", Version="3"))) == "UPDATE_COMPLETE"


def test_a_rollback_that_is_continued_with_all_that_blocks_it_fails_again(
    account: Account,
) -> None:
    stuck_rollback(account)
    end = outcome(list(recover(account, found(account), skips=False)))
    assert (end.result, end.status) == ("failed", "UPDATE_ROLLBACK_FAILED")
    assert end.cause
    assert end.cause.name == "Last"
    assert [one.path for one in found(account).blocking] == ["Last"]


def test_a_shell_that_was_never_created_is_removed_with_its_change_sets(account: Account) -> None:
    request = Request(stack_name=NAME, template_body=template(Last=QUEUE))
    plan.prepare(account, request)
    assert status(account) == "REVIEW_IN_PROGRESS"
    diagnosis = found(account)
    assert len(diagnosis.change_sets) == 1
    assert recovered(account).result == "recovered"
    assert status(account) == "absent"


def test_change_sets_that_were_left_are_removed_and_the_stack_stays(account: Account) -> None:
    create(account, template(Last=QUEUE))
    stack = cloudformation.describe(account, NAME)
    assert stack
    request = Request(stack_name=NAME, template_body=template(Last=QUEUE, More=QUEUE))
    plan.prepare(account, request)
    assert recovered(account).result == "recovered"
    assert recovery.change_sets(account, stack.id) == []
    assert status(account) == "CREATE_COMPLETE"


def test_a_deletion_that_failed_is_finished_and_keeps_what_stops_it(account: Account) -> None:
    create(account, template(Images=REPOSITORY, Last=QUEUE))
    push(account, names(account)[0])
    assert delete(account) == "DELETE_FAILED"
    diagnosis = found(account)
    assert [one.path for one in diagnosis.blocking] == ["Images"]
    end = recovered(account)
    assert end.status == "DELETE_COMPLETE"
    assert [one.type for one in end.remaining] == ["AWS::ECR::Repository"]
    assert len(names(account)) == 1


def test_a_deletion_that_failed_empties_what_is_named(account: Account) -> None:
    create(account, template(Images=REPOSITORY))
    push(account, names(account)[0])
    assert delete(account) == "DELETE_FAILED"
    end = outcome(list(recover(account, found(account), named=frozenset({"Images"}))))
    assert end.status == "DELETE_COMPLETE"
    assert names(account) == []


@pytest.mark.parametrize("operation", ["CREATE", "DELETE"])
def test_an_operation_that_is_running_is_watched_to_its_end(
    account: Account, operation: str
) -> None:
    body = template(Last=stubborn(SleepSeconds="1"))
    if operation == "DELETE":
        create(account, body)
    begin = {"CREATE": lambda: create(account, body), "DELETE": lambda: delete(account)}
    work = threading.Thread(target=begin[operation])
    work.start()
    while not status(account).endswith("_IN_PROGRESS"):
        time.sleep(0.01)
    diagnosis = found(account)
    assert diagnosis.state.action == "watch"
    events: list[DeployEvent] = list(recover(account, diagnosis))
    work.join()
    assert any(isinstance(one, Progress) for one in events)
    assert outcome(events).status == f"{operation}_COMPLETE"


def test_what_is_deployed_after_a_recovery_is_complete(account: Account) -> None:
    body = template(Last=QUEUE, Broken=BROKEN_QUEUE)
    create(account, body)
    recovered(account)
    request = Request(stack_name=NAME, template_body=template(Last=QUEUE))
    assert outcome(list(deploy(account, request))).result == "created"
