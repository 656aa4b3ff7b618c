"""S3 buckets that nobody reaches by accident."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, GetAtt, Join, Ref
from troposphere.s3 import (
    Bucket,
    BucketEncryption,
    BucketPolicy,
    OwnershipControls,
    OwnershipControlsRule,
    PublicAccessBlockConfiguration,
    ServerSideEncryptionByDefault,
    ServerSideEncryptionRule,
)

from templates_src.parts.iam import Statement, document


def private_bucket(title: str, **more: Any) -> Bucket:
    """Return a bucket with no public access and no access lists, encrypted with keys of S3.

    Args:
        title: logical id.
        more: other properties and attributes of the bucket, both policies among them.
    """
    by_default = ServerSideEncryptionByDefault(SSEAlgorithm="AES256")
    properties: dict[str, Any] = {
        "BucketEncryption": BucketEncryption(
            ServerSideEncryptionConfiguration=[
                ServerSideEncryptionRule(ServerSideEncryptionByDefault=by_default)
            ]
        ),
        "OwnershipControls": OwnershipControls(
            Rules=[OwnershipControlsRule(ObjectOwnership="BucketOwnerEnforced")]
        ),
        "PublicAccessBlockConfiguration": PublicAccessBlockConfiguration(
            BlockPublicAcls=True,
            BlockPublicPolicy=True,
            IgnorePublicAcls=True,
            RestrictPublicBuckets=True,
        ),
    }
    return Bucket(title, **{**properties, **more})


def bucket_policy(
    bucket: Bucket, *statements: Statement | AWSHelperFn, **more: Any
) -> BucketPolicy:
    """Return a bucket's policy: *statements*, and nothing without TLS."""
    arn = GetAtt(bucket, "Arn")
    only_over_tls = {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",  # everybody, since it denies
        "Action": "s3:*",  # of any kind, since it denies
        "Resource": [arn, Join("", [arn, "/*"])],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return BucketPolicy(
        f"{bucket.title}Policy",
        Bucket=Ref(bucket),
        PolicyDocument=document(*statements, only_over_tls),
        **more,
    )
