"""What stands before the service of every blueprint: certificate, load balancer, records."""

from __future__ import annotations

from typing import NamedTuple

from troposphere import And, Condition, If, Join, Or, Template

from templates_src.components.certificate import Outputs as NameOutputs
from templates_src.components.certificate import certificate
from templates_src.components.dns_records import dns_records
from templates_src.components.load_balancer import Outputs as BalancerOutputs
from templates_src.components.load_balancer import load_balancer
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.contract import Rule, Value, contract, passed_to
from templates_src.groups import environment
from templates_src.parts.logic import condition, is_given, is_true


@contract
class Parameters(environment.Parameters):
    domain_name: Value = passed_to(certificate.takes.domain_name, group="Domain")
    include_www: Value = passed_to(certificate.takes.include_www, group="Domain")
    hosted_zone_id: Value = passed_to(certificate.takes.hosted_zone_id, group="Domain")
    create_hosted_zone: Value = passed_to(certificate.takes.create_hosted_zone, group="Domain")
    zone_is_delegated: Value = passed_to(certificate.takes.zone_is_delegated, group="Domain")
    certificate_arn: Value = passed_to(certificate.takes.certificate_arn, group="Domain")
    require_https: Value = passed_to(
        load_balancer.takes.require_https, default="true", group="Domain"
    )
    tls_policy: Value = passed_to(load_balancer.takes.tls_policy)
    idle_timeout_seconds: Value = passed_to(load_balancer.takes.idle_timeout_seconds)
    access_log_retention_days: Value = passed_to(load_balancer.takes.access_log_retention_days)
    request_threshold_count: Value = passed_to(load_balancer.takes.request_threshold_count)


HAS_CERTIFICATE = Or(
    is_given(Parameters.certificate_arn),
    And(
        is_given(Parameters.domain_name),
        Or(is_given(Parameters.hosted_zone_id), is_true(Parameters.zone_is_delegated)),
    ),
)
RULES = (
    Rule(
        "HttpsIsPossible",
        "RequireHttps needs a certificate: give CertificateArn, or DomainName with HostedZoneId, or"
        " with CreateHostedZone once ZoneIsDelegated. Only dev may do without.",
        holds=HAS_CERTIFICATE,
        when=is_true(Parameters.require_https),
    ),
)


class Front(NamedTuple):
    """What stands before the service.

    Attributes:
        names: certificate and zone.
        balancer: the load balancer.
        host: name under which it is reached.
        url: address under which it is reached.
    """

    names: NameOutputs
    balancer: BalancerOutputs
    host: Value
    url: Value


def nest_front(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    *,
    alarm_topic_arn: Value,
    test_listener_port: Value = 0,
    prefix: str = "",
) -> Front:
    """Nest the certificate, the load balancer, and the records that lead to it.

    Args:
        t: template of the blueprint.
        p: its parameters.
        net: where the load balancer stands.
        alarm_topic_arn: whom alarms notify.
        test_listener_port: port on which a release is tried; 0 for none.
        prefix: what the titles of the nested stacks begin with.
    """
    names = certificate.nest(
        t,
        f"{prefix}Certificate",
        domain_name=p.domain_name,
        include_www=p.include_www,
        certificate_arn=p.certificate_arn,
        hosted_zone_id=p.hosted_zone_id,
        create_hosted_zone=p.create_hosted_zone,
        zone_is_delegated=p.zone_is_delegated,
    )
    balancer = load_balancer.nest(
        t,
        f"{prefix}LoadBalancer",
        vpc_id=net.vpc_id,
        public_subnet_ids=net.public_subnet_ids,
        certificate_arn=names.certificate_arn,
        tls_policy=p.tls_policy,
        idle_timeout_seconds=p.idle_timeout_seconds,
        test_listener_port=test_listener_port,
        deletion_protection=p.deletion_protection,
        access_log_retention_days=p.access_log_retention_days,
        request_threshold_count=p.request_threshold_count,
        alarm_topic_arn=alarm_topic_arn,
    )
    has_domain = condition(t, "HasDomain", is_given(p.domain_name))
    in_zone = Or(is_given(p.hosted_zone_id), is_true(p.create_hosted_zone))
    dns_records.nest_if(
        condition(t, "HasDnsRecords", And(Condition(has_domain), in_zone)),
        t,
        f"{prefix}DnsRecords",
        domain_name=p.domain_name,
        include_www=p.include_www,
        hosted_zone_id=names.hosted_zone_id,
        load_balancer_dns_name=balancer.dns_name,
        load_balancer_hosted_zone_id=balancer.hosted_zone_id,
    )
    host = If(has_domain, p.domain_name, balancer.dns_name)
    return Front(names, balancer, host, Join("", [balancer.url_scheme, "://", host]))
