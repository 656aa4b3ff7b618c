"""CloudFront before a private bucket, which only that one distribution may read."""

from __future__ import annotations

from typing import Any

from troposphere import And, GetAtt, Join, Ref, Split, Sub, Template
from troposphere.cloudfront import (
    DefaultCacheBehavior,
    Distribution,
    DistributionConfig,
    Origin,
    OriginAccessControl,
    OriginAccessControlConfig,
    S3OriginConfig,
    ViewerCertificate,
)
from troposphere.s3 import Bucket

from templates_src.contract import Rule, Value, contract, parameter
from templates_src.parts.iam import Statement, allow
from templates_src.parts.logic import condition, is_given, only_if

# AWS's own policies, the same in every account:
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"


@contract
class Served:
    """What every component takes whose bucket CloudFront may serve."""

    # with its own name alone CloudFront would speak TLS 1.0 to whoever asks:
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
    distribution_domain_name: Value = parameter(
        "Host name under which CloudFront serves the objects; no distribution if empty.",
        default="",
        group="Distribution",
        AllowedPattern=r"^$|([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}",
    )
    distribution_certificate_arn: Value = parameter(
        "ARN of the certificate for that name, which must be in us-east-1.",
        default="",
        group="Distribution",
        AllowedPattern="^$|arn:[a-z-]+:acm:us-east-1:.+",
    )
    distribution_web_acl_arn: Value = parameter(
        "ARN of the web ACL of scope CLOUDFRONT that looks at requests first; none if empty.",
        default="",
        group="Distribution",
        AllowedPattern="^$|arn:[a-z-]+:wafv2:us-east-1:.+:global/webacl/.+",
    )
    signing_key_group_ids: Value = parameter(
        "Comma-joined CloudFront key groups, whose signed addresses alone are served; without any"
        " whoever knows an object's address may read it.",
        default="",
        group="Distribution",
        label="Signing key group IDs",
    )


SERVED_RULES = (
    Rule(
        "DistributionHasCertificate",
        "DistributionDomainName needs DistributionCertificateArn, a certificate in us-east-1.",
        holds=is_given(Served.distribution_certificate_arn),
        when=is_given(Served.distribution_domain_name),
    ),
)


def distribution(t: Template, p: Served, bucket: Bucket) -> Distribution:
    """Add the distribution of *bucket* and what signs its requests, where a name is given."""
    served = is_served(t, p)
    guarded = condition(t, "HasWebAcl", is_given(p.distribution_web_acl_arn))
    signed = condition(t, "ServesOnlySigned", is_given(p.signing_key_group_ids))
    control = t.add_resource(
        OriginAccessControl(
            "OriginAccessControl",
            Condition=served,
            OriginAccessControlConfig=OriginAccessControlConfig(
                Name=Ref("AWS::StackName"),
                OriginAccessControlOriginType="s3",
                SigningBehavior="always",
                SigningProtocol="sigv4",
            ),
        )
    )
    origin = Origin(
        Id="Bucket",
        DomainName=GetAtt(bucket, "RegionalDomainName"),
        OriginAccessControlId=GetAtt(control, "Id"),
        S3OriginConfig=S3OriginConfig(OriginAccessIdentity=""),  # the older way, left empty
    )
    config = DistributionConfig(
        Enabled=True,
        Comment=Ref("AWS::StackName"),
        HttpVersion="http2and3",
        IPV6Enabled=True,
        WebACLId=only_if(guarded, p.distribution_web_acl_arn),
        Aliases=[p.distribution_domain_name],
        ViewerCertificate=ViewerCertificate(
            AcmCertificateArn=p.distribution_certificate_arn,
            SslSupportMethod="sni-only",
            MinimumProtocolVersion="TLSv1.2_2021",
        ),
        Origins=[origin],
        DefaultCacheBehavior=DefaultCacheBehavior(
            TargetOriginId=origin.Id,
            ViewerProtocolPolicy="https-only",
            AllowedMethods=["GET", "HEAD", "OPTIONS"],
            CachePolicyId=CACHING_OPTIMIZED,
            OriginRequestPolicyId=CORS_S3_ORIGIN,
            Compress=True,
            TrustedKeyGroups=only_if(signed, Split(",", p.signing_key_group_ids)),
        ),
    )
    return t.add_resource(
        Distribution(
            "Distribution",
            Condition=served,
            DistributionConfig=config,
            Metadata={
                "cfn-lint": {
                    "config": {"ignore_checks": ["E3013"]},
                    "reasons": {"E3013": "Without a name there is no distribution."},
                }
            },
        )
    )


def is_served(t: Template, p: Served) -> str:
    """Return the condition that there is a distribution."""
    needed = (p.distribution_domain_name, p.distribution_certificate_arn)
    return condition(t, "IsServed", And(*map(is_given, needed)))


def reading(bucket: Bucket, served_by: Distribution) -> Statement:
    """Return the statement with which a bucket's policy admits exactly one distribution."""
    arn = Sub(
        f"arn:${{AWS::Partition}}:cloudfront::${{AWS::AccountId}}:distribution/${{{served_by.title}}}"
    )
    more: dict[str, Any] = {
        "Sid": "DistributionReads",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
    }
    return allow(["s3:GetObject"], Join("", [GetAtt(bucket, "Arn"), "/*"]), **more)
