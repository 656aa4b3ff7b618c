"""The bucket for what an application stores besides its database: private, versioned, tidied."""

from __future__ import annotations

from troposphere import GetAtt, Ref, Template

from templates_src.contract import Component, Value, contract, output
from templates_src.parts.buckets import bucket_policy
from templates_src.parts.versioned_buckets import Stored, versioned_bucket


@contract
class Parameters(Stored):
    """Where it is and how long it keeps things."""


@contract
class Outputs:
    bucket_name: Value = output("Name of the bucket.")
    bucket_arn: Value = output("ARN of the bucket.")
    domain_name: Value = output("Regional host name of the bucket.")


def build(t: Template, p: Parameters) -> Outputs:
    """Private, versioned bucket for an application's files."""
    bucket = t.add_resource(versioned_bucket(t, p, "AssetsBucket"))
    t.add_resource(bucket_policy(bucket))
    return Outputs(
        bucket_name=Ref(bucket),
        bucket_arn=GetAtt(bucket, "Arn"),
        domain_name=GetAtt(bucket, "RegionalDomainName"),
    )


assets_bucket = Component(Parameters, Outputs, build)
