"""PyShop: a FastAPI shop on Fargate with PostgreSQL, behind a load balancer, in one region."""

from __future__ import annotations

from troposphere import And, Condition, Equals, If, Join, Not, Or, Template

from templates_src.components.alerts import alerts
from templates_src.components.autoscaling import autoscaling
from templates_src.components.certificate import certificate
from templates_src.components.cluster import cluster
from templates_src.components.configuration import configuration
from templates_src.components.credential_rotation import credential_rotation
from templates_src.components.database import database
from templates_src.components.dns_records import dns_records
from templates_src.components.endpoints import endpoints
from templates_src.components.flow_log import flow_log
from templates_src.components.load_balancer import load_balancer
from templates_src.components.monitoring import monitoring
from templates_src.components.nat import nat
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network
from templates_src.components.network_acl import network_acl
from templates_src.components.office_hours import office_hours
from templates_src.components.registry import registry
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.contract import (
    Component,
    Nesting,
    Rule,
    Value,
    after,
    contract,
    flag,
    output,
    parameter,
    passed_to,
)
from templates_src.parts.access import Connect, Secret, Variable
from templates_src.parts.logic import condition, is_given, is_true

APPLICATION = "pyshop"
PORT = 8000
HEALTH_CHECK_PATH = "/healthz"
# What tasks and the rotation function call; without NAT each needs an endpoint in the VPC:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
CALLED_SERVICES = "ecr.api,ecr.dkr,ecs,logs,secretsmanager,ssmmessages"


@contract
class ApiParameters(ServiceParameters):
    """What the container of PyShop is told besides."""

    environment: Value = parameter("Name of the environment.", bind=Variable("ENVIRONMENT"))
    access_token_expire_minutes: Value = parameter(
        "Minutes that an access token is valid.",
        Type="Number",
        MinValue=1,
        default=30,
        bind=Variable("ACCESS_TOKEN_EXPIRE_MINUTES"),
    )
    application_secret_arn: Value = parameter(
        "ARN of the secret that signs tokens.", bind=Secret("SECRET_KEY", key="SECRET_KEY")
    )
    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


api = service.extended("pyshop_api", ApiParameters)


@contract
class Parameters(Nesting):
    environment: Value = passed_to(
        configuration.takes.environment,
        group="Environment",
        Description="Name of the environment, as the application and its parameters know it.",
    )
    permissions_boundary_arn: Value = passed_to(api.takes.permissions_boundary_arn)

    vpc_cidr: Value = passed_to(network.takes.vpc_cidr)
    az_count: Value = passed_to(network.takes.az_count)
    public_subnet_cidrs: Value = passed_to(network.takes.public_subnet_cidrs)
    private_subnet_cidrs: Value = passed_to(network.takes.private_subnet_cidrs)
    nat: Value = passed_to(nat.takes.nat, group="Network")
    has_network_acls: Value = flag(
        "Whether network ACLs filter what security groups filter already.",
        default=False,
        group="Network",
    )
    has_flow_log: Value = flag(
        "Whether the VPC logs its traffic, at a price per GB.", default=False, group="Network"
    )

    domain_name: Value = passed_to(certificate.takes.domain_name, group="Domain")
    include_www: Value = passed_to(certificate.takes.include_www, group="Domain")
    hosted_zone_id: Value = passed_to(certificate.takes.hosted_zone_id, group="Domain")
    create_hosted_zone: Value = passed_to(certificate.takes.create_hosted_zone, group="Domain")
    zone_is_delegated: Value = passed_to(certificate.takes.zone_is_delegated, group="Domain")
    certificate_arn: Value = passed_to(certificate.takes.certificate_arn, group="Domain")
    require_https: Value = passed_to(
        load_balancer.takes.require_https, default="true", group="Domain"
    )
    deletion_protection: Value = flag(
        "Whether AWS refuses to delete the database and the load balancer, also when a first"
        " deployment fails.",
        default=False,
        group="Environment",
    )
    access_log_retention_days: Value = passed_to(load_balancer.takes.access_log_retention_days)

    image: Value = passed_to(api.takes.image)
    desired_count: Value = passed_to(api.takes.desired_count)
    cpu: Value = passed_to(api.takes.cpu)
    memory_mib: Value = passed_to(api.takes.memory_mib)
    architecture: Value = passed_to(api.takes.architecture)
    capacity: Value = passed_to(api.takes.capacity, group="Service")
    min_count: Value = passed_to(autoscaling.takes.min_count)
    max_count: Value = passed_to(autoscaling.takes.max_count)
    cpu_target_percent: Value = passed_to(autoscaling.takes.cpu_target_percent)
    memory_target_percent: Value = passed_to(autoscaling.takes.memory_target_percent)
    requests_target_count: Value = passed_to(autoscaling.takes.requests_target_count)
    access_token_expire_minutes: Value = passed_to(
        api.takes.access_token_expire_minutes, group="Container"
    )
    bucket_arn: Value = passed_to(api.takes.bucket_arn)
    execute_command: Value = passed_to(api.takes.execute_command, default="true")
    tracing: Value = passed_to(api.takes.tracing)
    rolls_back_on_alarm: Value = passed_to(api.takes.rolls_back_on_alarm, group="Service")
    container_insights: Value = passed_to(cluster.takes.container_insights)
    log_retention_days: Value = passed_to(api.takes.log_retention_days, group="Environment")

    engine_version: Value = passed_to(database.takes.engine_version)
    allow_major_upgrade: Value = passed_to(database.takes.allow_major_upgrade)
    instance_class: Value = passed_to(database.takes.instance_class)
    storage_gib: Value = passed_to(database.takes.storage_gib)
    max_storage_gib: Value = passed_to(database.takes.max_storage_gib)
    multi_az: Value = passed_to(database.takes.multi_az)
    read_replica: Value = passed_to(database.takes.read_replica)
    backup_retention_days: Value = passed_to(database.takes.backup_retention_days)
    monitoring_interval_seconds: Value = passed_to(database.takes.monitoring_interval_seconds)
    rotation_schedule: Value = passed_to(
        credential_rotation.takes.schedule_expression, group="Database"
    )

    keeps_office_hours: Value = flag(
        "Whether the service runs no tasks and the database is stopped out of office hours.",
        default=False,
        group="Office hours",
    )
    working_days: Value = passed_to(office_hours.takes.working_days)
    opening_hour: Value = passed_to(office_hours.takes.opening_hour)
    closing_hour: Value = passed_to(office_hours.takes.closing_hour)
    time_zone: Value = passed_to(office_hours.takes.time_zone)

    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")
    task_cpu_threshold_percent: Value = passed_to(api.takes.cpu_threshold_percent)
    task_memory_threshold_percent: Value = passed_to(api.takes.memory_threshold_percent)
    error_threshold_count: Value = passed_to(api.takes.error_threshold_count)
    response_time_threshold_seconds: Value = passed_to(api.takes.response_time_threshold_seconds)
    healthy_threshold_count: Value = passed_to(api.takes.healthy_threshold_count)
    database_cpu_threshold_percent: Value = passed_to(database.takes.cpu_threshold_percent)
    connections_threshold_count: Value = passed_to(database.takes.connections_threshold_count)
    free_storage_threshold_bytes: Value = passed_to(database.takes.free_storage_threshold_bytes)


@contract
class Outputs:
    application_url: Value = output("Address of the shop.")
    repository_uri: Value = output("Where the image is pushed to.")
    cluster_name: Value = output("ECS cluster.")
    service_name: Value = output("ECS service.")
    task_definition_arn: Value = output("Task definition, for one-off tasks such as migrations.")
    task_subnet_ids: Value = output("Comma-joined subnets of the tasks.")
    task_security_group_ids: Value = output("Comma-joined security groups of the tasks.")
    log_group_name: Value = output("Log group of the application.")
    database_host: Value = output("Host name of the database.")
    connection_secret_arn: Value = output("Secret with the database's user, password and URL.")
    parameter_path: Value = output("SSM path of the configuration.")
    alarm_topic_arn: Value = output("Topic to subscribe to for alarms.")
    dashboard_name: Value = output("CloudWatch dashboard.")
    name_servers: Value = output("Name servers to set at the registrar; empty without a new zone.")


RULES = [
    Rule(
        "HttpsIsPossible",
        "RequireHttps needs a certificate: give CertificateArn, or DomainName with HostedZoneId, or"
        " with CreateHostedZone once ZoneIsDelegated. Only dev may do without.",
        holds=Or(
            is_given(Parameters.certificate_arn),
            And(
                is_given(Parameters.domain_name),
                Or(is_given(Parameters.hosted_zone_id), is_true(Parameters.zone_is_delegated)),
            ),
        ),
        when=is_true(Parameters.require_https),
    ),
    Rule(
        "ImageIsReachable",
        "Without NAT the public placeholder image cannot be pulled: give Image from this account's"
        " repository, or set DesiredCount to 0 until there is one.",
        holds=Or(is_given(Parameters.image), Equals(Parameters.desired_count, "0")),
        when=Equals(Parameters.nat, "none"),
    ),
    Rule(
        "DatabaseCanBeStopped",
        "KeepsOfficeHours stops the database, which AWS refuses for one with a read replica: set"
        " ReadReplica to false.",
        holds=Equals(Parameters.read_replica, "false"),
        when=is_true(Parameters.keeps_office_hours),
    ),
    Rule(
        "RotatesWhileAwake",
        "The default RotationSchedule begins at midnight UTC, when KeepsOfficeHours has stopped the"
        " database: give a cron expression within office hours, in UTC.",
        holds=Not(Equals(Parameters.rotation_schedule, "rate(30 days)")),
        when=is_true(Parameters.keeps_office_hours),
    ),
]


def build(t: Template, p: Parameters) -> Outputs:
    """PyShop: network, load balancer, Fargate service, PostgreSQL, monitoring."""
    has_domain = condition(t, "HasDomain", is_given(p.domain_name))
    net = _network(t, p)
    alarms = alerts.nest(t, "Alerts", email=p.alarm_email)
    names = certificate.nest(
        t,
        "Certificate",
        domain_name=p.domain_name,
        include_www=p.include_www,
        certificate_arn=p.certificate_arn,
        hosted_zone_id=p.hosted_zone_id,
        create_hosted_zone=p.create_hosted_zone,
        zone_is_delegated=p.zone_is_delegated,
    )
    front = load_balancer.nest(
        t,
        "LoadBalancer",
        vpc_id=net.vpc_id,
        public_subnet_ids=net.public_subnet_ids,
        certificate_arn=names.certificate_arn,
        deletion_protection=p.deletion_protection,
        access_log_retention_days=p.access_log_retention_days,
        alarm_topic_arn=alarms.topic_arn,
    )
    images = registry.nest(t, "Registry")
    tasks = cluster.nest(t, "Cluster", container_insights=p.container_insights)
    data = database.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.private_subnet_ids,
        database_name=APPLICATION,
        engine_version=p.engine_version,
        allow_major_upgrade=p.allow_major_upgrade,
        instance_class=p.instance_class,
        storage_gib=p.storage_gib,
        max_storage_gib=p.max_storage_gib,
        multi_az=p.multi_az,
        read_replica=p.read_replica,
        deletion_protection=p.deletion_protection,
        backup_retention_days=p.backup_retention_days,
        monitoring_interval_seconds=p.monitoring_interval_seconds,
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.database_cpu_threshold_percent,
        connections_threshold_count=p.connections_threshold_count,
        free_storage_threshold_bytes=p.free_storage_threshold_bytes,
        alarm_topic_arn=alarms.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    settings = configuration.nest(
        t,
        "Configuration",
        application=APPLICATION,
        environment=p.environment,
        database_host=data.endpoint_address,
        database_port=data.port,
        database_name=data.database_name,
        database_secret_arn=data.connection_secret_arn,
        cluster_name=tasks.cluster_name,
    )
    shop = api.nest(
        t,
        "Api",
        environment=p.environment,
        access_token_expire_minutes=p.access_token_expire_minutes,
        application_secret_arn=settings.application_secret_arn,
        database_grant=data.grant,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        cluster_name=tasks.cluster_name,
        listener_arn=front.listener_arn,
        load_balancer_full_name=front.full_name,
        load_balancer_security_group_id=front.security_group_id,
        repository_arn=images.repository_arn,
        image=p.image,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        desired_count=p.desired_count,
        cpu=p.cpu,
        memory_mib=p.memory_mib,
        architecture=p.architecture,
        capacity=p.capacity,
        bucket_arn=p.bucket_arn,
        execute_command=p.execute_command,
        tracing=p.tracing,
        rolls_back_on_alarm=p.rolls_back_on_alarm,
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.task_cpu_threshold_percent,
        memory_threshold_percent=p.task_memory_threshold_percent,
        error_threshold_count=p.error_threshold_count,
        response_time_threshold_seconds=p.response_time_threshold_seconds,
        healthy_threshold_count=p.healthy_threshold_count,
        alarm_topic_arn=alarms.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # the first tasks pull their image through these
    after(t, "Api", "Egress", "Endpoints")
    autoscaling.nest(
        t,
        "Scaling",
        cluster_name=tasks.cluster_name,
        service_name=shop.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
        requests_target_count=p.requests_target_count,
        load_balancer_full_name=front.full_name,
        target_group_full_name=shop.target_group_full_name,
    )
    rotation = credential_rotation.nest(
        t,
        "Rotation",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        credentials_secret_arn=data.credentials_secret_arn,
        connection_secret_arn=data.connection_secret_arn,
        service_arns=shop.service_arn,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        client_security_group_id=data.client_security_group_id,
        schedule_expression=p.rotation_schedule,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarms.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    office_hours.nest_if(
        condition(t, "HasOfficeHours", is_true(p.keeps_office_hours)),
        t,
        "OfficeHours",
        working_days=p.working_days,
        opening_hour=p.opening_hour,
        closing_hour=p.closing_hour,
        time_zone=p.time_zone,
        cluster_name=tasks.cluster_name,
        service_name=shop.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        instance_identifier=data.instance_identifier,
        alarm_names=Join(
            ",", [front.alarm_names, shop.alarm_names, data.alarm_names, rotation.alarm_names]
        ),
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # it scales what Scaling has registered
    after(t, "OfficeHours", "Scaling")
    in_zone = Or(is_given(p.hosted_zone_id), is_true(p.create_hosted_zone))
    dns_records.nest_if(
        condition(t, "HasDnsRecords", And(Condition(has_domain), in_zone)),
        t,
        "DnsRecords",
        domain_name=p.domain_name,
        include_www=p.include_www,
        hosted_zone_id=names.hosted_zone_id,
        load_balancer_dns_name=front.dns_name,
        load_balancer_hosted_zone_id=front.hosted_zone_id,
    )
    board = monitoring.nest(
        t,
        "Monitoring",
        cluster_name=tasks.cluster_name,
        service_name=shop.service_name,
        log_group_name=shop.log_group_name,
        load_balancer_full_name=front.full_name,
        target_group_full_name=shop.target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=Join(
            ",", [front.alarm_arns, shop.alarm_arns, data.alarm_arns, rotation.alarm_arns]
        ),
    )
    host = If(has_domain, p.domain_name, front.dns_name)
    return Outputs(
        application_url=Join("", [front.url_scheme, "://", host]),
        repository_uri=images.repository_uri,
        cluster_name=tasks.cluster_name,
        service_name=shop.service_name,
        task_definition_arn=shop.task_definition_arn,
        task_subnet_ids=net.private_subnet_ids,
        task_security_group_ids=Join(",", [shop.security_group_id, data.client_security_group_id]),
        log_group_name=shop.log_group_name,
        database_host=data.endpoint_address,
        connection_secret_arn=data.connection_secret_arn,
        parameter_path=settings.parameter_path,
        alarm_topic_arn=alarms.topic_arn,
        dashboard_name=board.dashboard_name,
        name_servers=names.name_servers,
    )


def _network(t: Template, p: Parameters) -> NetworkOutputs:
    """Nest the network and what hangs on it; return the network."""
    has_acls = condition(t, "UsesNetworkAcls", is_true(p.has_network_acls))
    has_flow_log = condition(t, "UsesFlowLog", is_true(p.has_flow_log))
    has_nat = condition(t, "HasNat", Not(Equals(p.nat, "none")))
    net = network.nest(
        t,
        "Network",
        vpc_cidr=p.vpc_cidr,
        az_count=p.az_count,
        public_subnet_cidrs=p.public_subnet_cidrs,
        private_subnet_cidrs=p.private_subnet_cidrs,
    )
    nat.nest(
        t,
        "Egress",
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
        "Endpoints",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        private_subnet_ids=net.private_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        interface_services=If(has_nat, "", CALLED_SERVICES),
    )
    network_acl.nest_if(
        has_acls,
        t,
        "NetworkAcl",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=p.az_count,
        public_subnet_ids=net.public_subnet_ids,
        public_subnet_cidrs=net.public_subnet_cidrs,
        private_subnet_ids=net.private_subnet_ids,
    )
    flow_log.nest_if(
        has_flow_log,
        t,
        "FlowLog",
        vpc_id=net.vpc_id,
        log_retention_days=p.log_retention_days,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    return net


pyshop = Component(Parameters, Outputs, build, rules=RULES)
