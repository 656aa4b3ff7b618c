"""Buckets for what people store: versioned, encrypted with a key of one's own, tidied."""

from __future__ import annotations

from typing import Any

from troposphere import If, NoValue, Template
from troposphere.s3 import (
    AbortIncompleteMultipartUpload,
    Bucket,
    BucketEncryption,
    LifecycleConfiguration,
    LifecycleRule,
    LifecycleRuleTransition,
    NoncurrentVersionExpiration,
    ServerSideEncryptionByDefault,
    ServerSideEncryptionRule,
    VersioningConfiguration,
)

from templates_src.contract import Value, contract, parameter
from templates_src.parts.buckets import private_bucket
from templates_src.parts.logic import condition, is_given, only_if


@contract
class Stored:
    """What every component with such a bucket takes."""

    bucket_name: Value = parameter(
        "Name of the bucket; generated if empty. Changing it makes another, empty one.",
        default="",
        AllowedPattern="^$|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    )
    kms_key_arn: Value = parameter(
        "ARN of the key for objects, which whoever reads or writes must be allowed to use; S3's own"
        " (AES-256) if empty.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    noncurrent_days: Value = parameter(
        "Days that overwritten and deleted objects can be had back.",
        Type="Number",
        MinValue=1,
        default=30,
    )
    tiering_days: Value = parameter(
        "Days after which objects are left to S3 Intelligent-Tiering.",
        Type="Number",
        MinValue=0,
        default=30,
    )


def versioned_bucket(t: Template, p: Stored, title: str, **more: Any) -> Bucket:
    """Return a private bucket that keeps old versions for a while; the bucket is not added.

    Args:
        t: template that gets the conditions ``HasBucketName`` and ``HasKmsKey``.
        p: its name, key and days.
        title: logical id.
        more: other properties and attributes.
    """
    named = condition(t, "HasBucketName", is_given(p.bucket_name))
    keyed = condition(t, "HasKmsKey", is_given(p.kms_key_arn))
    by_default = ServerSideEncryptionByDefault(
        SSEAlgorithm=If(keyed, "aws:kms", "AES256"), KMSMasterKeyID=only_if(keyed, p.kms_key_arn)
    )
    return private_bucket(
        title,
        BucketName=If(named, p.bucket_name, NoValue),
        BucketEncryption=BucketEncryption(
            ServerSideEncryptionConfiguration=[
                ServerSideEncryptionRule(
                    ServerSideEncryptionByDefault=by_default,
                    # one request to KMS for many objects
                    BucketKeyEnabled=If(keyed, True, NoValue),
                )
            ]
        ),
        VersioningConfiguration=VersioningConfiguration(Status="Enabled"),
        LifecycleConfiguration=LifecycleConfiguration(Rules=[_tidying(p)]),
        # people's files; what deletes an environment of development empties it first
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
        **more,
    )


def _tidying(p: Stored) -> LifecycleRule:
    return LifecycleRule(
        Id="Tidy",
        Status="Enabled",
        NoncurrentVersionExpiration=NoncurrentVersionExpiration(NoncurrentDays=p.noncurrent_days),
        # what remains of an object whose versions have all expired
        ExpiredObjectDeleteMarker=True,
        AbortIncompleteMultipartUpload=AbortIncompleteMultipartUpload(DaysAfterInitiation=7),
        Transitions=[
            LifecycleRuleTransition(
                StorageClass="INTELLIGENT_TIERING", TransitionInDays=p.tiering_days
            )
        ],
    )
