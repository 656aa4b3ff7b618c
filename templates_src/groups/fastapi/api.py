"""The API group of FastAPI: network, load balancer, registry, cluster, service and its scaling."""

from __future__ import annotations

from typing import NamedTuple

from troposphere import And, Condition, Equals, If, Not, Or, Template

from templates_src.components.autoscaling import autoscaling
from templates_src.components.certificate import certificate
from templates_src.components.cluster import cluster
from templates_src.components.dns_records import dns_records
from templates_src.components.endpoints import endpoints
from templates_src.components.flow_log import flow_log
from templates_src.components.load_balancer import Outputs as LoadBalancerOutputs
from templates_src.components.load_balancer import load_balancer
from templates_src.components.nat import nat
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network
from templates_src.components.registry import Outputs as RegistryOutputs
from templates_src.components.registry import registry
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.contract import (
    Rule,
    Value,
    after,
    contract,
    flag,
    parameter,
    passed_to,
)
from templates_src.groups.fastapi.common import (
    CALLED_SERVICES,
    HEALTH_CHECK_PATH,
    PORT,
    Common,
    named,
)
from templates_src.parts.access import Connect, Variable
from templates_src.parts.logic import condition, is_given, is_true


@contract
class ContainerParameters(ServiceParameters):
    """What the API's container is told besides."""

    environment: Value = parameter("Name of the environment.", bind=Variable("ENVIRONMENT"))
    log_level: Value = parameter(
        "Least severe messages that the application logs.",
        default="INFO",
        group="Container",
        AllowedValues=["DEBUG", "INFO", "WARNING", "ERROR"],
        bind=Variable("LOG_LEVEL"),
    )
    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


container = service.extended("fastapi_api", ContainerParameters)


@contract
class Parameters(Common):
    vpc_cidr: Value = passed_to(network.takes.vpc_cidr, group="API: network")
    az_count: Value = passed_to(network.takes.az_count, group="API: network")
    nat: Value = passed_to(nat.takes.nat, group="API: network")
    has_flow_log: Value = flag(
        "Whether the VPC logs its traffic, at a price per GB.", default=False, group="API: network"
    )

    domain_name: Value = passed_to(certificate.takes.domain_name, group="API: domain")
    include_www: Value = passed_to(certificate.takes.include_www, group="API: domain")
    hosted_zone_id: Value = passed_to(certificate.takes.hosted_zone_id, group="API: domain")
    create_hosted_zone: Value = passed_to(certificate.takes.create_hosted_zone, group="API: domain")
    zone_is_delegated: Value = passed_to(certificate.takes.zone_is_delegated, group="API: domain")
    certificate_arn: Value = passed_to(certificate.takes.certificate_arn, group="API: domain")
    access_log_retention_days: Value = passed_to(
        load_balancer.takes.access_log_retention_days, group="API: domain"
    )

    image: Value = passed_to(container.takes.image, group="API: service")
    log_level: Value = passed_to(container.takes.log_level, group="API: service")
    desired_count: Value = passed_to(container.takes.desired_count, group="API: service")
    cpu: Value = passed_to(container.takes.cpu, group="API: service")
    memory_mib: Value = passed_to(container.takes.memory_mib, group="API: service")
    architecture: Value = passed_to(container.takes.architecture, group="API: service")
    capacity: Value = passed_to(container.takes.capacity, group="API: service")
    container_insights: Value = passed_to(cluster.takes.container_insights, group="API: service")
    execute_command: Value = passed_to(container.takes.execute_command, group="API: service")
    tracing: Value = passed_to(container.takes.tracing, group="API: service")

    deployment_strategy: Value = passed_to(
        container.takes.deployment_strategy, group="API: deployment"
    )
    bake_minutes: Value = passed_to(container.takes.bake_minutes, group="API: deployment")
    canary_percent: Value = passed_to(container.takes.canary_percent, group="API: deployment")
    canary_minutes: Value = passed_to(container.takes.canary_minutes, group="API: deployment")
    linear_percent: Value = passed_to(container.takes.linear_percent, group="API: deployment")
    linear_minutes: Value = passed_to(container.takes.linear_minutes, group="API: deployment")
    test_listener_port: Value = passed_to(
        load_balancer.takes.test_listener_port, group="API: deployment"
    )
    hook_function_arn: Value = passed_to(container.takes.hook_function_arn, group="API: deployment")
    rolls_back_on_alarm: Value = passed_to(
        container.takes.rolls_back_on_alarm, group="API: deployment"
    )

    min_count: Value = passed_to(autoscaling.takes.min_count, group="API: scaling")
    max_count: Value = passed_to(autoscaling.takes.max_count, group="API: scaling")
    cpu_target_percent: Value = passed_to(
        autoscaling.takes.cpu_target_percent, group="API: scaling"
    )
    memory_target_percent: Value = passed_to(
        autoscaling.takes.memory_target_percent, group="API: scaling"
    )
    requests_target_count: Value = passed_to(
        autoscaling.takes.requests_target_count, group="API: scaling"
    )

    task_cpu_threshold_percent: Value = passed_to(
        container.takes.cpu_threshold_percent, group="API: alarms"
    )
    task_memory_threshold_percent: Value = passed_to(
        container.takes.memory_threshold_percent, group="API: alarms"
    )
    error_threshold_count: Value = passed_to(
        container.takes.error_threshold_count, group="API: alarms"
    )
    response_time_threshold_seconds: Value = passed_to(
        container.takes.response_time_threshold_seconds, group="API: alarms"
    )
    healthy_threshold_count: Value = passed_to(
        container.takes.healthy_threshold_count, group="API: alarms"
    )


RULES = (
    Rule(
        "OnlyDevSpeaksPlainHttp",
        "Only dev may do without HTTPS: give CertificateArn, or DomainName with HostedZoneId, or"
        " with CreateHostedZone once ZoneIsDelegated.",
        holds=Or(
            is_given(Parameters.certificate_arn),
            And(
                is_given(Parameters.domain_name),
                Or(is_given(Parameters.hosted_zone_id), is_true(Parameters.zone_is_delegated)),
            ),
        ),
        when=Not(Equals(Parameters.environment, "dev")),
    ),
    Rule(
        "ImageIsReachable",
        "Without NAT the public placeholder image cannot be pulled: give Image from this account's"
        " repository, or set DesiredCount to 0 until there is one.",
        holds=Or(is_given(Parameters.image), Equals(Parameters.desired_count, "0")),
        when=Equals(Parameters.nat, "none"),
    ),
    # its metric belongs to one target group, and requests move between two:
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html
    Rule(
        "RequestsAreCountedInOneGroup",
        "Requests scale a service only with rolling deployments: set RequestsTargetCount to 0, or"
        " DeploymentStrategy to rolling.",
        holds=Equals(Parameters.deployment_strategy, "rolling"),
        when=Not(Equals(Parameters.requests_target_count, "0")),
    ),
)


class Front(NamedTuple):
    """What stands before the service.

    Attributes:
        balancer: the load balancer.
        images: the registry.
        cluster_name: ECS cluster.
        host: name under which the API is reached.
        name_servers: of a new hosted zone.
    """

    balancer: LoadBalancerOutputs
    images: RegistryOutputs
    cluster_name: Value
    host: Value
    name_servers: Value


def nest_network(t: Template, p: Parameters) -> NetworkOutputs:
    """Nest the network, which the database uses as well."""
    has_flow_log = condition(t, "UsesFlowLog", is_true(p.has_flow_log))
    has_nat = condition(t, "HasNat", Not(Equals(p.nat, "none")))
    net = network.nest(t, "ApiNetwork", vpc_cidr=p.vpc_cidr, az_count=p.az_count)
    nat.nest(
        t,
        "ApiEgress",
        nat=p.nat,
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=p.az_count,
        availability_zones=net.availability_zones,
        public_subnet_ids=net.public_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    endpoints.nest(
        t,
        "ApiEndpoints",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        private_subnet_ids=net.private_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        interface_services=If(has_nat, "", CALLED_SERVICES),
    )
    flow_log.nest_if(
        has_flow_log,
        t,
        "ApiFlowLog",
        vpc_id=net.vpc_id,
        log_retention_days=p.log_retention_days,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    return net


def nest_front(t: Template, p: Parameters, net: NetworkOutputs, *, alarm_topic_arn: Value) -> Front:
    """Nest what the service needs and does not wait for the database."""
    has_domain = condition(t, "HasDomain", is_given(p.domain_name))
    names = certificate.nest(
        t,
        "ApiCertificate",
        domain_name=p.domain_name,
        include_www=p.include_www,
        certificate_arn=p.certificate_arn,
        hosted_zone_id=p.hosted_zone_id,
        create_hosted_zone=p.create_hosted_zone,
        zone_is_delegated=p.zone_is_delegated,
    )
    balancer = load_balancer.nest(
        t,
        "ApiLoadBalancer",
        vpc_id=net.vpc_id,
        public_subnet_ids=net.public_subnet_ids,
        certificate_arn=names.certificate_arn,
        deletion_protection=p.deletion_protection,
        access_log_retention_days=p.access_log_retention_days,
        test_listener_port=p.test_listener_port,
        alarm_topic_arn=alarm_topic_arn,
    )
    in_zone = Or(is_given(p.hosted_zone_id), is_true(p.create_hosted_zone))
    dns_records.nest_if(
        condition(t, "HasDnsRecords", And(Condition(has_domain), in_zone)),
        t,
        "ApiDnsRecords",
        domain_name=p.domain_name,
        include_www=p.include_www,
        hosted_zone_id=names.hosted_zone_id,
        load_balancer_dns_name=balancer.dns_name,
        load_balancer_hosted_zone_id=balancer.hosted_zone_id,
    )
    tasks = cluster.nest(t, "ApiCluster", container_insights=p.container_insights)
    return Front(
        balancer,
        registry.nest(t, "ApiRegistry"),
        tasks.cluster_name,
        If(has_domain, p.domain_name, balancer.dns_name),
        names.name_servers,
    )


def nest_service(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    front: Front,
    *,
    database_grant: Value,
    alarm_topic_arn: Value,
) -> ServiceOutputs:
    """Nest the service and what scales it."""
    api = container.nest(
        t,
        "ApiService",
        service_name=named(p, "api-service"),
        environment=p.environment,
        log_level=p.log_level,
        database_grant=database_grant,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        cluster_name=front.cluster_name,
        listener_arn=front.balancer.listener_arn,
        test_listener_arn=front.balancer.test_listener_arn,
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
        deployment_strategy=p.deployment_strategy,
        bake_minutes=p.bake_minutes,
        canary_percent=p.canary_percent,
        canary_minutes=p.canary_minutes,
        linear_percent=p.linear_percent,
        linear_minutes=p.linear_minutes,
        hook_function_arn=p.hook_function_arn,
        rolls_back_on_alarm=p.rolls_back_on_alarm,
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
    after(t, "ApiService", "ApiEgress", "ApiEndpoints")
    autoscaling.nest(
        t,
        "ApiScaling",
        cluster_name=front.cluster_name,
        service_name=api.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
        requests_target_count=p.requests_target_count,
        load_balancer_full_name=front.balancer.full_name,
        target_group_full_name=api.target_group_full_name,
    )
    return api
