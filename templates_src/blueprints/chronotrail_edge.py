"""What CloudFront takes of ChronoTrail's media from us-east-1 alone: certificate and web ACL."""

from __future__ import annotations

from troposphere import Equals, Ref, Template

from templates_src.components.alerts import alerts
from templates_src.components.certificate import certificate
from templates_src.components.web_acl import web_acl
from templates_src.contract import Component, Nesting, Rule, Value, contract, output, passed_to
from templates_src.parts.logic import is_given


@contract
class Parameters(Nesting):
    domain_name: Value = passed_to(certificate.takes.domain_name, group="Media")
    hosted_zone_id: Value = passed_to(certificate.takes.hosted_zone_id, group="Media")
    certificate_arn: Value = passed_to(certificate.takes.certificate_arn, group="Media")
    web_acl_mode: Value = passed_to(web_acl.takes.mode, group="Web ACL")
    address_rate_limit_count: Value = passed_to(
        web_acl.takes.address_rate_limit_count, group="Web ACL"
    )
    log_retention_days: Value = passed_to(web_acl.takes.log_retention_days, group="Web ACL")
    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")


@contract
class Outputs:
    media_domain_name: Value = output("Name under which CloudFront serves media.")
    media_certificate_arn: Value = output("ARN of the certificate for that name.")
    media_web_acl_arn: Value = output("ARN of the web ACL before the distribution.")


RULES = (
    Rule(
        "StandsInUsEast1",
        "CloudFront takes certificates and web ACLs from us-east-1 only: deploy this stack there.",
        Equals(Ref("AWS::Region"), "us-east-1"),
    ),
    Rule(
        "MediaHaveName",
        "DomainName is empty: give the name that CloudFront serves media under.",
        is_given(Parameters.domain_name),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """Certificate and web ACL of the distribution of media, in us-east-1."""
    named = certificate.nest(
        t,
        "Certificate",
        domain_name=p.domain_name,
        hosted_zone_id=p.hosted_zone_id,
        certificate_arn=p.certificate_arn,
    )
    firewall = web_acl.nest(
        t,
        "WebAcl",
        scope="CLOUDFRONT",
        mode=p.web_acl_mode,
        address_rate_limit_count=p.address_rate_limit_count,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn,
    )
    return Outputs(
        media_domain_name=p.domain_name,
        media_certificate_arn=named.certificate_arn,
        media_web_acl_arn=firewall.web_acl_arn,
    )


chronotrail_edge = Component(Parameters, Outputs, build, rules=RULES)
