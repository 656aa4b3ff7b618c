"""The key (AWS KMS) with which a system encrypts what is its own.

A service that encrypts for somebody, as S3, RDS, SQS and Secrets Manager do, uses the key with the
permissions of whoever calls it, and the account's own policies grant those. A service that writes
by itself must be named by the key.
"""

from __future__ import annotations

from troposphere import GetAtt, Ref, Sub, Template
from troposphere.kms import Alias, Key

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import document
from templates_src.parts.logic import condition, is_given

# Who sends to an encrypted topic or queue by itself: budgets, alarms, cost anomalies, RDS events,
# S3 notifications, topics to queues. They say for which account they do; EventBridge does not, and
# with a condition its messages would be lost without an error:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
STATING = [
    *("budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"),
    *("events.rds.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"),
]
SILENT = ["events.amazonaws.com"]


@contract
class Parameters:
    alias_name: Value = parameter(
        "Name of the key without alias/; none if empty.",
        default="",
        AllowedPattern="^$|[a-zA-Z0-9/_-]{1,200}",
    )
    rotation_days: Value = parameter(
        "Days between new key material; what is encrypted stays readable.",
        Type="Number",
        MinValue=90,
        MaxValue=2560,
        default=365,
    )
    pending_days: Value = parameter(
        "Days in which the deletion of the key can be taken back.",
        Type="Number",
        MinValue=7,
        MaxValue=30,
        default=30,
    )


@contract
class Outputs:
    key_arn: Value = output("ARN of the key.")
    key_id: Value = output("Id of the key.")


def build(t: Template, p: Parameters) -> Outputs:
    """Key that rotates, for logs, topics, queues, secrets, buckets and databases."""
    key = t.add_resource(
        Key(
            "Key",
            Description=Sub("Encrypts what ${AWS::StackName} belongs to"),
            EnableKeyRotation=True,
            RotationPeriodInDays=p.rotation_days,
            PendingWindowInDays=p.pending_days,
            KeyPolicy=_policy(),
            # without it nothing that it encrypted could be read again: no snapshot, no object
            DeletionPolicy="RetainExceptOnCreate",
            UpdateReplacePolicy="Retain",
        )
    )
    t.add_resource(
        Alias(
            "Alias",
            Condition=condition(t, "HasAlias", is_given(p.alias_name)),
            AliasName=Sub("alias/${AliasName}"),
            TargetKeyId=Ref(key),
        )
    )
    return Outputs(key_arn=GetAtt(key, "Arn"), key_id=Ref(key))


def _policy() -> dict[str, object]:
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"
    distributions = "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/*"
    return document(
        {
            "Sid": "AccountAdministers",
            "Effect": "Allow",
            "Principal": {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
            "Action": "kms:*",  # without it nobody could ever change this policy
            "Resource": "*",  # in a key policy: this key
        },
        {
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
            "Sid": "LogsEncrypt",
            "Effect": "Allow",
            "Principal": {"Service": Sub("logs.${AWS::Region}.${AWS::URLSuffix}")},
            "Action": [
                *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
                *("kms:GenerateDataKey*", "kms:ReEncrypt*"),
            ],
            "Resource": "*",  # in a key policy: this key
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": Sub(logs)}},
        },
        {
            "Sid": "SendersEncrypt",
            "Effect": "Allow",
            "Principal": {"Service": STATING},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",  # in a key policy: this key
            "Condition": {"StringEquals": {"aws:SourceAccount": Ref("AWS::AccountId")}},
        },
        {
            "Sid": "RulesEncrypt",
            "Effect": "Allow",
            "Principal": {"Service": SILENT},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",  # in a key policy: this key
        },
        {
            # any of the account's: one that is named would have to exist before its bucket's key
            # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
            "Sid": "DistributionsDecrypt",
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "kms:Decrypt",
            "Resource": "*",  # in a key policy: this key
            "Condition": {"ArnLike": {"AWS:SourceArn": Sub(distributions)}},
        },
    )


encryption_key = Component(Parameters, Outputs, build)
