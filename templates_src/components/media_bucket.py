"""The bucket of people's media: by choice replicated elsewhere and served by CloudFront."""

from __future__ import annotations

from troposphere import GetAtt, If, Join, Ref, Template
from troposphere.s3 import CorsConfiguration, CorsRules

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.alarms import arns
from templates_src.parts.buckets import bucket_policy
from templates_src.parts.distributions import (
    SERVED_RULES,
    Served,
    distribution,
    is_served,
    reading,
)
from templates_src.parts.logic import condition, is_given, only_if
from templates_src.parts.replication import (
    REPLICATION_RULES,
    Replicated,
    is_replicated,
    replication,
    replication_alarms,
    replication_policy,
    replication_role,
)
from templates_src.parts.versioned_buckets import versioned_bucket


@contract
class Parameters(Replicated, Served):
    cors_origins: Value = parameter(
        "Comma-separated origins whose pages may upload and download with signed addresses; none if"
        " empty.",
        Type="CommaDelimitedList",
        default="",
        label="CORS origins",
    )


@contract
class Outputs:
    bucket_name: Value = output("Name of the bucket.")
    bucket_arn: Value = output("ARN of the bucket.")
    distribution_id: Value = output("Id of the distribution; empty if there is none.")
    distribution_dns_name: Value = output(
        "Name of the distribution that its host name's record points at; empty if there is none."
    )
    alarm_arns: Value = output("Comma-joined ARNs of the alarms; empty without a replica.")


def build(t: Template, p: Parameters) -> Outputs:
    """Versioned bucket for media with replication and a distribution by choice."""
    replicated, served = is_replicated(t, p), is_served(t, p)
    acts_as = t.add_resource(replication_role(t, p))
    bucket = t.add_resource(
        versioned_bucket(
            t,
            p,
            "MediaBucket",
            CorsConfiguration=only_if(
                condition(t, "HasCors", is_given(Join("", p.cors_origins))), _cors(p)
            ),
            ReplicationConfiguration=only_if(replicated, replication(t, p, acts_as)),
        )
    )
    t.add_resource(replication_policy(t, p, bucket, acts_as))
    serving = distribution(t, p, bucket)
    t.add_resource(bucket_policy(bucket, only_if(served, reading(bucket, serving))))
    alarms = [t.add_resource(alarm) for alarm in replication_alarms(t, p, bucket)]
    return Outputs(
        bucket_name=Ref(bucket),
        bucket_arn=GetAtt(bucket, "Arn"),
        distribution_id=If(served, Ref(serving), ""),
        distribution_dns_name=If(served, GetAtt(serving, "DomainName"), ""),
        alarm_arns=arns(alarms),
    )


def _cors(p: Parameters) -> CorsConfiguration:
    rule = CorsRules(
        AllowedOrigins=p.cors_origins,
        AllowedMethods=["GET", "HEAD", "POST", "PUT"],
        AllowedHeaders=["*"],  # whatever a signed upload carries; origins are what is checked
        ExposedHeaders=["ETag"],  # the parts of a large upload are put together by it
        MaxAge=3600,
    )
    return CorsConfiguration(CorsRules=[rule])


media_bucket = Component(Parameters, Outputs, build, rules=(*REPLICATION_RULES, *SERVED_RULES))
