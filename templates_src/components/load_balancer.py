"""The public load balancer, its listeners, its access logs and the alarms on what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import Equals, GetAtt, If, Not, Ref, Select, Sub, Template
from troposphere.cloudwatch import Alarm
from troposphere.ec2 import SecurityGroup, SecurityGroupRule
from troposphere.elasticloadbalancingv2 import LoadBalancer, LoadBalancerAttributes
from troposphere.s3 import (
    AbortIncompleteMultipartUpload,
    Bucket,
    BucketPolicy,
    LifecycleConfiguration,
    LifecycleRule,
)

from templates_src.contract import Component, Rule, Value, contract, flag, output, parameter
from templates_src.parts.alarms import Alarmed, alarm, arns, names
from templates_src.parts.buckets import bucket_policy, private_bucket
from templates_src.parts.listeners import http_listener, https_listener, test_listener
from templates_src.parts.logic import condition, is_given, is_true, only_if


@contract
class Parameters(Alarmed):
    vpc_id: Value = parameter("VPC of the load balancer.", Type="AWS::EC2::VPC::Id")
    public_subnet_ids: Value = parameter(
        "Public subnets, at least two.", Type="List<AWS::EC2::Subnet::Id>"
    )
    certificate_arn: Value = parameter(
        "ARN of the certificate for HTTPS, to which HTTP then redirects; plain HTTP if empty.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    require_https: Value = flag("Whether to refuse to deploy without a certificate.", default=False)
    # TLS 1.3 with a floor of 1.2 and forward secrecy, and keys agreed so that no later quantum
    # computer reads what is recorded today; AWS recommends it and its console proposes it:
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
    tls_policy: Value = parameter(
        "Policy for versions and ciphers of TLS, none below 1.2.",
        default="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        AllowedPattern="ELBSecurityPolicy-TLS13-1-[23]-.*",
    )
    idle_timeout_seconds: Value = parameter(
        "Seconds without data after which a connection is closed.",
        Type="Number",
        MinValue=1,
        MaxValue=4000,
        default=60,
    )
    deletion_protection: Value = flag(
        "Whether the load balancer refuses to be deleted, and with it a failed first deployment"
        " to be rolled back.",
        default=False,
    )
    access_log_retention_days: Value = parameter(
        "Days that access logs are kept; 0 to write none.",
        Type="Number",
        MinValue=0,
        default=90,
        label="Access log retention in days",
    )
    test_listener_port: Value = parameter(
        "Port on which a release is tried before it gets requests, closed until a component that"
        " tries opens it; 0 for no such listener.",
        Type="Number",
        MinValue=0,
        MaxValue=65535,
        default=0,
    )
    elb_error_threshold_count: Value = parameter(
        "Server errors of the load balancer itself in a minute that raise an alarm after five.",
        Type="Number",
        default=10,
        group="Alarms",
        label="ELB error threshold",
    )
    rejected_connection_threshold_count: Value = parameter(
        "Connections refused in a minute that raise an alarm after five.",
        Type="Number",
        default=0,
        group="Alarms",
    )
    request_threshold_count: Value = parameter(
        "Requests in a minute that raise an alarm after five; 0 for never.",
        Type="Number",
        MinValue=0,
        default=0,
        group="Alarms",
    )


@contract
class Outputs:
    arn: Value = output("ARN of the load balancer.")
    full_name: Value = output("Full name of the load balancer, as metrics carry it.")
    dns_name: Value = output("DNS name that AWS gave the load balancer.")
    hosted_zone_id: Value = output("Hosted zone of that DNS name, for aliases.")
    listener_arn: Value = output("ARN of the listener for services: HTTPS where it exists.")
    test_listener_arn: Value = output("ARN of the listener for releases on trial; empty if none.")
    security_group_id: Value = output("Security group of the load balancer.")
    url_scheme: Value = output("https with a certificate, http without.")
    access_log_bucket_name: Value = output("Bucket of the access logs; empty if none are written.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")


RULES = (
    Rule(
        "HttpsHasCertificate",
        "HTTPS is required here: give CertificateArn.",
        holds=is_given(Parameters.certificate_arn),
        when=is_true(Parameters.require_https),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """Internet-facing application load balancer with access logs and alarms."""
    logged = condition(t, "KeepsAccessLogs", Not(Equals(p.access_log_retention_days, "0")))
    bucket = t.add_resource(_access_log_bucket(p, logged))
    policy = t.add_resource(_access_log_policy(bucket, logged))
    group = t.add_resource(_security_group(p))
    balancer = t.add_resource(
        LoadBalancer(
            "LoadBalancer",
            Type="application",
            Scheme="internet-facing",
            IpAddressType="ipv4",
            Subnets=p.public_subnet_ids,
            SecurityGroups=[GetAtt(group, "GroupId")],
            LoadBalancerAttributes=_attributes(p, logged, bucket, policy),
        )
    )
    secure = condition(t, "HasCertificate", is_given(p.certificate_arn))
    http = t.add_resource(http_listener(balancer, redirects=secure))
    https = t.add_resource(
        https_listener(
            balancer,
            certificate_arn=p.certificate_arn,
            tls_policy=p.tls_policy,
            Condition=secure,
        )
    )
    tried = condition(t, "HasTestListener", Not(Equals(p.test_listener_port, "0")))
    trial = t.add_resource(
        test_listener(
            balancer,
            # 0 is no port, and validators read also what is not created
            port=If(tried, p.test_listener_port, 1),
            secure=secure,
            certificate_arn=p.certificate_arn,
            tls_policy=p.tls_policy,
            Condition=tried,
            Metadata={
                "cfn-lint": {
                    "config": {"ignore_checks": ["W1028"]},
                    "reasons": {"W1028": "The port that is never used is for other validators."},
                }
            },
        )
    )
    full_name = GetAtt(balancer, "LoadBalancerFullName")
    alarms = [t.add_resource(watch) for watch in _alarms(t, p, full_name)]
    return Outputs(
        arn=Ref(balancer),
        full_name=full_name,
        dns_name=GetAtt(balancer, "DNSName"),
        hosted_zone_id=GetAtt(balancer, "CanonicalHostedZoneID"),
        listener_arn=If(secure, Ref(https), Ref(http)),
        test_listener_arn=If(tried, Ref(trial), ""),
        security_group_id=GetAtt(group, "GroupId"),
        url_scheme=If(secure, "https", "http"),
        access_log_bucket_name=If(logged, Ref(bucket), ""),
        alarm_arns=arns(alarms),
        alarm_names=names(alarms),
    )


def _attributes(p: Parameters, logged: str, bucket: Bucket, policy: BucketPolicy) -> list[Any]:
    attributes: dict[str, Value] = {
        "deletion_protection.enabled": p.deletion_protection,
        "idle_timeout.timeout_seconds": p.idle_timeout_seconds,
        "routing.http2.enabled": "true",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "routing.http.desync_mitigation_mode": "defensive",
        "access_logs.s3.enabled": If(logged, "true", "false"),
    }
    # The load balancer tries to write at once, so the policy must be there. DependsOn cannot say it
    # of a resource that a condition may leave out; a reference that selects the other one can.
    name = Select(0, [Ref(bucket), Ref(policy)])
    return [
        *(LoadBalancerAttributes(Key=key, Value=value) for key, value in attributes.items()),
        only_if(logged, LoadBalancerAttributes(Key="access_logs.s3.bucket", Value=name)),
    ]


def _security_group(p: Parameters) -> SecurityGroup:
    return SecurityGroup(
        "LoadBalancerSecurityGroup",
        GroupDescription="Load balancer",
        VpcId=p.vpc_id,
        SecurityGroupIngress=[
            SecurityGroupRule(
                Description=f"{name} from the internet",
                IpProtocol="tcp",
                FromPort=port,
                ToPort=port,
                CidrIp="0.0.0.0/0",
            )
            for name, port in (("HTTP", 80), ("HTTPS", 443))
        ],
        # Each service opens the way to itself. A group without any egress rule would get one that
        # allows everything: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
        SecurityGroupEgress=[
            SecurityGroupRule(
                Description="Nowhere, instead of everywhere", IpProtocol="-1", CidrIp="127.0.0.1/32"
            )
        ],
    )


def _access_log_bucket(p: Parameters, logged: str) -> Bucket:
    """Return the bucket, whose encryption is the only one that load balancers write with.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    expiry = LifecycleRule(
        Id="Expire",
        Status="Enabled",
        ExpirationInDays=p.access_log_retention_days,
        AbortIncompleteMultipartUpload=AbortIncompleteMultipartUpload(DaysAfterInitiation=1),
    )
    return private_bucket(
        "AccessLogBucket",
        Condition=logged,
        # Not even deleted when its creation is rolled back: the load balancer leaves a test object
        # in it at once, and CloudFormation deletes no bucket that holds something.
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        LifecycleConfiguration=LifecycleConfiguration(Rules=[expiry]),
    )


def _access_log_policy(bucket: Bucket, logged: str) -> BucketPolicy:
    delivery = {
        "Sid": "LoadBalancersOfThisAccountWrite",
        "Effect": "Allow",
        # the same in every region and partition
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": Sub(f"${{{bucket.title}.Arn}}/AWSLogs/${{AWS::AccountId}}/*"),
    }
    return bucket_policy(bucket, delivery, Condition=logged)


def _alarms(t: Template, p: Parameters, full_name: Value) -> Iterator[Alarm]:
    for title, metric, threshold, meaning in (
        (
            "ElbErrorsAlarm",
            "HTTPCode_ELB_5XX_Count",
            p.elb_error_threshold_count,
            "The load balancer itself answers with 5xx: no healthy target, or one that hangs up.",
        ),
        (
            "RejectedConnectionsAlarm",
            "RejectedConnectionCount",
            p.rejected_connection_threshold_count,
            "The load balancer refuses connections: it has reached its limit.",
        ),
    ):
        yield alarm(
            title,
            meaning,
            namespace="AWS/ApplicationELB",
            metric=metric,
            dimensions={"LoadBalancer": full_name},
            statistic="Sum",
            threshold=threshold,
            topic_arn=p.alarm_topic_arn,
        )
    yield alarm(
        "RequestsAlarm",
        "Many more requests than usual: a success, a client that repeats itself, or an attack.",
        namespace="AWS/ApplicationELB",
        metric="RequestCount",
        dimensions={"LoadBalancer": full_name},
        statistic="Sum",
        threshold=p.request_threshold_count,
        topic_arn=p.alarm_topic_arn,
        Condition=condition(t, "CountsRequests", Not(Equals(p.request_threshold_count, "0"))),
    )


load_balancer = Component(Parameters, Outputs, build, rules=RULES)
