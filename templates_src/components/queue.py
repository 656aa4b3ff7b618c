"""A queue, its dead-letter queue, who may not speak to them, and the alarms on all that waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import GetAtt, If, Join, Ref, Select, Split, Sub, Template
from troposphere.cloudwatch import Alarm
from troposphere.sqs import Queue, QueuePolicy, RedrivePolicy

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.access import grant
from templates_src.parts.alarms import Alarmed, alarm, arns, names
from templates_src.parts.iam import document
from templates_src.parts.logic import condition, is_given, is_true, only_if

DAY = 24 * 60 * 60  # seconds
MOST_DAYS = 14  # that SQS keeps a message
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
LONGEST_VISIBILITY = 12 * 60 * 60  # seconds
LONG_POLL = 20  # seconds; the longest, and the fewest empty answers to pay for


@contract
class Parameters(Alarmed):
    fifo: Value = flag(
        "Whether messages of a group keep their order, at a lower rate. Changing it replaces both"
        " queues and loses what waits in them.",
        default=False,
        label="FIFO",
    )
    # 80 characters with the longest suffix
    queue_name: Value = parameter(
        "Name of the queue, without .fifo; generated if empty. Changing it replaces both queues and"
        " loses what waits in them.",
        default="",
        AllowedPattern="[A-Za-z0-9_-]{0,62}",
    )
    content_based_deduplication: Value = flag(
        "Whether a FIFO queue takes two messages with the same body within five minutes for one;"
        " if not, senders give each an id.",
        default=True,
    )
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    visibility_timeout_seconds: Value = parameter(
        "Seconds that a message is hidden while it is handled: at least six times the timeout of a"
        " function that handles it.",
        Type="Number",
        MinValue=30,
        MaxValue=LONGEST_VISIBILITY,
        default=360,
    )
    message_retention_seconds: Value = parameter(
        "Seconds that a message waits before it is lost, 4 to 14 days.",
        Type="Number",
        MinValue=4 * DAY,
        MaxValue=MOST_DAYS * DAY,
        default=4 * DAY,
    )
    # fewer than five, and a function that is throttled sends good messages there:
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    max_receive_count: Value = parameter(
        "Attempts at a message before it goes to the dead-letter queue.",
        Type="Number",
        MinValue=1,
        MaxValue=1000,
        default=5,
    )
    depth_threshold_count: Value = parameter(
        "Waiting messages that raise an alarm after five minutes.",
        Type="Number",
        MinValue=0,
        default=1000,
        group="Alarms",
    )
    age_threshold_seconds: Value = parameter(
        "Age of the oldest message that raises an alarm after five minutes.",
        Type="Number",
        MinValue=0,
        default=900,
        group="Alarms",
    )
    dead_letter_threshold_count: Value = parameter(
        "Messages in the dead-letter queue above which an alarm is raised.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


@contract
class Outputs:
    queue_url: Value = output("URL of the queue.")
    queue_arn: Value = output("ARN of the queue.")
    queue_name: Value = output("Name of the queue, as metrics carry it.")
    dead_letter_queue_url: Value = output("URL of the dead-letter queue.")
    dead_letter_queue_arn: Value = output("ARN of the dead-letter queue.")
    dead_letter_queue_name: Value = output("Name of the dead-letter queue, as metrics carry it.")
    grant: Value = output("ARN and URL of the queue, for whoever sends or consumes.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Encrypted queue and dead-letter queue with their policies and alarms."""
    dead_letters = t.add_resource(
        _queue(
            t,
            p,
            "DeadLetterQueue",
            _name(t, p, "-dead-letters"),
            # a message keeps the age that it had, so only the longest time leaves any to look at it
            MessageRetentionPeriod=MOST_DAYS * DAY,
            # the queue itself refers to this one, so its ARN is written out here
            RedriveAllowPolicy={
                "redrivePermission": "byQueue",
                "sourceQueueArns": [_arn(_name(t, p, ""))],
            },
        )
    )
    queue = t.add_resource(
        _queue(
            t,
            p,
            "Queue",
            _name(t, p, ""),
            MessageRetentionPeriod=p.message_retention_seconds,
            VisibilityTimeout=p.visibility_timeout_seconds,
            ReceiveMessageWaitTimeSeconds=LONG_POLL,
            RedrivePolicy=RedrivePolicy(
                deadLetterTargetArn=GetAtt(dead_letters, "Arn"), maxReceiveCount=p.max_receive_count
            ),
        )
    )
    for one in (queue, dead_letters):
        t.add_resource(_policy(one))
    alarms = [t.add_resource(watch) for watch in _alarms(p, queue, dead_letters)]
    return Outputs(
        queue_url=Ref(queue),
        queue_arn=GetAtt(queue, "Arn"),
        queue_name=GetAtt(queue, "QueueName"),
        dead_letter_queue_url=Ref(dead_letters),
        dead_letter_queue_arn=GetAtt(dead_letters, "Arn"),
        dead_letter_queue_name=GetAtt(dead_letters, "QueueName"),
        grant=grant(GetAtt(queue, "Arn"), Ref(queue)),
        alarm_arns=arns(alarms),
        alarm_names=names(alarms),
    )


def _name(t: Template, p: Parameters, suffix: str) -> Any:
    """Return the name of a queue; SQS wants those of FIFO queues to end in ``.fifo``."""
    named = condition(t, "HasQueueName", is_given(p.queue_name))
    fifo = condition(t, "IsFifo", is_true(p.fifo))
    stack_id = Select(2, Split("/", Ref("AWS::StackId")))
    # Not the stack's name: it may be too long, and for a minute SQS refuses that of a deleted queue
    generated = Join("-", ["queue", Select(0, Split("-", stack_id))])
    return Join("", [If(named, p.queue_name, generated), suffix, If(fifo, ".fifo", "")])


def _arn(name: Any) -> Any:
    return Sub("arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${Name}", Name=name)


def _queue(t: Template, p: Parameters, title: str, name: Any, **more: Any) -> Queue:
    fifo = condition(t, "IsFifo", is_true(p.fifo))
    return Queue(
        title,
        QueueName=name,
        FifoQueue=only_if(fifo, True),  # SQS takes true or nothing
        ContentBasedDeduplication=only_if(fifo, p.content_based_deduplication),
        SqsManagedSseEnabled=True,
        # what waits is lost either way: another name is another queue
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        **more,
    )


def _policy(queue: Queue) -> QueuePolicy:
    """Return the policy that lets nobody in without TLS; who may enter, their roles say."""
    deny = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",  # everybody, since it denies
        "Action": "sqs:*",  # likewise
        "Resource": GetAtt(queue, "Arn"),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return QueuePolicy(f"{queue.title}Policy", Queues=[Ref(queue)], PolicyDocument=document(deny))


def _alarms(p: Parameters, queue: Queue, dead_letters: Queue) -> Iterator[Alarm]:
    visible = "ApproximateNumberOfMessagesVisible"
    for title, says, watched, metric, threshold, minutes in (
        (
            *("DepthAlarm", "Messages come faster than they are handled: see who consumes them"),
            *(queue, visible, p.depth_threshold_count, 5),
        ),
        (
            *("AgeAlarm", "Messages wait for too long: see whether their consumer works at all"),
            *(queue, "ApproximateAgeOfOldestMessage", p.age_threshold_seconds, 5),
        ),
        (
            *(
                "DeadLetterAlarm",
                "Messages could not be handled: read them, mend, and redrive them",
            ),
            *(dead_letters, visible, p.dead_letter_threshold_count, 1),
        ),
    ):
        yield alarm(
            title,
            says,
            namespace="AWS/SQS",
            metric=metric,
            dimensions={"QueueName": GetAtt(watched, "QueueName")},
            statistic="Maximum",
            threshold=threshold,
            minutes=minutes,
            topic_arn=p.alarm_topic_arn,
        )


queue = Component(Parameters, Outputs, build)
