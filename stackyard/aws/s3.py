"""Buckets: make one, put files that never change, empty one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.errors import DeployError

BATCH = 1000  # keys that DeleteObjects takes
DIGEST = "sha256"  # S3 keeps it as x-amz-meta-sha256


def exists(account: Account, bucket: str) -> bool:
    """Return whether *bucket* exists and may be read.

    Raises:
        DeployError: it belongs to another account.
    """
    try:
        account.client("s3", bucket).head_bucket(Bucket=bucket)
    except AwsError as error:
        if error.code in ("404", "NoSuchBucket"):
            return False
        if error.code == "403":
            raise DeployError(
                f"{bucket}: this account may not read the bucket; give the name of one that it owns"
            ) from error
        raise
    return True


def create(account: Account, bucket: str) -> None:
    """Create *bucket* in the account's region, unless another stack's publishing just has."""
    where = {"LocationConstraint": account.region}
    # S3 takes every region but its first: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html
    given = {} if account.region == "us-east-1" else {"CreateBucketConfiguration": where}
    try:
        account.client("s3", bucket).create_bucket(Bucket=bucket, **given)
    except AwsError as error:
        if error.code != "BucketAlreadyOwnedByYou":
            raise


def keys(account: Account, bucket: str, prefix: str) -> set[str]:
    """Return the keys under *prefix*."""
    pages = account.client("s3", bucket).get_paginator("list_objects_v2")
    return {
        item["Key"]
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for item in page.get("Contents", [])
    }


def put_once(account: Account, bucket: str, key: str, body: bytes, *, there: bool) -> bool:
    """Put *body* at *key* unless it is there, and return whether it was put.

    Args:
        account: the bucket's.
        bucket: its name.
        key: where.
        body: what.
        there: whether something was seen at the key.

    Raises:
        DeployError: other bytes are there; what is published never changes.
    """
    client = account.client("s3", bucket)
    digest = hashlib.sha256(body).hexdigest()
    if not there:
        try:
            client.put_object(
                Bucket=bucket, Key=key, Body=body, Metadata={DIGEST: digest}, IfNoneMatch="*"
            )
        except AwsError as error:
            # somebody else has put it in the meantime
            if error.code not in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise
        else:
            return True
    found = client.head_object(Bucket=bucket, Key=key)["Metadata"].get(DIGEST)
    if found is None:  # another client has put it, such as the AWS CLI
        answer = client.get_object(Bucket=bucket, Key=key)
        found = hashlib.sha256(answer["Body"].read()).hexdigest()
    if found != digest:
        raise DeployError(
            f"s3://{bucket}/{key}: holds other bytes than those to publish; "
            "published files never change: build again, or remove it there"
        )
    return False


def check_readable(account: Account, bucket: str, key: str, size: int) -> None:
    """Do nothing if the object at *key* has *size* bytes and may be read.

    Raises:
        DeployError: it may not be read, or there is another.
    """
    try:
        # reading needs the key that decrypts, which asking for its size does not
        answer = account.client("s3", bucket).get_object(Bucket=bucket, Key=key)
        found = len(answer["Body"].read())
    except AwsError as error:
        raise DeployError(
            f"s3://{bucket}/{key}: was published and cannot be read back ({error.code}: "
            f"{error.reason}); check the bucket's policy and the permissions for its key"
        ) from error
    if found != size:
        raise DeployError(f"s3://{bucket}/{key}: has {found} bytes, not {size}; publish again")


def empty(account: Account, bucket: str) -> int:
    """Delete every object of *bucket* in every version and return how many there were."""
    client = account.client("s3", bucket)
    count = 0
    batch: list[dict[str, str]] = []
    for version in _versions(client, bucket):
        batch.append(version)
        count += 1
        if len(batch) == BATCH:
            _delete(client, bucket, batch)
            batch = []
    if batch:
        _delete(client, bucket, batch)
    return count


def _versions(client: Any, bucket: str) -> Iterator[dict[str, str]]:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for item in page.get("Versions", []) + page.get("DeleteMarkers", []):
            yield {"Key": item["Key"], "VersionId": item["VersionId"]}


def _delete(client: Any, bucket: str, versions: list[dict[str, str]]) -> None:
    given = {"Objects": versions, "Quiet": True}
    errors = client.delete_objects(Bucket=bucket, Delete=given).get("Errors", [])
    if errors:
        first = errors[0]
        raise DeployError(
            f"s3://{bucket}/{first['Key']}: cannot be deleted ({first['Code']}: "
            f"{first.get('Message', '')}); check object lock and the bucket's policy"
        )
