"""The encrypted topic that alarms notify, and who hears of it."""

from __future__ import annotations

from troposphere import Ref, Sub, Template
from troposphere.kms import Key
from troposphere.sns import SubscriptionResource, Topic, TopicPolicy

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import document
from templates_src.parts.logic import condition, is_given

# Whose messages reach the topic. Most say for which account they speak; EventBridge does not, and
# with a condition its messages would be lost without an error:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
STATING = [
    *("budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"),
    "events.rds.amazonaws.com",
]
SILENT = ["events.amazonaws.com"]


@contract
class Parameters:
    email: Value = parameter(
        "Address that receives alarms once it confirms the mail from AWS; none if empty.",
        default="",
        label="E-mail address",
        AllowedPattern=r"^$|[^@\s]+@[^@\s]+\.[^@\s]+",
    )


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic for alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Encrypted SNS topic for alarms, with an optional e-mail subscription."""
    # The AWS managed key of SNS cannot admit CloudWatch, and an alarm on such a topic fails
    # silently: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    key = t.add_resource(
        Key(
            "TopicKey",
            Description="Encrypts alarm notifications",
            EnableKeyRotation=True,
            PendingWindowInDays=7,
            # what it encrypts is delivered at once and kept nowhere
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
            KeyPolicy=document(
                {
                    "Sid": "AccountAdministers",
                    "Effect": "Allow",
                    "Principal": {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
                    "Action": "kms:*",  # without it nobody could ever change this policy
                    "Resource": "*",  # in a key policy: this key
                },
                {
                    "Sid": "PublishersEncrypt",
                    "Effect": "Allow",
                    "Principal": {"Service": [*STATING, *SILENT]},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                    # in a key policy: this key; the topic's policy knows the account
                    "Resource": "*",  # see above
                },
            ),
        )
    )
    topic = t.add_resource(Topic("AlarmTopic", KmsMasterKeyId=Ref(key)))
    t.add_resource(
        TopicPolicy(
            "AlarmTopicPolicy",
            Topics=[Ref(topic)],
            PolicyDocument=document(
                {
                    "Sid": "PublishersPublishForThisAccount",
                    "Effect": "Allow",
                    "Principal": {"Service": STATING},
                    "Action": "sns:Publish",
                    "Resource": Ref(topic),
                    "Condition": {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}},
                },
                {
                    "Sid": "RulesPublish",
                    "Effect": "Allow",
                    "Principal": {"Service": SILENT},
                    "Action": "sns:Publish",
                    "Resource": Ref(topic),
                },
                {
                    "Sid": "OnlyOverTls",
                    "Effect": "Deny",
                    "Principal": "*",  # everybody, since it denies
                    "Action": "sns:Publish",
                    "Resource": Ref(topic),
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                },
            ),
        )
    )
    t.add_resource(
        SubscriptionResource(
            "EmailSubscription",
            Condition=condition(t, "HasEmail", is_given(p.email)),
            TopicArn=Ref(topic),
            Protocol="email",
            Endpoint=p.email,
        )
    )
    return Outputs(topic_arn=Ref(topic))


alerts = Component(Parameters, Outputs, build)
