"""The API group of ChronoTrail: its name, load balancer, service, scaling, and what guards it."""

from __future__ import annotations

from typing import NamedTuple

from troposphere import And, Condition, Equals, If, Join, Not, Or, Ref, Template

from templates_src.components.autoscaling import autoscaling
from templates_src.components.certificate import Outputs as NameOutputs
from templates_src.components.certificate import certificate
from templates_src.components.cluster import cluster
from templates_src.components.configuration import Outputs as SettingsOutputs
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.dns_records import dns_records
from templates_src.components.http_api import Outputs as GatewayOutputs
from templates_src.components.http_api import http_api
from templates_src.components.load_balancer import Outputs as BalancerOutputs
from templates_src.components.load_balancer import load_balancer
from templates_src.components.media_bucket import Outputs as MediaOutputs
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.registry import Outputs as RegistryOutputs
from templates_src.components.registry import registry
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.components.user_pool import Outputs as UserPoolOutputs
from templates_src.components.vector_collection import Outputs as SearchOutputs
from templates_src.components.web_acl import Outputs as FirewallOutputs
from templates_src.components.web_acl import web_acl
from templates_src.contract import Rule, Value, after, contract, flag, parameter, passed_to
from templates_src.groups.chronotrail.common import (
    APPLICATION,
    HEALTH_CHECK_PATH,
    PORT,
    Common,
    named,
)
from templates_src.parts.access import Connect, Secret, Variable
from templates_src.parts.logic import condition, is_given, is_true

SERVICE_NAME = f"{APPLICATION}-service"


@contract
class ContainerParameters(ServiceParameters):
    """What the API's container is told besides."""

    environment: Value = parameter("Name of the environment.", bind=Variable("ENVIRONMENT"))
    region: Value = parameter("Region of AWS.", bind=Variable("AWS_REGION"))
    log_level: Value = parameter(
        "Least severe messages that the application logs.",
        default="INFO",
        group="Container",
        AllowedValues=["DEBUG", "INFO", "WARNING", "ERROR"],
        bind=Variable("LOG_LEVEL"),
    )
    api_docs: Value = flag(
        "Whether the application serves the documentation of its API.",
        default=False,
        group="Container",
        label="API docs",
        bind=Variable("API_DOCS"),
    )
    user_pool_id: Value = parameter("User pool.", bind=Variable("COGNITO_USER_POOL_ID"))
    client_id: Value = parameter("Client of the user pool.", bind=Variable("COGNITO_CLIENT_ID"))
    media_bucket_name: Value = parameter("Bucket of media.", bind=Variable("MEDIA_BUCKET"))
    search_endpoint: Value = parameter(
        "Address of search; there is none if empty.", bind=Variable("OPENSEARCH_ENDPOINT")
    )
    application_secret_arn: Value = parameter(
        "ARN of the secret that the application signs with.",
        bind=Secret("SECRET_KEY", key="SECRET_KEY"),
    )
    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


container = service.extended("chronotrail_api", ContainerParameters)


@contract
class Parameters(Common):
    domain_name: Value = passed_to(certificate.takes.domain_name, group="Domain")
    hosted_zone_id: Value = passed_to(certificate.takes.hosted_zone_id, group="Domain")
    create_hosted_zone: Value = passed_to(certificate.takes.create_hosted_zone, group="Domain")
    zone_is_delegated: Value = passed_to(certificate.takes.zone_is_delegated, group="Domain")
    certificate_arn: Value = passed_to(certificate.takes.certificate_arn, group="Domain")
    access_log_retention_days: Value = passed_to(
        load_balancer.takes.access_log_retention_days, group="Domain"
    )

    token_check: Value = parameter(
        "Where tokens are verified before the application sees a request: nowhere (none), at the"
        " load balancer (listener), or there and at an API Gateway before it that also throttles"
        " (api). The last two need HTTPS.",
        default="none",
        group="Guards",
        AllowedValues=["none", "listener", "api"],
    )
    public_path_patterns: Value = passed_to(container.takes.public_path_patterns, group="Guards")
    rate_limit_count: Value = passed_to(http_api.takes.rate_limit_count, group="Guards")
    burst_limit_count: Value = passed_to(http_api.takes.burst_limit_count, group="Guards")
    cors_origins: Value = passed_to(http_api.takes.cors_origins, group="Guards")
    has_web_acl: Value = flag(
        "Whether a web ACL (AWS WAF) stands before the load balancer.",
        default=False,
        group="Guards",
        label="Has web ACL",
    )
    web_acl_mode: Value = passed_to(web_acl.takes.mode, group="Guards")
    address_rate_limit_count: Value = passed_to(web_acl.takes.rate_limit_count, group="Guards")

    image: Value = passed_to(container.takes.image, group="Container")
    log_level: Value = passed_to(container.takes.log_level, group="Container")
    api_docs: Value = passed_to(container.takes.api_docs, group="Container")
    desired_count: Value = passed_to(container.takes.desired_count, group="Service")
    cpu: Value = passed_to(container.takes.cpu, group="Service")
    memory_mib: Value = passed_to(container.takes.memory_mib, group="Service")
    architecture: Value = passed_to(container.takes.architecture, group="Service")
    capacity: Value = passed_to(container.takes.capacity, group="Service")
    execute_command: Value = passed_to(container.takes.execute_command, group="Service")
    tracing: Value = passed_to(container.takes.tracing, group="Service")
    rolls_back_on_alarm: Value = passed_to(container.takes.rolls_back_on_alarm, group="Service")
    container_insights: Value = passed_to(cluster.takes.container_insights, group="Service")
    min_count: Value = passed_to(autoscaling.takes.min_count, group="Service")
    max_count: Value = passed_to(autoscaling.takes.max_count, group="Service")
    cpu_target_percent: Value = passed_to(autoscaling.takes.cpu_target_percent, group="Service")
    memory_target_percent: Value = passed_to(
        autoscaling.takes.memory_target_percent, group="Service"
    )

    request_threshold_count: Value = passed_to(load_balancer.takes.request_threshold_count)
    task_cpu_threshold_percent: Value = passed_to(container.takes.cpu_threshold_percent)
    task_memory_threshold_percent: Value = passed_to(container.takes.memory_threshold_percent)
    error_threshold_count: Value = passed_to(container.takes.error_threshold_count)
    response_time_threshold_seconds: Value = passed_to(
        container.takes.response_time_threshold_seconds
    )
    healthy_threshold_count: Value = passed_to(container.takes.healthy_threshold_count)


_HAS_CERTIFICATE = Or(
    is_given(Parameters.certificate_arn),
    And(
        is_given(Parameters.domain_name),
        Or(is_given(Parameters.hosted_zone_id), is_true(Parameters.zone_is_delegated)),
    ),
)
RULES = (
    Rule(
        "OnlyDevSpeaksPlainHttp",
        "Only dev may do without HTTPS: give CertificateArn, or DomainName with HostedZoneId, or"
        " with CreateHostedZone once ZoneIsDelegated.",
        holds=_HAS_CERTIFICATE,
        when=Not(Equals(Parameters.environment, "dev")),
    ),
    Rule(
        "TokensNeedHttps",
        "TokenCheck needs HTTPS, which needs a certificate: give CertificateArn, or DomainName with"
        " HostedZoneId; or set TokenCheck to none.",
        holds=_HAS_CERTIFICATE,
        when=Not(Equals(Parameters.token_check, "none")),
    ),
    Rule(
        "GatewayKnowsTheName",
        "API Gateway checks the name in the load balancer's certificate: give DomainName.",
        holds=is_given(Parameters.domain_name),
        when=Equals(Parameters.token_check, "api"),
    ),
)


class Front(NamedTuple):
    """What stands before the service.

    Attributes:
        names: certificate and zone.
        balancer: the load balancer.
        images: the registry.
        cluster_name: ECS cluster.
        host: name under which the load balancer is reached.
    """

    names: NameOutputs
    balancer: BalancerOutputs
    images: RegistryOutputs
    cluster_name: Value
    host: Value


def nest_front(t: Template, p: Parameters, net: NetworkOutputs, *, alarm_topic_arn: Value) -> Front:
    """Nest what the service needs and does not wait for the stores."""
    has_domain = condition(t, "HasDomain", is_given(p.domain_name))
    names = certificate.nest(
        t,
        "Certificate",
        domain_name=p.domain_name,
        certificate_arn=p.certificate_arn,
        hosted_zone_id=p.hosted_zone_id,
        create_hosted_zone=p.create_hosted_zone,
        zone_is_delegated=p.zone_is_delegated,
    )
    balancer = load_balancer.nest(
        t,
        "LoadBalancer",
        vpc_id=net.vpc_id,
        public_subnet_ids=net.public_subnet_ids,
        certificate_arn=names.certificate_arn,
        deletion_protection=p.deletion_protection,
        access_log_retention_days=p.access_log_retention_days,
        request_threshold_count=p.request_threshold_count,
        alarm_topic_arn=alarm_topic_arn,
    )
    in_zone = Or(is_given(p.hosted_zone_id), is_true(p.create_hosted_zone))
    dns_records.nest_if(
        condition(t, "HasDnsRecords", And(Condition(has_domain), in_zone)),
        t,
        "DnsRecords",
        domain_name=p.domain_name,
        hosted_zone_id=names.hosted_zone_id,
        load_balancer_dns_name=balancer.dns_name,
        load_balancer_hosted_zone_id=balancer.hosted_zone_id,
    )
    tasks = cluster.nest(
        t,
        "Cluster",
        cluster_name=Ref("AWS::StackName"),  # ChronoTrail-Dev
        container_insights=p.container_insights,
    )
    return Front(
        names,
        balancer,
        registry.nest(t, "Registry"),
        tasks.cluster_name,
        If(has_domain, p.domain_name, balancer.dns_name),
    )


def nest_service(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    front: Front,
    users: UserPoolOutputs,
    data: DatabaseOutputs,
    media: MediaOutputs,
    search: SearchOutputs,
    settings: SettingsOutputs,
    *,
    key_arn: Value,
    alarm_topic_arn: Value,
) -> ServiceOutputs:
    """Nest the service and what scales it."""
    verifies = condition(t, "VerifiesTokens", Not(Equals(p.token_check, "none")))
    api = container.nest(
        t,
        "Api",
        service_name=SERVICE_NAME,
        environment=p.environment,
        region=Ref("AWS::Region"),
        log_level=p.log_level,
        api_docs=p.api_docs,
        user_pool_id=users.user_pool_id,
        client_id=users.client_id,
        media_bucket_name=media.bucket_name,
        bucket_arn=media.bucket_arn,
        bucket_key_arn=key_arn,
        search_endpoint=search.endpoint,
        client_security_group_ids=search.client_security_group_id,
        application_secret_arn=settings.application_secret_arn,
        database_grant=data.grant,
        secrets_key_arn=key_arn,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        cluster_name=front.cluster_name,
        listener_arn=front.balancer.listener_arn,
        jwt_issuer=If(verifies, users.issuer, ""),
        jwks_endpoint=If(verifies, users.jwks_endpoint, ""),
        jwt_client_id=users.client_id,
        public_path_patterns=p.public_path_patterns,
        load_balancer_full_name=front.balancer.full_name,
        load_balancer_security_group_id=front.balancer.security_group_id,
        repository_arn=front.images.repository_arn,
        image=p.image,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        desired_count=p.desired_count,
        cpu=p.cpu,
        memory_mib=p.memory_mib,
        architecture=p.architecture,
        capacity=p.capacity,
        execute_command=p.execute_command,
        tracing=p.tracing,
        rolls_back_on_alarm=p.rolls_back_on_alarm,
        log_group_name=Join("", ["/ecs/", named(p)]),
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.task_cpu_threshold_percent,
        memory_threshold_percent=p.task_memory_threshold_percent,
        error_threshold_count=p.error_threshold_count,
        response_time_threshold_seconds=p.response_time_threshold_seconds,
        healthy_threshold_count=p.healthy_threshold_count,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # the first tasks pull their image through these
    after(t, "Api", "Egress", "Endpoints")
    autoscaling.nest(
        t,
        "Scaling",
        cluster_name=front.cluster_name,
        service_name=api.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
    )
    return api


def nest_guards(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    front: Front,
    users: UserPoolOutputs,
    *,
    alarm_topic_arn: Value,
) -> tuple[FirewallOutputs, GatewayOutputs]:
    """Nest the web ACL before the load balancer and the API Gateway before both, where wanted."""
    firewall = web_acl.nest_if(
        condition(t, "UsesWebAcl", is_true(p.has_web_acl)),
        t,
        "WebAcl",
        resource_arn=front.balancer.arn,
        mode=p.web_acl_mode,
        rate_limit_count=p.address_rate_limit_count,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
    )
    gateway = http_api.nest_if(
        condition(t, "UsesGateway", Equals(p.token_check, "api")),
        t,
        "Gateway",
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        listener_arn=front.balancer.listener_arn,
        server_name=p.domain_name,
        load_balancer_security_group_id=front.balancer.security_group_id,
        rate_limit_count=p.rate_limit_count,
        burst_limit_count=p.burst_limit_count,
        jwt_issuer=users.issuer,
        jwt_audiences=users.client_id,
        cors_origins=p.cors_origins,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
    )
    return firewall, gateway
