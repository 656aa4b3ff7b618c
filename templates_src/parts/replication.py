"""Replication of a bucket into another region: role, rule and the alarms on its lag."""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import And, AWSHelperFn, GetAtt, If, Join, Ref, Select, Split, Sub, Template
from troposphere.cloudwatch import Alarm
from troposphere.iam import PolicyType, Role
from troposphere.s3 import (
    Bucket,
    DeleteMarkerReplication,
    EncryptionConfiguration,
    Metrics,
    ReplicationConfiguration,
    ReplicationConfigurationRules,
    ReplicationConfigurationRulesDestination,
    ReplicationRuleFilter,
    ReplicationTime,
    ReplicationTimeValue,
    SourceSelectionCriteria,
    SseKmsEncryptedObjects,
)

from templates_src.contract import Rule, Value, contract, flag, parameter
from templates_src.parts.alarms import Alarmed, alarm
from templates_src.parts.iam import Bounded, allow, document, role
from templates_src.parts.logic import condition, is_given, is_true
from templates_src.parts.versioned_buckets import Stored

RULE_ID = "Replica"
PROMISED_MINUTES = 15  # the only time that S3 promises, for 99.99 % of objects


@contract
class Replicated(Stored, Alarmed, Bounded):
    """What every component takes whose bucket is replicated."""

    replica_bucket_arn: Value = parameter(
        "ARN of the versioned bucket, best in another region, that gets a copy of each object; not"
        " replicated if empty. What was stored before is not copied.",
        default="",
        group="Replication",
        AllowedPattern="^$|arn:.*",
    )
    replica_key_arn: Value = parameter(
        "ARN of the key, in the region of that bucket, that encrypts the copies.",
        default="",
        group="Replication",
        AllowedPattern="^$|arn:.*",
    )
    replicates_deletions: Value = flag(
        "Whether an object that is deleted here is hidden there too; without it the replica also"
        " protects from deletions by mistake. Versions are never deleted there.",
        default=False,
        group="Replication",
    )
    lag_threshold_seconds: Value = parameter(
        "Seconds behind its source from which the replica raises an alarm after ten minutes.",
        Type="Number",
        default=PROMISED_MINUTES * 60,
        group="Alarms",
    )
    unreplicated_threshold_count: Value = parameter(
        "Objects in a minute that cannot be replicated, above which an alarm is raised.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


REPLICATION_RULES = (
    Rule(
        "ReplicaHasKey",
        "Objects that a key encrypts need ReplicaKeyArn, a key in the replica's region.",
        holds=is_given(Replicated.replica_key_arn),
        when=is_given(Replicated.replica_bucket_arn),
    ),
    Rule(
        "SourceHasKey",
        "A replicated bucket needs KmsKeyArn: its replica has a key of its own, too.",
        holds=is_given(Replicated.kms_key_arn),
        when=is_given(Replicated.replica_bucket_arn),
    ),
)


def is_replicated(t: Template, p: Replicated) -> str:
    """Return the condition that there is a replica."""
    needed = (p.replica_bucket_arn, p.replica_key_arn, p.kms_key_arn)
    return condition(t, "IsReplicated", And(*map(is_given, needed)))


def replication_role(t: Template, p: Replicated) -> Role:
    """Return the role with which S3 replicates; what it may do names the bucket, which names it."""
    return role(
        t,
        "ReplicationRole",
        service="s3",
        boundary=p.permissions_boundary_arn,
        Condition=is_replicated(t, p),
    )


def replication(t: Template, p: Replicated, acts_as: Role) -> ReplicationConfiguration:
    """Return what S3 does with each new object."""
    deletes = condition(t, "HidesDeletions", is_true(p.replicates_deletions))
    in_time = ReplicationTimeValue(Minutes=PROMISED_MINUTES)
    return ReplicationConfiguration(
        Role=GetAtt(acts_as, "Arn"),
        Rules=[
            ReplicationConfigurationRules(
                Id=RULE_ID,
                Status="Enabled",
                Priority=1,
                Filter=ReplicationRuleFilter(Prefix=""),
                DeleteMarkerReplication=DeleteMarkerReplication(
                    Status=If(deletes, "Enabled", "Disabled")
                ),
                # without it S3 passes over everything that a KMS key encrypts:
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
                SourceSelectionCriteria=SourceSelectionCriteria(
                    SseKmsEncryptedObjects=SseKmsEncryptedObjects(Status="Enabled")
                ),
                Destination=ReplicationConfigurationRulesDestination(
                    Bucket=p.replica_bucket_arn,
                    EncryptionConfiguration=EncryptionConfiguration(
                        ReplicaKmsKeyID=p.replica_key_arn
                    ),
                    ReplicationTime=ReplicationTime(Status="Enabled", Time=in_time),
                    Metrics=Metrics(Status="Enabled", EventThreshold=in_time),
                ),
            )
        ],
    )


def replication_policy(t: Template, p: Replicated, bucket: Bucket, acts_as: Role) -> PolicyType:
    """Return what the role may do: read versions here, write replicas there.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    source = GetAtt(bucket, "Arn")
    versions = ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication"]
    replicas = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
    here = Sub("s3.${AWS::Region}.${AWS::URLSuffix}")
    region = Select(3, Split(":", p.replica_key_arn))  # arn:aws:kms:region:account:key/id
    there = Sub("s3.${Region}.${AWS::URLSuffix}", Region=region)
    return PolicyType(
        "ReplicationPolicy",
        Condition=is_replicated(t, p),
        PolicyName="Replicate",
        Roles=[Ref(acts_as)],
        PolicyDocument=document(
            allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source),
            allow([*versions, "s3:GetObjectVersionTagging"], Join("", [source, "/*"])),
            allow(replicas, Join("", [p.replica_bucket_arn, "/*"])),
            allow(["kms:Decrypt"], p.kms_key_arn, Condition=_through(here)),
            allow(["kms:Encrypt"], p.replica_key_arn, Condition=_through(there)),
        ),
    )


def replication_alarms(t: Template, p: Replicated, bucket: Bucket) -> Iterator[Alarm]:
    """Yield the alarms on a replica that is behind and on objects that never get there."""
    replica = Select(5, Split(":", p.replica_bucket_arn))  # arn:aws:s3:::name
    for title, metric, statistic, threshold, minutes, meaning in (
        (
            *("ReplicationLagAlarm", "ReplicationLatency", "Maximum"),
            *(p.lag_threshold_seconds, 10),
            "The replica is behind: what is not there yet would be lost with this region.",
        ),
        (
            *("UnreplicatedObjectsAlarm", "OperationsFailedReplication", "Sum"),
            *(p.unreplicated_threshold_count, 1),
            "Objects cannot be replicated: look at the replication role, the keys and the replica.",
        ),
    ):
        yield alarm(
            title,
            meaning,
            namespace="AWS/S3",
            metric=metric,
            dimensions={
                "SourceBucket": Ref(bucket),
                "DestinationBucket": replica,
                "RuleId": RULE_ID,
            },
            statistic=statistic,
            threshold=threshold,
            minutes=minutes,
            topic_arn=p.alarm_topic_arn,
            Condition=is_replicated(t, p),
        )


def _through(service: AWSHelperFn) -> dict[str, dict[str, AWSHelperFn]]:
    return {"StringEquals": {"kms:ViaService": service}}
