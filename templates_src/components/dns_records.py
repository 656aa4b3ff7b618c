"""The records that lead a domain to the load balancer."""

from __future__ import annotations

from troposphere import Join, Template
from troposphere.route53 import RecordSetType
from troposphere.validators.route53 import AliasTarget

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.logic import condition, is_true


@contract
class Parameters:
    domain_name: Value = parameter(
        "Domain that the records are for. Records of that name that the zone already has are not"
        " overwritten: creation fails."
    )
    include_www: Value = flag("Whether www. in front of the domain is served too.", default=False)
    hosted_zone_id: Value = parameter("Public Route 53 hosted zone that holds the domain.")
    load_balancer_dns_name: Value = parameter("DNS name of the load balancer.")
    load_balancer_hosted_zone_id: Value = parameter(
        "Hosted zone of the load balancer's own name, not of the domain."
    )


@contract
class Outputs:
    domain_name: Value = output("Domain that leads to the load balancer.")


def build(t: Template, p: Parameters) -> Outputs:
    """Alias records for a domain, over IPv4 and IPv6, with or without www."""
    includes_www = condition(t, "IncludesWww", is_true(p.include_www))
    # An AAAA alias to a load balancer without IPv6 answers as if it were not there (no error, no
    # data); the day the load balancer becomes dual-stack it answers, with no change here.
    for title, record_type in (("Ipv4Record", "A"), ("Ipv6Record", "AAAA")):
        t.add_resource(_alias(title, p, record_type, p.domain_name))
        www = _alias(f"Www{title}", p, record_type, Join(".", ["www", p.domain_name]))
        t.add_resource(www).Condition = includes_www
    return Outputs(domain_name=p.domain_name)


def _alias(title: str, p: Parameters, record_type: str, name: Value) -> RecordSetType:
    return RecordSetType(
        title,
        Name=name,
        Type=record_type,
        HostedZoneId=p.hosted_zone_id,
        AliasTarget=AliasTarget(
            DNSName=p.load_balancer_dns_name,
            HostedZoneId=p.load_balancer_hosted_zone_id,
            EvaluateTargetHealth=True,
        ),
    )


dns_records = Component(Parameters, Outputs, build)
