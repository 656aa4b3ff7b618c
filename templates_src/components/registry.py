"""The registry for the images of an application."""

from __future__ import annotations

import json
import re

from troposphere import GetAtt, If, Ref, Sub, Template
from troposphere.ecr import (
    EncryptionConfiguration,
    ImageScanningConfiguration,
    LifecyclePolicy,
    Repository,
)

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.logic import condition, is_given, is_true, only_if


@contract
class Parameters:
    repository_name: Value = parameter(
        "Name of the repository; generated if empty. Changing it makes another, empty one.",
        default="",
        AllowedPattern="^$|^[a-z0-9]+([._/-][a-z0-9]+)*$",
        MaxLength=256,
    )
    immutable_tags: Value = flag(
        "Whether a tag, once pushed, means the same image for ever.", default=True
    )
    # counts what was pushed, not what runs: a release that outlives so many pushes cannot be
    # started again
    kept_image_count: Value = parameter(
        "Images that are kept; older ones are deleted.",
        Type="Number",
        MinValue=1,
        MaxValue=1000,
        default=10,
    )
    untagged_image_days: Value = parameter(
        "Days after which an image without a tag is deleted.",
        Type="Number",
        MinValue=1,
        MaxValue=365,
        default=1,
    )
    kms_key_arn: Value = parameter(
        "ARN of the key for images; S3's own (AES-256) if empty. Changing it makes another, empty"
        " repository.",
        default="",
        AllowedPattern="^$|^arn:.*",
    )


@contract
class Outputs:
    repository_name: Value = output("Name of the repository.")
    repository_arn: Value = output("ARN of the repository.")
    repository_uri: Value = output("Address to push to and pull from, without a tag.")


def build(t: Template, p: Parameters) -> Outputs:
    """ECR repository that scans what is pushed and deletes what is old."""
    named = condition(t, "HasRepositoryName", is_given(p.repository_name))
    immutable = condition(t, "HasImmutableTags", is_true(p.immutable_tags))
    keyed = condition(t, "HasKmsKey", is_given(p.kms_key_arn))
    repository = t.add_resource(
        Repository(
            "Repository",
            RepositoryName=only_if(named, p.repository_name),
            ImageTagMutability=If(immutable, "IMMUTABLE", "MUTABLE"),
            ImageScanningConfiguration=ImageScanningConfiguration(ScanOnPush=True),
            EncryptionConfiguration=EncryptionConfiguration(
                EncryptionType=If(keyed, "KMS", "AES256"), KmsKey=only_if(keyed, p.kms_key_arn)
            ),
            LifecyclePolicy=LifecyclePolicy(LifecyclePolicyText=Sub(_lifecycle())),
            # Releases in older environments may still run from it, so it outlives the stack. Only
            # a first deployment that fails takes it along, whatever was pushed meanwhile:
            # CloudFormation could not roll back a repository with images.
            EmptyOnDelete=True,
            DeletionPolicy="RetainExceptOnCreate",
            UpdateReplacePolicy="Retain",
        )
    )
    return Outputs(
        repository_name=Ref(repository),
        repository_arn=GetAtt(repository, "Arn"),
        repository_uri=GetAtt(repository, "RepositoryUri"),
    )


def _lifecycle() -> str:
    """Return the policy as JSON; its numbers are parameters.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
    """
    untagged = {
        "rulePriority": 1,
        "description": "Layers of builds that were given up",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": "${UntaggedImageDays}",
        },
        "action": {"type": "expire"},
    }
    old = {
        "rulePriority": 2,  # "any" must have the highest number
        "description": "Old images",
        "selection": {
            "tagStatus": "any",
            "countType": "imageCountMoreThan",
            "countNumber": "${KeptImageCount}",
        },
        "action": {"type": "expire"},
    }
    policy = json.dumps({"rules": [untagged, old]}, separators=(",", ":"))
    return re.sub(r'"(\$\{\w+\})"', r"\1", policy)  # numbers are not quoted


registry = Component(Parameters, Outputs, build)
