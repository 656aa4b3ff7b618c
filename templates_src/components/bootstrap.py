"""What an account and region need once, before anything is deployed to them."""

from __future__ import annotations

from troposphere import And, AWSHelperFn, Condition, Equals, GetAtt, If, Ref, Sub, Template
from troposphere.dynamodb import AttributeDefinition, KeySchema, SSESpecification, Table
from troposphere.iam import OIDCProvider, Policy
from troposphere.kms import Key
from troposphere.s3 import (
    AbortIncompleteMultipartUpload,
    BucketEncryption,
    LifecycleConfiguration,
    LifecycleRule,
    NoncurrentVersionExpiration,
    ServerSideEncryptionByDefault,
    ServerSideEncryptionRule,
    VersioningConfiguration,
)

from templates_src.contract import (
    PUBLISHED,
    Component,
    Value,
    contract,
    output,
    parameter,
)
from templates_src.parts.buckets import bucket_policy, private_bucket
from templates_src.parts.iam import Bounded, Statement, allow, document, role
from templates_src.parts.logic import condition, is_given, only_if

GITHUB = "token.actions.githubusercontent.com"
ABANDONED_UPLOAD_DAYS = 7


@contract
class Parameters(Bounded):
    artifact_bucket_name: Value = parameter(
        "Name of the bucket for templates; generated if empty. Changing it makes another, empty"
        " one.",
        default="",
        AllowedPattern="^$|^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    )
    old_version_days: Value = parameter(
        "Days after which a template that was overwritten or deleted is gone for good.",
        Type="Number",
        MinValue=1,
        default=90,
    )
    lock_table_name: Value = parameter(
        "Name of the table whose items are the locks of running deployments.",
        default="stackyard-locks",
        AllowedPattern="[a-zA-Z0-9_.-]{3,255}",
    )
    stack_name_prefix: Value = parameter(
        "What the names of stacks begin with that the deployment role may change; any if empty.",
        default="",
        AllowedPattern="^$|[a-zA-Z][a-zA-Z0-9-]*",
    )
    github_subject: Value = parameter(
        "Subject of GitHub's tokens that may deploy, such as"
        " repo:acme/platform:environment:production; no deployment role if empty.",
        default="",
        AllowedPattern="^$|repo:[^*/]+/[^*/:]+:.+",
        ConstraintDescription="repo:ORGANISATION/REPOSITORY: and what of it, no wildcard before",
    )
    oidc_provider_arn: Value = parameter(
        "ARN of the account's provider for GitHub's tokens; created if empty, and there can be only"
        " one.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    organization_id: Value = parameter(
        "Organisation (o-...) whose accounts may read what is published in the bucket, for products"
        " and StackSets; this account alone if empty.",
        default="",
        AllowedPattern="^$|o-[a-z0-9]{10,32}",
    )


@contract
class Outputs:
    artifact_bucket: Value = output("Name of the bucket for templates.")
    artifact_key_arn: Value = output("ARN of the key that encrypts them.")
    lock_table: Value = output("Name of the table for locks.")
    execution_role_arn: Value = output("ARN of the role that CloudFormation acts with.")
    deployment_role_arn: Value = output("ARN of the role that CI deploys with; empty if none.")


def build(t: Template, p: Parameters) -> Outputs:
    """Bucket, key, lock table and roles with which everything else is deployed."""
    named = condition(t, "HasArtifactBucketName", is_given(p.artifact_bucket_name))
    deploying = condition(t, "HasGithubSubject", is_given(p.github_subject))
    shared = condition(t, "HasOrganizationId", is_given(p.organization_id))
    key = t.add_resource(
        Key(
            "ArtifactKey",
            Description="Templates and function archives",
            EnableKeyRotation=True,
            KeyPolicy=_key_policy(only_if(shared, _decrypting(p))),
            DeletionPolicy="Retain",
            UpdateReplacePolicy="Retain",
        )
    )
    bucket = t.add_resource(
        private_bucket(
            "Artifacts",
            BucketName=only_if(named, p.artifact_bucket_name),
            BucketEncryption=_encryption(GetAtt(key, "Arn")),
            VersioningConfiguration=VersioningConfiguration(Status="Enabled"),
            LifecycleConfiguration=_lifecycle(p.old_version_days),
            # stacks that are deployed refer to what is in it
            DeletionPolicy="Retain",
            UpdateReplacePolicy="Retain",
        )
    )
    t.add_resource(bucket_policy(bucket, only_if(shared, _reading(p))))
    table = t.add_resource(
        Table(
            "Locks",
            TableName=p.lock_table_name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[AttributeDefinition(AttributeName="Stack", AttributeType="S")],
            KeySchema=[KeySchema(AttributeName="Stack", KeyType="HASH")],
            SSESpecification=SSESpecification(SSEEnabled=True),
            DeletionPolicy="Delete",  # a lock is worth nothing once nobody deploys
            UpdateReplacePolicy="Delete",
        )
    )
    artifacts = [
        allow(["s3:GetObject", "s3:GetObjectVersion"], Sub("${Artifacts.Arn}/*")),
        allow(["s3:ListBucket", "s3:GetBucketLocation"], GetAtt(bucket, "Arn")),
        allow(["kms:Decrypt"], GetAtt(key, "Arn")),
    ]
    execution = t.add_resource(
        role(
            t,
            "ExecutionRole",
            service="cloudformation",
            boundary=p.permissions_boundary_arn,
            # what it may do to resources is attached by the tool, which knows their types
            statements={"Artifacts": artifacts},
        )
    )
    _deployment_role(t, p, artifacts)
    return Outputs(
        artifact_bucket=Ref(bucket),
        artifact_key_arn=GetAtt(key, "Arn"),
        lock_table=Ref(table),
        execution_role_arn=GetAtt(execution, "Arn"),
        deployment_role_arn=If(deploying, GetAtt("DeploymentRole", "Arn"), ""),
    )


def _deployment_role(t: Template, p: Parameters, artifacts: list[Statement]) -> None:
    """Add the role of CI, which plans and deploys, and touches resources by CloudFormation only."""
    t.add_condition(
        "CreatesProvider",
        And(Condition("HasGithubSubject"), Equals(p.oidc_provider_arn, "")),
    )
    provider = t.add_resource(
        OIDCProvider(
            "GithubTokens",
            Condition="CreatesProvider",
            Url=f"https://{GITHUB}",
            ClientIdList=["sts.amazonaws.com"],
        )
    )
    trusted = {
        "Effect": "Allow",
        "Principal": {
            "Federated": If("CreatesProvider", GetAtt(provider, "Arn"), p.oidc_provider_arn)
        },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{GITHUB}:sub": p.github_subject},
        },
    }
    policies = {
        "Artifacts": [
            *artifacts,
            allow(["s3:PutObject"], Sub("${Artifacts.Arn}/*")),
            allow(["kms:GenerateDataKey"], GetAtt("ArtifactKey", "Arn")),
        ],
        "Stacks": _stacks(),
    }
    t.add_resource(
        role(
            t,
            "DeploymentRole",
            service="cloudformation",
            boundary=p.permissions_boundary_arn,
            AssumeRolePolicyDocument=document(trusted),
            Condition="HasGithubSubject",
            Policies=[
                Policy(PolicyName=name, PolicyDocument=document(*statements))
                for name, statements in policies.items()
            ],
        )
    )


def _stacks() -> list[Statement]:
    own = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}"
    stacks = Sub(f"{own}:stack/${{StackNamePrefix}}*")
    change = [
        *("CreateChangeSet", "DeleteChangeSet", "ExecuteChangeSet", "ContinueUpdateRollback"),
        *("SetStackPolicy", "TagResource", "UntagResource", "UpdateTerminationProtection"),
    ]
    locks = [f"dynamodb:{name}" for name in ("DeleteItem", "GetItem", "PutItem", "UpdateItem")]
    return [
        # A stack's name is part of its ARN. Change sets have tokens for names
        allow([f"cloudformation:{name}" for name in change], [stacks, Sub(f"{own}:changeSet/*")]),
        # Describing takes no resource for some of these, and tells nothing that is secret
        allow(
            [
                *("cloudformation:Describe*", "cloudformation:Get*", "cloudformation:List*"),
                *("cloudformation:ValidateTemplate", "ecs:Describe*", "ecs:List*"),
            ],
            "*",  # as said above
        ),
        allow(
            ["logs:FilterLogEvents", "logs:GetLogEvents"],
            Sub("arn:${AWS::Partition}:logs:*:${AWS::AccountId}:log-group:*"),
        ),  # any region
        allow(locks, GetAtt("Locks", "Arn")),
        allow(
            ["iam:PassRole"],
            GetAtt("ExecutionRole", "Arn"),
            Condition={"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
        ),
    ]


def _reading(p: Parameters) -> Statement:
    """Return what lets an organisation read what is published.

    CloudFormation and Lambda fetch nested templates and archives with the permissions of whoever
    deploys: the launch role or the execution role of the other account. S3 does not call a bucket
    public whose policy fixes the organisation:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    return {
        "Sid": "OrganizationReads",
        **allow(["s3:GetObject"], Sub(f"${{Artifacts.Arn}}/{PUBLISHED}*")),
        "Principal": {"AWS": "*"},  # everybody of the organisation
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": p.organization_id}},
    }


def _decrypting(p: Parameters) -> Statement:
    """Return what lets an organisation decrypt what S3 gives it, and nothing else."""
    return {
        "Sid": "OrganizationDecrypts",
        **allow(["kms:Decrypt"], "*"),  # the key itself
        "Principal": {"AWS": "*"},  # everybody of the organisation
        "Condition": {
            "StringEquals": {
                "aws:PrincipalOrgID": p.organization_id,
                "kms:ViaService": Sub("s3.${AWS::Region}.${AWS::URLSuffix}"),
            }
        },
    }


def _key_policy(*more: AWSHelperFn) -> dict[str, object]:
    administers = {
        "Sid": "AccountAdministers",
        "Effect": "Allow",
        "Principal": {"AWS": Sub("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
        "Action": "kms:*",  # or nobody could ever change the key again
        "Resource": "*",  # the key itself
    }
    return document(administers, *more)


def _encryption(key_arn: Value) -> BucketEncryption:
    by_default = ServerSideEncryptionByDefault(SSEAlgorithm="aws:kms", KMSMasterKeyID=key_arn)
    return BucketEncryption(
        ServerSideEncryptionConfiguration=[
            # one request to KMS for many objects
            ServerSideEncryptionRule(
                ServerSideEncryptionByDefault=by_default, BucketKeyEnabled=True
            )
        ]
    )


def _lifecycle(days: Value) -> LifecycleConfiguration:
    return LifecycleConfiguration(
        Rules=[
            LifecycleRule(
                Id="OldVersions",
                Status="Enabled",
                NoncurrentVersionExpiration=NoncurrentVersionExpiration(NoncurrentDays=days),
                AbortIncompleteMultipartUpload=AbortIncompleteMultipartUpload(
                    DaysAfterInitiation=ABANDONED_UPLOAD_DAYS
                ),
            )
        ]
    )


bootstrap = Component(Parameters, Outputs, build)
