"""Custom resources whose functions are slow, fail or forget to answer, and what is told of them."""

from __future__ import annotations

import threading
import time
from typing import Any

from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.diagnosis import diagnose
from stackyard.deploy.events import Outcome
from stackyard.deploy.plan import Request
from stackyard.deploy.recover import recover
from tests.deployed.small import outcome
from tests.deployed.stuck import FUNCTION, NAME, create, status, stubborn, template, update

FORGETFUL = "def handler(event, context): print('forgot to answer')"


def function(**properties: Any) -> dict[str, Any]:
    return {**FUNCTION, "Properties": {**FUNCTION["Properties"], **properties}}  # type: ignore[dict-item]


def deployed(account: Account, **resources: Any) -> Outcome:
    body = template(**resources)
    return outcome(list(deploy(account, Request(stack_name=NAME, template_body=body))))


def told(end: Outcome) -> str:
    """Return what the outcome tells of logs."""
    return "\n".join(text for one in end.evidence for text in one.lines)


def test_a_function_that_works_longer_than_three_seconds_is_waited_for(account: Account) -> None:
    """Takes four seconds: three are what a function has that names no Timeout."""
    slow = function(Timeout=30)
    assert deployed(account, Function=slow, Last=stubborn(SleepSeconds="4")).result == "created"


def test_a_function_that_is_out_of_time_fails_its_resource_and_says_so(account: Account) -> None:
    quick = function(Timeout=1)
    end = deployed(account, Function=quick, Last=stubborn(SleepSeconds="9"))
    assert end.result == "rolled back"
    assert end.cause
    assert end.cause.reason.startswith("CloudFormation did not receive a response from your Custom")
    assert "Task timed out after 1.00 seconds" in told(end)
    assert end.cause.advice
    assert end.cause.advice.name == "function-timeout"


def test_a_function_that_never_answers_has_as_long_as_its_resource_says(account: Account) -> None:
    code = function(Code={"ZipFile": FORGETFUL})
    began = time.monotonic()
    end = deployed(account, Function=code, Last=stubborn(ServiceTimeout="1"))
    assert time.monotonic() - began >= 1
    assert end.cause
    assert end.cause.advice
    assert end.cause.advice.name == "custom-resource-silent"
    assert "forgot to answer" in told(end)


def test_a_function_that_fails_is_told_in_cloudformations_words_with_its_log(
    account: Account,
) -> None:
    end = deployed(account, Last=stubborn("Create"))
    assert end.cause
    assert end.cause.reason == (
        "Received response status [FAILED] from custom resource. Message returned: told to fail"
    )
    assert "START RequestId" in told(end)


def test_what_is_recovered_and_fails_again_comes_with_the_log_of_its_function(
    account: Account,
) -> None:
    create(account, template(Last=stubborn("Update")))
    broken = {
        "Type": "AWS::SQS::Queue",
        "Properties": {"VisibilityTimeout": "abc"},
        "DependsOn": "Last",
    }
    assert update(account, template(Last=stubborn(), Broken=broken)) == "UPDATE_ROLLBACK_FAILED"
    found = diagnose(account, NAME)
    assert found
    end = outcome(list(recover(account, found, skips=False)))
    assert end.cause
    assert end.cause.name == "Last"
    assert "START RequestId" in told(end)


def test_an_operation_that_is_watched_to_its_failure_comes_with_the_log_too(
    account: Account,
) -> None:
    body = template(Last=stubborn("Create", SleepSeconds="1"))
    work = threading.Thread(target=create, args=(account, body))
    work.start()
    while not status(account).endswith("_IN_PROGRESS"):
        time.sleep(0.01)
    found = diagnose(account, NAME)
    assert found
    assert found.state.action == "watch"
    end = outcome(list(recover(account, found)))
    work.join()
    assert (end.result, end.status) == ("failed", "ROLLBACK_COMPLETE")
    assert end.cause
    assert end.cause.name == "Last"
    assert "START RequestId" in told(end)
