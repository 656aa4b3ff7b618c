"""The TLS certificate of a domain and, by parameter, the hosted zone that proves it is ours."""

from __future__ import annotations

from troposphere import And, AWSHelperFn, Equals, GetAtt, If, Join, NoValue, Or, Ref, Template
from troposphere.certificatemanager import Certificate, DomainValidationOption
from troposphere.route53 import HostedZone

from templates_src.contract import Component, Rule, Value, contract, flag, output, parameter
from templates_src.parts.logic import condition, is_given, is_true


@contract
class Parameters:
    domain_name: Value = parameter(
        "Domain that the system answers to, such as shop.example.com; none if empty.",
        default="",
        AllowedPattern=r"^$|([a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}",
        # the longest common name that ACM takes:
        # https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
        MaxLength=64,
    )
    include_www: Value = flag("Whether www. in front of the domain is served too.", default=False)
    certificate_arn: Value = parameter(
        "ARN of a certificate in this region that exists already; if empty, one is requested"
        " where the domain and its hosted zone are known.",
        default="",
        AllowedPattern="^$|arn:[a-z-]+:acm:.+",
    )
    hosted_zone_id: Value = parameter(
        "Public Route 53 hosted zone, in this account, that holds the domain; none if empty.",
        default="",
        label="Hosted zone ID",
        AllowedPattern="^$|Z[A-Z0-9]{1,31}",
    )
    create_hosted_zone: Value = flag(
        "Whether a hosted zone is created for the domain. It is kept when the stack is deleted.",
        default=False,
    )
    zone_is_delegated: Value = flag(
        "Whether the name servers of the created zone are set at the registrar. The certificate is"
        " requested only then; set it in a second deployment.",
        default=False,
    )


@contract
class Outputs:
    certificate_arn: Value = output("ARN of the certificate, given or requested; empty if none.")
    hosted_zone_id: Value = output("Hosted zone, given or created; empty if none.")
    name_servers: Value = output(
        "Comma-joined name servers of the created zone, for the registrar; empty if none."
    )


_CREATES_ZONE = is_true(Parameters.create_hosted_zone)

RULES = (
    Rule(
        "CreatedZoneIsNotGiven",
        "HostedZoneId names a zone that exists: leave it empty, or set CreateHostedZone to false.",
        Equals(Parameters.hosted_zone_id, ""),
        when=_CREATES_ZONE,
    ),
    Rule(
        "CreatedZoneHasDomain",
        "CreateHostedZone needs DomainName: the zone is named for it.",
        is_given(Parameters.domain_name),
        when=_CREATES_ZONE,
    ),
    Rule(
        "CreatedZoneHasNoCertificate",
        "CertificateArn was proven in a zone that exists: give that zone as HostedZoneId, or set"
        " CreateHostedZone to false.",
        Equals(Parameters.certificate_arn, ""),
        when=_CREATES_ZONE,
    ),
    Rule(
        "ZoneHasDomain",
        "HostedZoneId needs DomainName: without it there is nothing to put into the zone.",
        is_given(Parameters.domain_name),
        when=is_given(Parameters.hosted_zone_id),
    ),
    Rule(
        "DomainCanBeServed",
        "DomainName needs CertificateArn, HostedZoneId or CreateHostedZone: otherwise nothing"
        " would answer for it.",
        Or(
            is_given(Parameters.certificate_arn),
            is_given(Parameters.hosted_zone_id),
            _CREATES_ZONE,
        ),
        when=is_given(Parameters.domain_name),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """Certificate with DNS validation, and optionally the hosted zone of its domain."""
    creates_zone = condition(t, "CreatesHostedZone", is_true(p.create_hosted_zone))
    zone = t.add_resource(
        HostedZone(
            "HostedZone",
            Condition=creates_zone,
            Name=p.domain_name,
            # A zone made anew has other name servers, so the domain would be dead until somebody
            # visits the registrar. Nor could it be deleted: the record that validated the
            # certificate is not the stack's, and Route 53 deletes only empty zones.
            DeletionPolicy="RetainExceptOnCreate",
            UpdateReplacePolicy="Retain",
        )
    )
    zone_id = If(creates_zone, Ref(zone), p.hosted_zone_id)
    requests = condition(t, "RequestsCertificate", _can_be_validated(p))
    certificate = t.add_resource(_certificate(t, p, requests, zone_id))
    return Outputs(
        certificate_arn=If(requests, Ref(certificate), p.certificate_arn),
        hosted_zone_id=zone_id,
        name_servers=If(creates_zone, Join(",", GetAtt(zone, "NameServers")), ""),
    )


def _can_be_validated(p: Parameters) -> AWSHelperFn:
    """Return the condition that a certificate is wanted and its DNS record can be seen.

    CloudFormation waits for validation, for hours, and then fails; the record in a zone that
    nobody delegates to is never seen:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-certificatemanager-certificate.html
    """
    visible = Or(
        is_given(p.hosted_zone_id),
        And(is_true(p.create_hosted_zone), is_true(p.zone_is_delegated)),
    )
    return And(Equals(p.certificate_arn, ""), is_given(p.domain_name), visible)


def _certificate(t: Template, p: Parameters, requests: str, zone_id: AWSHelperFn) -> Certificate:
    """Return the certificate; ACM renews it as long as the validation records stay."""
    includes_www = condition(t, "IncludesWww", is_true(p.include_www))
    www = Join(".", ["www", p.domain_name])
    return Certificate(
        "Certificate",
        Condition=requests,
        DomainName=p.domain_name,
        SubjectAlternativeNames=If(includes_www, [www], NoValue),
        ValidationMethod="DNS",
        DomainValidationOptions=[
            DomainValidationOption(DomainName=p.domain_name, HostedZoneId=zone_id),
            If(
                includes_www,
                DomainValidationOption(DomainName=www, HostedZoneId=zone_id),
                NoValue,
            ),
        ],
    )


certificate = Component(Parameters, Outputs, build, rules=RULES)
