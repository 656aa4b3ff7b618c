"""Bad days: AWS refuses or is silent, the deploying process dies, others are at work too."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.retries.standard import ExponentialBackoff

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.diagnosis import diagnose
from stackyard.deploy.events import Started
from stackyard.deploy.lock import TABLE, held
from stackyard.deploy.operations import Followed
from stackyard.deploy.publish import publish
from stackyard.deploy.recover import recover
from stackyard.errors import DeployError
from tests.deployed.faulty import Fault, Faulty, faulty
from tests.deployed.small import CONSENTS, EVERYTHING, left, outcome, request, run
from tests.support import ROOT

STACK = "worker-dev"
WHOLE = {"vpcs": 1, "addresses": 1, "topics": 1, "queues": 1}


@pytest.fixture
def bad(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[Faulty]:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    with faulty(account) as proxy:
        yield proxy


def unstuck(account: Account) -> None:
    """Recover until there is nothing left to do, as a person would who reads the proposals."""
    for _ in range(4):
        found = diagnose(account, STACK)
        if found is None or found.state.action == "nothing":
            return
        list(recover(account, found))
    raise AssertionError("still stuck")


def assert_tidy(account: Account) -> None:
    stack = cloudformation.describe(account, STACK)
    if stack:
        assert recovery.change_sets(account, stack.id) == []
    dynamodb = account.client("dynamodb")
    if TABLE in dynamodb.list_tables()["TableNames"]:
        assert dynamodb.scan(TableName=TABLE)["Items"] == []


@pytest.mark.parametrize("fault", ["throttled", "broken", "reset"])
def test_what_goes_wrong_once_with_every_operation_is_not_noticed(
    bad: Faulty, account: Account, dist: Path, fault: Fault
) -> None:
    bad.rule = lambda _, number: fault if number == 1 else None
    assert outcome(run(bad.account, dist)).result == "created"
    assert left(account) == WHOLE
    assert bad.calls["ExecuteChangeSet"] == 2
    bad.calls.clear()
    assert outcome(list(destroy(bad.account, STACK, EVERYTHING))).result == "deleted"
    assert not any(left(account).values())


@pytest.mark.parametrize("fault", ["throttled", "broken", "reset"])
@pytest.mark.parametrize("operation", ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet"])
def test_what_goes_wrong_again_and_again_ends_in_one_line_and_leaves_nothing(
    bad: Faulty, account: Account, dist: Path, operation: str, fault: Fault
) -> None:
    bad.rule = lambda asked, _: fault if asked == operation else None
    with pytest.raises(DeployError) as error:
        run(bad.account, dist)
    assert "\n" not in str(error.value)
    unstuck(account)
    assert_tidy(account)
    assert cloudformation.describe(account, STACK) is None
    assert outcome(run(account, dist)).result == "created"


@pytest.mark.parametrize(
    "operation", ["CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks"]
)
def test_an_answer_that_is_lost_loses_no_deployment(
    bad: Faulty, account: Account, dist: Path, operation: str
) -> None:
    bad.rule = lambda asked, number: "unanswered" if (asked, number) == (operation, 1) else None
    with contextlib.suppress(DeployError):
        run(bad.account, dist)
    unstuck(account)
    assert outcome(run(account, dist)).result in ("created", "unchanged")
    assert left(account) == WHOLE
    assert_tidy(account)


def test_a_deletion_whose_answer_is_lost_is_complete_after_the_next_at_the_latest(
    bad: Faulty, account: Account, dist: Path
) -> None:
    run(account, dist)
    bad.rule = lambda asked, number: "unanswered" if (asked, number) == ("DeleteStack", 1) else None
    # asked twice, the embedded account deletes twice at once, where AWS goes on with the first
    first, second = (outcome(list(destroy(bad.account, STACK, EVERYTHING))) for _ in range(2))
    assert {first.result, second.result} & {"deleted", "absent"}
    assert not any(left(account).values())


def test_credentials_that_expire_in_mid_watch_lose_neither_stack_nor_lock(
    bad: Faulty, account: Account, dist: Path
) -> None:
    asked = request(publish(account, dist, "root"))

    def deploying() -> None:
        with held(bad.account, STACK, lease=1):
            for event in deploy(bad.account, asked):
                if isinstance(event, Started):
                    bad.rule = lambda *_: "expired"

    with pytest.raises(DeployError, match="credentials have expired while it was watched") as said:
        deploying()
    assert "log in again, then run the same command: it goes on watching" in str(said.value)
    # nobody could give the lock back, so that it has to expire
    with held(account, STACK, timeout=10):
        assert outcome(run(account, dist)).result in ("created", "unchanged")
    assert left(account) == WHOLE
    assert_tidy(account)


def killed_at(account: Account, dist: Path, verb: str, step: int) -> str:
    """Run *verb* in a process of its own, kill that at an event, and return the event's name."""
    command = [sys.executable, "-m", "tests.deployed.stepping", verb]
    process = subprocess.Popen(
        [*command, account.endpoint_url, account.embedded_id, str(dist)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    name = ""
    with process:
        for number in range(step + 1):
            name = process.stdout.readline().strip() or name
            if number < step and process.poll() is None:
                process.stdin.write("\n")
                process.stdin.flush()
        process.kill()
    return name


BEGINNING = ["Locked", "Published", "Planned", "Started", "Progress"]


# the first steps one by one, then some of the many that tell of resources
@pytest.mark.parametrize("step", [0, 1, 2, 3, 4, 7, 12])
def test_a_deployment_that_is_killed_is_completed_by_the_next(
    account: Account, dist: Path, step: int
) -> None:
    assert killed_at(account, dist, "30", step) == BEGINNING[min(step, 4)]
    unstuck(account)
    with held(account, STACK, timeout=5):
        assert outcome(run(account, dist)).result in ("created", "unchanged")
    assert left(account) == WHOLE
    assert_tidy(account)


@pytest.mark.parametrize("step", [0, 1, 2, 3, 5])
def test_an_update_that_is_killed_is_completed_by_the_next(
    account: Account, dist: Path, step: int
) -> None:
    url = outcome(run(account, dist)).outputs["QueueUrl"]
    assert killed_at(account, dist, "45", step) == BEGINNING[min(step, 4)]
    unstuck(account)
    assert outcome(run(account, dist, Visibility="45")).result in ("updated", "unchanged")
    found = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert found["Attributes"]["VisibilityTimeout"] == "45"
    with held(account, STACK, timeout=5):
        assert left(account) == WHOLE
    assert_tidy(account)


@pytest.mark.parametrize("rule", CONSENTS)
@pytest.mark.parametrize("step", [0, 1, 2, 5])
def test_a_destruction_that_is_killed_is_completed_by_the_next_by_its_rule(
    account: Account, dist: Path, step: int, rule: str
) -> None:
    run(account, dist)
    assert killed_at(account, dist, rule, step)
    unstuck(account)
    with held(account, STACK, timeout=5):
        end = outcome(list(destroy(account, STACK, CONSENTS[rule])))
    kept = int(rule == "keep-data")
    assert end.is_good
    assert [one.type for one in end.remaining] == ["AWS::SQS::Queue"] * kept
    assert left(account) == {**dict.fromkeys(WHOLE, 0), "queues": kept}
    assert_tidy(account)


def test_the_second_of_two_deployments_waits_for_the_first(account: Account, dist: Path) -> None:
    ended: list[str] = []

    def deploying(value: str) -> None:
        with held(account, STACK, timeout=60):
            ended.append(outcome(run(account, dist, Visibility=value)).result)

    both = [threading.Thread(target=deploying, args=(value,)) for value in ("30", "45")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert ended == ["created", "updated"]
    assert left(account) == WHOLE
    assert_tidy(account)


def test_the_second_of_two_deployments_leaves_if_it_is_not_to_wait(account: Account) -> None:
    with held(account, STACK), pytest.raises(DeployError, match="deploys it since"):
        held(account, STACK, timeout=0).__enter__()
    assert_tidy(account)


def test_a_stack_that_is_deleted_under_a_deployment_can_be_made_again(
    account: Account, dist: Path
) -> None:
    run(account, dist)
    stack = cloudformation.describe(account, STACK)
    assert stack
    published = publish(account, dist, "root")
    deploying = deploy(account, request(published, Visibility="45"))
    assert any(isinstance(event, Started) for event in deploying)
    list(Followed(account, stack.id).attach())
    deletion = Followed(account, stack.id)
    list(deletion.run("delete", lambda: cloudformation.delete(account, stack.id, "under-us")))
    assert not outcome(list(deploying)).is_good
    assert outcome(run(account, dist)).result == "created"
    assert left(account) == WHOLE
    assert_tidy(account)


def test_a_stack_that_is_deleted_under_a_recovery_is_no_error(account: Account, dist: Path) -> None:
    run(account, dist, Visibility="abc")
    diagnosis = diagnose(account, STACK)
    assert diagnosis
    list(destroy(account, STACK, EVERYTHING))
    assert outcome(list(recover(account, diagnosis))).status == "DELETE_COMPLETE"
