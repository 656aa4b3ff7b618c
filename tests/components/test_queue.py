from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.queue import queue
from tests.components.evaluated import stack_of

TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"
QUEUES = ("Queue", "DeadLetterQueue")


def evaluated(**given: str) -> Stack:
    return stack_of(queue, AlarmTopicArn=TOPIC, **given)


def properties(stack: Stack, title: str) -> dict[str, Any]:
    return {name: plain(value) for name, value in stack.resources[title].properties.items()}


@pytest.fixture(scope="module")
def standard() -> Stack:
    return evaluated()


@pytest.fixture(scope="module")
def fifo() -> Stack:
    return evaluated(Fifo="true", QueueName="mail")


def test_message_goes_to_the_dead_letter_queue_after_so_many_attempts() -> None:
    redrive = properties(evaluated(MaxReceiveCount="3"), "Queue")["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": "<DeadLetterQueue.Arn>", "maxReceiveCount": "3"}


@pytest.mark.parametrize("given", [{}, {"QueueName": "mail"}, {"Fifo": "true"}])
def test_only_the_queue_itself_sends_to_its_dead_letter_queue(given: dict[str, str]) -> None:
    stack = evaluated(**given)
    allowed = properties(stack, "DeadLetterQueue")["RedriveAllowPolicy"]
    (source,) = allowed["sourceQueueArns"]
    assert allowed["redrivePermission"] == "byQueue"
    name = properties(stack, "Queue")["QueueName"]
    assert source == f"arn:aws:sqs:us-east-1:123456789012:{name}"


def test_dead_letters_are_kept_for_as_long_as_sqs_keeps_any(standard: Stack) -> None:
    kept = properties(standard, "DeadLetterQueue")["MessageRetentionPeriod"]
    assert kept == 14 * 24 * 60 * 60


def test_standard_queues_say_nothing_of_fifo(standard: Stack) -> None:
    for title in QUEUES:
        assert not {"FifoQueue", "ContentBasedDeduplication"} & properties(standard, title).keys()
        assert not properties(standard, title)["QueueName"].endswith(".fifo")


def test_both_queues_are_fifo_together_by_kind_and_name(fifo: Stack) -> None:
    assert [properties(fifo, title)["FifoQueue"] for title in QUEUES] == [True, True]
    names = [properties(fifo, title)["QueueName"] for title in QUEUES]
    assert names == ["mail.fifo", "mail-dead-letters.fifo"]


def test_longest_name_fits_with_every_suffix() -> None:
    longest = properties(evaluated(Fifo="true", QueueName="n" * 62), "DeadLetterQueue")
    assert len(longest["QueueName"]) == 80


@pytest.mark.parametrize("title", QUEUES)
def test_queues_are_encrypted_and_speak_tls_only(standard: Stack, title: str) -> None:
    assert properties(standard, title)["SqsManagedSseEnabled"] is True
    policy = properties(standard, f"{title}Policy")
    assert policy["Queues"] == [f"<{title}>"]
    (deny,) = policy["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Action"], deny["Principal"]) == ("Deny", "sqs:*", "*")
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize(
    ("title", "watched", "metric"),
    [
        ("DepthAlarm", "Queue", "ApproximateNumberOfMessagesVisible"),
        ("AgeAlarm", "Queue", "ApproximateAgeOfOldestMessage"),
        ("DeadLetterAlarm", "DeadLetterQueue", "ApproximateNumberOfMessagesVisible"),
    ],
)
def test_depth_age_and_dead_letters_raise_alarms(
    standard: Stack, title: str, watched: str, metric: str
) -> None:
    alarm = properties(standard, title)
    assert alarm["MetricName"] == metric
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": f"<{watched}.QueueName>"}]


def test_one_dead_letter_is_enough_for_an_alarm(standard: Stack) -> None:
    alarm = properties(standard, "DeadLetterAlarm")
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == ("0", "GreaterThanThreshold")


def test_grant_is_arn_and_url(standard: Stack) -> None:
    assert str(standard.outputs["Grant"]) == "<Queue.Arn>,<Queue>"


def test_retention_is_four_to_fourteen_days_and_visibility_thirty_seconds_or_more() -> None:
    declared = queue.template().to_dict()["Parameters"]
    days = 24 * 60 * 60
    retention, visibility = (
        declared["MessageRetentionSeconds"],
        declared["VisibilityTimeoutSeconds"],
    )
    assert (retention["MinValue"], retention["MaxValue"]) == (4 * days, 14 * days)
    assert visibility["MinValue"] == 30


def test_generated_name_is_short_and_has_no_part_of_the_stacks_name() -> None:
    name = json.dumps(queue.template().to_dict()["Resources"]["Queue"]["Properties"]["QueueName"])
    assert "AWS::StackId" in name
    assert not re.search("AWS::StackName", name)
