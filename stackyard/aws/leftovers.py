"""Delete what a stack leaves behind: resources that it retains and snapshots that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Resource
from stackyard.aws.errors import AwsError
from stackyard.errors import DeployError

BUCKET = "AWS::S3::Bucket"
INSTANCE_SNAPSHOT = "RDS DB snapshot"
CLUSTER_SNAPSHOT = "RDS DB cluster snapshot"
CACHE_SNAPSHOT = "ElastiCache snapshot"


@dataclass(frozen=True)
class _Deletion:
    service: str
    operation: str
    parameter: str
    more: dict[str, Any] = field(default_factory=dict)


class _Snapshots(NamedTuple):
    of: str
    kind: str
    service: str
    operation: str
    rows: str
    owner: str


DELETIONS = {
    BUCKET: _Deletion("s3", "delete_bucket", "Bucket"),
    "AWS::CloudWatch::Alarm": _Deletion("cloudwatch", "delete_alarms", "AlarmNames"),
    "AWS::Cognito::UserPool": _Deletion("cognito-idp", "delete_user_pool", "UserPoolId"),
    "AWS::DynamoDB::Table": _Deletion("dynamodb", "delete_table", "TableName"),
    "AWS::ECR::Repository": _Deletion(
        "ecr", "delete_repository", "repositoryName", {"force": True}
    ),
    "AWS::EFS::FileSystem": _Deletion("efs", "delete_file_system", "FileSystemId"),
    # a key cannot be deleted at once; 7 days is the least that KMS takes
    "AWS::KMS::Key": _Deletion("kms", "schedule_key_deletion", "KeyId", {"PendingWindowInDays": 7}),
    "AWS::Logs::LogGroup": _Deletion("logs", "delete_log_group", "logGroupName"),
    "AWS::OpenSearchServerless::Collection": _Deletion(
        "opensearchserverless", "delete_collection", "id"
    ),
    "AWS::RDS::DBCluster": _Deletion(
        "rds", "delete_db_cluster", "DBClusterIdentifier", {"SkipFinalSnapshot": True}
    ),
    "AWS::RDS::DBInstance": _Deletion(
        "rds", "delete_db_instance", "DBInstanceIdentifier", {"SkipFinalSnapshot": True}
    ),
    "AWS::Route53::HostedZone": _Deletion("route53", "delete_hosted_zone", "Id"),
    "AWS::SNS::Topic": _Deletion("sns", "delete_topic", "TopicArn"),
    "AWS::SQS::Queue": _Deletion("sqs", "delete_queue", "QueueUrl"),
    "AWS::SSM::Parameter": _Deletion("ssm", "delete_parameter", "Name"),
    "AWS::SecretsManager::Secret": _Deletion(
        "secretsmanager", "delete_secret", "SecretId", {"ForceDeleteWithoutRecovery": True}
    ),
    INSTANCE_SNAPSHOT: _Deletion("rds", "delete_db_snapshot", "DBSnapshotIdentifier"),
    CLUSTER_SNAPSHOT: _Deletion("rds", "delete_db_cluster_snapshot", "DBClusterSnapshotIdentifier"),
    CACHE_SNAPSHOT: _Deletion("elasticache", "delete_snapshot", "SnapshotName"),
}
KIND = "SnapshotType"  # of a database's; a cache's has none
SNAPSHOTS = (
    _Snapshots(
        *("AWS::RDS::DBInstance", INSTANCE_SNAPSHOT),
        *("rds", "describe_db_snapshots", "DBSnapshots", "DBInstanceIdentifier"),
    ),
    _Snapshots(
        *("AWS::RDS::DBCluster", CLUSTER_SNAPSHOT),
        *("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterIdentifier"),
    ),
    _Snapshots(
        *("AWS::ElastiCache::ReplicationGroup", CACHE_SNAPSHOT),
        *("elasticache", "describe_snapshots", "Snapshots", "ReplicationGroupId"),
    ),
)
# How services say that something is gone already
GONE = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist", "404")


def delete(account: Account, resource_type: str, physical_id: str) -> bool:
    """Delete a resource that no stack holds any more and return whether it was there.

    Args:
        account: its account.
        resource_type: CloudFormation's, or one of this module's kinds of snapshots.
        physical_id: CloudFormation's.

    Raises:
        DeployError: it cannot be deleted, or we do not know how.
    """
    deletion = DELETIONS.get(resource_type)
    if deletion is None:
        raise DeployError(f"{physical_id}: a {resource_type} is retained; delete it by hand")
    try:
        if resource_type == BUCKET:
            s3.empty(account, physical_id)
        client = account.client(deletion.service, physical_id)
        value = [physical_id] if deletion.parameter.endswith("Names") else physical_id
        getattr(client, deletion.operation)(**{deletion.parameter: value}, **deletion.more)
    except AwsError as error:
        if any(text in error.code for text in GONE):
            return False
        raise
    return True


def snapshots(account: Account, owned: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the final snapshots of databases and caches that a stack has *owned*."""
    ids: dict[str, set[str]] = {}
    for one in owned:
        ids.setdefault(one.type, set()).add(one.physical_id)
    for listing in SNAPSHOTS:
        if listing.of in ids:
            pages = account.client(listing.service).get_paginator(listing.operation).paginate()
            for row in (row for page in pages for row in page[listing.rows]):
                # automated ones go with their database
                if row.get(listing.owner) in ids[listing.of] and row.get(KIND) != "automated":
                    yield Resource("", row[DELETIONS[listing.kind].parameter], listing.kind, "")
