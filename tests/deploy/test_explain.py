"""The first cause of a failure, among all that follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stackyard.aws.cloudformation import STACK, Event
from stackyard.deploy.events import Progress
from stackyard.deploy.explain import first_cause

START = datetime(2026, 1, 1, tzinfo=UTC)


def happened(
    seconds: int, name: str, status: str, reason: str = "", kind: str = "AWS::SQS::Queue"
) -> Progress:
    *path, logical_id = name.split("/")
    stack_id = "arn:stack/" + "/".join(path)
    event = Event(
        id=f"{seconds}-{name}",
        stack_id=stack_id,
        logical_id=logical_id,
        physical_id=stack_id if logical_id == "" else f"physical-{logical_id}",
        type=STACK if logical_id == "" else kind,
        status=status,
        reason=reason,
        time=START + timedelta(seconds=seconds),
        token="",
    )
    return Progress(tuple(path), event)


def test_the_resource_comes_before_the_stacks_around_it() -> None:
    cause = first_cause(
        [
            happened(3, "Jobs", "CREATE_FAILED", "Embedded stack arn failed", STACK),
            happened(2, "Jobs/", "CREATE_FAILED", "The following resource(s) failed"),
            happened(1, "Jobs/Queue", "CREATE_FAILED", "Invalid value abc"),
        ]
    )
    assert cause
    assert cause.name == "Jobs/Queue"
    assert cause.reason == "Invalid value abc"


def test_what_was_given_up_is_no_cause_even_if_it_is_told_first() -> None:
    cause = first_cause(
        [
            happened(1, "Topic", "CREATE_FAILED", "Resource creation cancelled"),
            happened(2, "Queue", "CREATE_FAILED", "Invalid value abc"),
        ]
    )
    assert cause
    assert cause.name == "Queue"


def test_the_earliest_of_several_failures_is_the_cause() -> None:
    cause = first_cause(
        [
            happened(5, "Queue", "UPDATE_FAILED", "second"),
            happened(4, "Network/Vpc", "UPDATE_FAILED", "first"),
        ]
    )
    assert cause
    assert cause.reason == "first"


def test_a_nested_stack_that_never_began_is_the_cause_itself() -> None:
    cause = first_cause([happened(1, "Jobs", "CREATE_FAILED", "S3 error: Access Denied", STACK)])
    assert cause
    assert cause.reason == "S3 error: Access Denied"


def test_without_a_failure_there_is_no_cause() -> None:
    assert first_cause([happened(1, "Queue", "CREATE_COMPLETE")]) is None
