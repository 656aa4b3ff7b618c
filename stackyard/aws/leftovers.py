"""What deletions stumble over or leave behind: full buckets, retained resources, snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stackyard.aws import s3, vaults
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Resource
from stackyard.aws.errors import AwsError
from stackyard.errors import DeployError

BUCKET = "AWS::S3::Bucket"
REPOSITORY = "AWS::ECR::Repository"
VAULT = "AWS::Backup::BackupVault"
IMAGES = 100  # that BatchDeleteImage takes
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
    VAULT: _Deletion("backup", "delete_backup_vault", "BackupVaultName"),
    "AWS::CloudWatch::Alarm": _Deletion("cloudwatch", "delete_alarms", "AlarmNames"),
    "AWS::Cognito::UserPool": _Deletion("cognito-idp", "delete_user_pool", "UserPoolId"),
    "AWS::DynamoDB::Table": _Deletion("dynamodb", "delete_table", "TableName"),
    REPOSITORY: _Deletion("ecr", "delete_repository", "repositoryName", {"force": True}),
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
# Automated ones go with their database, those of AWS Backup with their recovery point
NOT_OURS = ("automated", "awsbackup")
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
# What is paid for although nobody uses it, by AWS's price lists
HOURLY = "is paid for by the hour"
MONTHLY = "is paid for by the month"
STORED = "what it stores is paid for"
COSTS = {
    VAULT: "its recovery points are paid for by GB and month until they expire",
    "AWS::DocDB::DBCluster": HOURLY,
    "AWS::DynamoDB::Table": STORED,
    "AWS::EC2::Volume": MONTHLY,
    REPOSITORY: STORED,
    "AWS::EFS::FileSystem": STORED,
    "AWS::ElastiCache::ReplicationGroup": HOURLY,
    "AWS::KMS::Key": MONTHLY,
    "AWS::Kinesis::Stream": HOURLY,
    "AWS::Logs::LogGroup": STORED,
    "AWS::OpenSearchServerless::Collection": HOURLY,
    "AWS::OpenSearchService::Domain": HOURLY,
    "AWS::RDS::DBCluster": HOURLY,
    "AWS::RDS::DBInstance": HOURLY,
    "AWS::Route53::HostedZone": MONTHLY,
    BUCKET: STORED,
    "AWS::SecretsManager::Secret": MONTHLY,
    INSTANCE_SNAPSHOT: STORED,
    CLUSTER_SNAPSHOT: STORED,
    CACHE_SNAPSHOT: STORED,
}
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


def exists(account: Account, resource_type: str, physical_id: str) -> bool:
    """Return whether a resource is there, False only if AWS says that it is not.

    Cloud Control of the embedded account knows only what it has made itself.
    """
    if account.is_embedded:
        return True
    client = account.client("cloudcontrol", physical_id)
    try:
        client.get_resource(TypeName=resource_type, Identifier=physical_id)
    except AwsError as error:
        return error.code != "ResourceNotFoundException"
    return True


def cost(resource_type: str) -> str:
    """Return whether something that remains costs money, in words."""
    return COSTS.get(resource_type, "costs nothing while nobody uses it")


def empty(account: Account, resource_type: str, physical_id: str) -> int:
    """Empty what AWS deletes only empty, and return of how many objects.

    Anything else, and what does not exist, has nothing to empty.

    Raises:
        DeployError: it holds what AWS lets nobody delete.
    """
    try:
        if resource_type == BUCKET:
            return s3.empty(account, physical_id)
        if resource_type == REPOSITORY:
            return _delete_images(account, physical_id)
        if resource_type == VAULT:
            return vaults.empty(account, physical_id)
    except AwsError as error:
        if not any(text in error.code for text in GONE):
            raise
    return 0


def _delete_images(account: Account, repository: str) -> int:
    client = account.client("ecr", repository)
    pages = client.get_paginator("list_images").paginate(repositoryName=repository)
    # all of a manifest's tags go with its digest
    digests = sorted({row["imageDigest"] for page in pages for row in page["imageIds"]})
    for first in range(0, len(digests), IMAGES):
        chosen = [{"imageDigest": digest} for digest in digests[first : first + IMAGES]]
        answer = client.batch_delete_image(repositoryName=repository, imageIds=chosen)
        # the lists of architectures refer to images and hold them until they are gone themselves
        held = [row for row in answer.get("failures", []) if _is_held(row)]
        if held:
            ids = [{"imageDigest": row["imageId"]["imageDigest"]} for row in held]
            answer = client.batch_delete_image(repositoryName=repository, imageIds=ids)
        if refused := [row for row in answer.get("failures", []) if row]:
            reason = refused[0].get("failureReason", refused[0].get("failureCode", ""))
            raise DeployError(
                f"{repository}: an image cannot be deleted ({reason}); delete it by hand"
            )
    return len(digests)


def _is_held(failure: Mapping[str, Any]) -> bool:
    return failure.get("failureCode") == "ImageReferencedByManifestList"


def snapshots(account: Account, owned: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the final snapshots of databases and caches that a stack has *owned*."""
    ids: dict[str, set[str]] = {}
    for one in owned:
        ids.setdefault(one.type, set()).add(one.physical_id)
    for listing in SNAPSHOTS:
        if listing.of in ids:
            pages = account.client(listing.service).get_paginator(listing.operation).paginate()
            for row in (row for page in pages for row in page[listing.rows]):
                if row.get(listing.owner) in ids[listing.of] and row.get(KIND) not in NOT_OURS:
                    yield Resource("", row[DELETIONS[listing.kind].parameter], listing.kind, "")
