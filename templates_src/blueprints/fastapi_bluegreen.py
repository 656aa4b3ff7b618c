"""FastAPI, released blue/green by CodeDeploy, with PostgreSQL, WAF, KMS and perhaps an API gateway.

Outputs that a release needs are what the files for the application's repository refer to.
"""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import And, Condition, If, Join, Or, Ref, Template

from templates_src.components.alerts import alerts
from templates_src.components.assets_bucket import assets_bucket
from templates_src.components.autoscaling import autoscaling
from templates_src.components.certificate import certificate
from templates_src.components.cluster import cluster
from templates_src.components.codedeploy import codedeploy
from templates_src.components.codedeploy_service import Outputs as ServiceOutputs
from templates_src.components.codedeploy_service import Parameters as ServiceParameters
from templates_src.components.codedeploy_service import codedeploy_service
from templates_src.components.configuration import configuration
from templates_src.components.cost_monitoring import cost_monitoring
from templates_src.components.credential_rotation import credential_rotation
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.database import database
from templates_src.components.deployment_hooks import Outputs as HookOutputs
from templates_src.components.deployment_hooks import deployment_hooks
from templates_src.components.dns_records import dns_records
from templates_src.components.encryption_key import encryption_key
from templates_src.components.http_api import http_api
from templates_src.components.load_balancer import Outputs as FrontOutputs
from templates_src.components.load_balancer import load_balancer
from templates_src.components.nat import nat
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network
from templates_src.components.registry import registry
from templates_src.components.release_role import release_role
from templates_src.components.service_dashboards import service_dashboards
from templates_src.components.web_acl import web_acl
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
from templates_src.parts.access import Connect, Lookup, Secret, Variable
from templates_src.parts.logic import condition, is_given, is_true

ZONES = "3"  # subnets of the service, which ECS does not let change
SERVICE = "v1"
CONTAINER = "app"
PORT = 8000
TEST_PORT = 8443
HEALTH_CHECK_PATH = "/health"


@contract
class ApiParameters(ServiceParameters):
    """What the container of the API is told besides."""

    environment: Value = parameter("Name of the environment.", bind=Variable("ENVIRONMENT"))
    log_level: Value = parameter(
        "What the application logs, and what is more severe.",
        default="INFO",
        AllowedValues=["DEBUG", "INFO", "WARNING", "ERROR"],
        bind=Variable("LOG_LEVEL"),
    )
    parameter_path: Value = parameter(
        "SSM path of the configuration.", bind=Lookup("PARAMETER_PATH")
    )
    application_secret_arn: Value = parameter(
        "ARN of the secret that signs tokens.", bind=Secret("SECRET_KEY", key="SECRET_KEY")
    )
    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


api = codedeploy_service.extended("fastapi_bluegreen_api", ApiParameters)


@contract
class Parameters(Nesting):
    environment: Value = passed_to(
        configuration.takes.environment,
        group="Environment",
        Description="Name of the environment, as the application and its parameters know it.",
    )
    app_name: Value = passed_to(
        database.takes.database_name,
        default="fastapi",
        group="Environment",
        Description="Name of the application: of its database and its parameters.",
    )
    deletion_protection: Value = flag(
        "Whether AWS refuses to delete the database and the load balancer, also when a first"
        " deployment fails.",
        default=False,
        group="Environment",
    )
    log_retention_days: Value = passed_to(api.takes.log_retention_days, group="Environment")
    permissions_boundary_arn: Value = passed_to(api.takes.permissions_boundary_arn)

    vpc_cidr: Value = passed_to(network.takes.vpc_cidr)
    nat: Value = passed_to(
        nat.takes.nat,
        group="Network",
        # validation of a release is known to the load balancer by the address of NAT
        AllowedValues=["single", "per-az", "instance"],
    )

    domain_name: Value = passed_to(certificate.takes.domain_name, group="Domain")
    hosted_zone_id: Value = passed_to(certificate.takes.hosted_zone_id, group="Domain")
    create_hosted_zone: Value = passed_to(certificate.takes.create_hosted_zone, group="Domain")
    zone_is_delegated: Value = passed_to(certificate.takes.zone_is_delegated, group="Domain")
    certificate_arn: Value = passed_to(certificate.takes.certificate_arn, group="Domain")
    require_https: Value = passed_to(
        load_balancer.takes.require_https, default="true", group="Domain"
    )
    tls_policy: Value = passed_to(load_balancer.takes.tls_policy, group="Domain")
    idle_timeout_seconds: Value = passed_to(load_balancer.takes.idle_timeout_seconds)

    image: Value = passed_to(
        api.takes.image,
        Description="Image of the revisions that the stack registers, which run once released; if"
        " empty, a public one that only answers the health check.",
    )
    cpu: Value = passed_to(api.takes.cpu)
    memory_mib: Value = passed_to(api.takes.memory_mib)
    architecture: Value = passed_to(api.takes.architecture)
    log_level: Value = passed_to(api.takes.log_level, group="Container")
    tracing: Value = passed_to(api.takes.tracing)
    execute_command: Value = passed_to(api.takes.execute_command)
    min_count: Value = passed_to(autoscaling.takes.min_count)
    max_count: Value = passed_to(autoscaling.takes.max_count)
    cpu_target_percent: Value = passed_to(autoscaling.takes.cpu_target_percent)
    memory_target_percent: Value = passed_to(autoscaling.takes.memory_target_percent)
    container_insights: Value = passed_to(cluster.takes.container_insights)

    deployment_configuration: Value = passed_to(
        codedeploy.takes.deployment_configuration, group="Releases"
    )
    termination_wait_minutes: Value = passed_to(
        codedeploy.takes.termination_wait_minutes, group="Releases"
    )
    validation_seconds: Value = passed_to(
        deployment_hooks.takes.validation_seconds, group="Releases"
    )
    migration_command: Value = passed_to(deployment_hooks.takes.migration_command, group="Releases")
    test_listener_cidr: Value = passed_to(
        deployment_hooks.takes.test_listener_cidr, group="Releases"
    )
    github_repository: Value = passed_to(
        release_role.takes.repository,
        default="",
        group="Releases",
        Description="Repository on GitHub, owner/name, whose workflows release; no role for them if"
        " empty.",
        AllowedPattern="^$|[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    )
    github_provider_arn: Value = passed_to(
        release_role.takes.provider_arn, default="", group="Releases", AllowedPattern="^$|arn:.*"
    )

    engine_version: Value = passed_to(database.takes.engine_version)
    instance_class: Value = passed_to(database.takes.instance_class)
    storage_gib: Value = passed_to(database.takes.storage_gib)
    multi_az: Value = passed_to(database.takes.multi_az)
    backup_retention_days: Value = passed_to(database.takes.backup_retention_days)
    maintenance_window: Value = passed_to(database.takes.maintenance_window)
    rotation_schedule: Value = passed_to(
        credential_rotation.takes.schedule_expression, group="Database"
    )

    waf_mode: Value = passed_to(web_acl.takes.mode, group="WAF", label="WAF mode")
    allowed_cidrs: Value = passed_to(web_acl.takes.allowed_cidrs, group="WAF")
    blocked_cidrs: Value = passed_to(web_acl.takes.blocked_cidrs, group="WAF")
    rate_limit_count: Value = passed_to(web_acl.takes.rate_limit_count, group="WAF")
    has_http_api: Value = flag(
        "Whether an API gateway stands before the load balancer as well.",
        default=False,
        group="HTTP API",
    )
    api_rate_limit_count: Value = passed_to(http_api.takes.rate_limit_count, group="HTTP API")
    api_burst_limit_count: Value = passed_to(http_api.takes.burst_limit_count, group="HTTP API")
    jwt_issuer: Value = passed_to(http_api.takes.jwt_issuer, group="HTTP API")
    jwt_audiences: Value = passed_to(http_api.takes.jwt_audiences, group="HTTP API")

    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")
    task_cpu_threshold_percent: Value = passed_to(api.takes.cpu_threshold_percent)
    task_memory_threshold_percent: Value = passed_to(api.takes.memory_threshold_percent)
    error_threshold_count: Value = passed_to(api.takes.error_threshold_count)
    budget_usd: Value = passed_to(cost_monitoring.takes.budget_usd, group="Costs")
    anomaly_usd: Value = passed_to(cost_monitoring.takes.anomaly_usd, group="Costs")


@contract
class Outputs:
    api_url: Value = output("Address of the API: its domain, or the load balancer's DNS name.")
    test_url: Value = output("Address on which a release is tried.")
    gateway_url: Value = output("Address of the API gateway; empty without one.")
    load_balancer_dns_name: Value = output("DNS name of the load balancer.")
    repository_uri: Value = output("Where images are pushed to.")
    cluster_name: Value = output("ECS cluster.")
    service_name: Value = output("ECS service.")
    task_definition_family: Value = output("Family of the revisions that are released.")
    task_definition_arn: Value = output("Revision as this stack would have it.")
    execution_role_arn: Value = output("Role with which ECS prepares tasks.")
    task_role_arn: Value = output("Role of the application.")
    task_subnet_ids: Value = output("Comma-joined subnets of the tasks.")
    task_security_group_ids: Value = output("Comma-joined security groups of the tasks.")
    release_application: Value = output("CodeDeploy application, and its deployment group.")
    validate_function_arn: Value = output("Function that a release asks after test traffic.")
    migrate_function_arn: Value = output("Function that a release asks before its tasks start.")
    workflow_role_arn: Value = output("Role of the GitHub workflow; empty without a repository.")
    log_group_name: Value = output("Log group of the application.")
    database_host: Value = output("Host name of the database.")
    connection_secret_arn: Value = output("Secret with the database's user, password and URL.")
    application_secret_arn: Value = output("Secret that signs tokens.")
    parameter_path: Value = output("SSM path of the configuration.")
    assets_bucket_name: Value = output("Bucket of the application.")
    key_arn: Value = output("Key that encrypts what is sensitive.")
    alarm_topic_arn: Value = output("Topic to subscribe to for alarms.")
    health_dashboard_name: Value = output("Dashboard of the service's health.")
    performance_dashboard_name: Value = output("Dashboard of its performance.")
    cost_dashboard_name: Value = output("Dashboard of what it costs.")
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
        "WorkflowIsTrusted",
        "GithubRepository needs the account's identity provider for GitHub: give"
        " GithubProviderArn.",
        holds=is_given(Parameters.github_provider_arn),
        when=is_given(Parameters.github_repository),
    ),
]


@dataclass(frozen=True)
class Ground:
    """What the service stands on."""

    net: NetworkOutputs
    nat_public_ips: Value
    front: FrontOutputs
    data: DatabaseOutputs
    name_servers: Value
    key_arn: Value
    topic_arn: Value
    cluster_name: Value


def build(t: Template, p: Parameters) -> Outputs:
    """FastAPI, released blue/green: network, load balancer, Fargate, CodeDeploy, PostgreSQL."""
    has_domain = condition(t, "HasDomain", is_given(p.domain_name))
    ground = _ground(t, p)
    front, data = ground.front, ground.data
    images = registry.nest(t, "Registry")
    assets = assets_bucket.nest(t, "Assets", kms_key_arn=ground.key_arn)
    settings = configuration.nest(
        t,
        "Configuration",
        application=p.app_name,
        environment=p.environment,
        database_host=data.endpoint_address,
        database_port=data.port,
        database_name=data.database_name,
        database_secret_arn=data.connection_secret_arn,
        cluster_name=ground.cluster_name,
        service_name=SERVICE,
        kms_key_arn=ground.key_arn,
    )
    service = api.nest(
        t,
        "Api",
        environment=p.environment,
        log_level=p.log_level,
        parameter_path=settings.parameter_path,
        application_secret_arn=settings.application_secret_arn,
        database_grant=data.grant,
        vpc_id=ground.net.vpc_id,
        private_subnet_ids=ground.net.private_subnet_ids,
        cluster_name=ground.cluster_name,
        service_name=SERVICE,
        listener_arn=front.listener_arn,
        test_listener_arn=front.test_listener_arn,
        load_balancer_full_name=front.full_name,
        load_balancer_security_group_id=front.security_group_id,
        repository_arn=images.repository_arn,
        secrets_key_arn=ground.key_arn,
        bucket_arn=assets.bucket_arn,
        image=p.image,
        container_name=CONTAINER,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        cpu=p.cpu,
        memory_mib=p.memory_mib,
        architecture=p.architecture,
        execute_command=p.execute_command,
        tracing=p.tracing,
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.task_cpu_threshold_percent,
        memory_threshold_percent=p.task_memory_threshold_percent,
        error_threshold_count=p.error_threshold_count,
        alarm_topic_arn=ground.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # the first tasks pull their image through it
    after(t, "Api", "Egress")
    autoscaling.nest(
        t,
        "Scaling",
        cluster_name=ground.cluster_name,
        service_name=service.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
    )
    hooks = _releases(t, p, ground, service)
    rotation = credential_rotation.nest(
        t,
        "Rotation",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        credentials_secret_arn=data.credentials_secret_arn,
        connection_secret_arn=data.connection_secret_arn,
        kms_key_arn=ground.key_arn,
        release_application_name=Ref("AWS::StackName"),
        vpc_id=ground.net.vpc_id,
        private_subnet_ids=ground.net.private_subnet_ids,
        client_security_group_id=data.client_security_group_id,
        schedule_expression=p.rotation_schedule,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=ground.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    wall, gateway_url = _edge(t, p, ground)
    workflow = release_role.nest_if(
        condition(t, "HasWorkflow", is_given(p.github_repository)),
        t,
        "Workflow",
        provider_arn=p.github_provider_arn,
        repository=p.github_repository,
        github_environment=p.environment,
        stack_name=Ref("AWS::StackName"),
        application_name=Ref("AWS::StackName"),
        repository_arn=images.repository_arn,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    boards = service_dashboards.nest(
        t,
        "Dashboards",
        dashboard_prefix=Ref("AWS::StackName"),
        cluster_name=ground.cluster_name,
        service_name=service.service_name,
        log_group_name=service.log_group_name,
        load_balancer_full_name=front.full_name,
        target_group_full_name=service.blue_target_group_full_name,
        alternate_target_group_full_name=service.green_target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=Join(
            ",",
            [
                *(front.alarm_arns, service.alarm_arns, data.alarm_arns),
                *(rotation.alarm_arns, hooks.alarm_arns, wall),
            ],
        ),
    )
    costs = cost_monitoring.nest(
        t,
        "Costs",
        dashboard_name=Join("-", [Ref("AWS::StackName"), "cost"]),
        cost_tag_key="project",
        cost_tag_value="fastapi-bluegreen",
        budget_usd=p.budget_usd,
        anomaly_usd=p.anomaly_usd,
        alarm_topic_arn=ground.topic_arn,
    )
    host = If(has_domain, p.domain_name, front.dns_name)
    return Outputs(
        api_url=Join("", [front.url_scheme, "://", host]),
        test_url=Join("", [front.url_scheme, "://", host, f":{TEST_PORT}"]),
        gateway_url=gateway_url,
        load_balancer_dns_name=front.dns_name,
        repository_uri=images.repository_uri,
        cluster_name=ground.cluster_name,
        service_name=service.service_name,
        task_definition_family=service.task_definition_family,
        task_definition_arn=service.task_definition_arn,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        task_subnet_ids=ground.net.private_subnet_ids,
        task_security_group_ids=service.security_group_ids,
        release_application=Ref("AWS::StackName"),
        validate_function_arn=hooks.validate_function_arn,
        migrate_function_arn=hooks.migrate_function_arn,
        workflow_role_arn=workflow.role_arn,
        log_group_name=service.log_group_name,
        database_host=data.endpoint_address,
        connection_secret_arn=data.connection_secret_arn,
        application_secret_arn=settings.application_secret_arn,
        parameter_path=settings.parameter_path,
        assets_bucket_name=assets.bucket_name,
        key_arn=ground.key_arn,
        alarm_topic_arn=ground.topic_arn,
        health_dashboard_name=boards.health_dashboard_name,
        performance_dashboard_name=boards.performance_dashboard_name,
        cost_dashboard_name=costs.dashboard_name,
        name_servers=ground.name_servers,
    )


def _ground(t: Template, p: Parameters) -> Ground:
    """Nest network, key, alerts, load balancer, cluster and database."""
    net = network.nest(t, "Network", vpc_cidr=p.vpc_cidr, az_count=ZONES)
    egress = nat.nest(
        t,
        "Egress",
        nat=p.nat,
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=ZONES,
        availability_zones=net.availability_zones,
        public_subnet_ids=net.public_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    key = encryption_key.nest(t, "Key")
    alarms = alerts.nest(t, "Alerts", email=p.alarm_email)
    tasks = cluster.nest(t, "Cluster", container_insights=p.container_insights)
    data = database.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.private_subnet_ids,
        database_name=p.app_name,
        engine_version=p.engine_version,
        instance_class=p.instance_class,
        storage_gib=p.storage_gib,
        multi_az=p.multi_az,
        deletion_protection=p.deletion_protection,
        kms_key_arn=key.key_arn,
        backup_retention_days=p.backup_retention_days,
        maintenance_window=p.maintenance_window,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarms.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    front, name_servers = _front(t, p, net, alarms.topic_arn)
    return Ground(
        net=net,
        nat_public_ips=egress.nat_public_ips,
        front=front,
        name_servers=name_servers,
        data=data,
        key_arn=key.key_arn,
        topic_arn=alarms.topic_arn,
        cluster_name=tasks.cluster_name,
    )


def _front(
    t: Template, p: Parameters, net: NetworkOutputs, topic_arn: Value
) -> tuple[FrontOutputs, Value]:
    """Nest certificate, load balancer and the records to it; return it and the name servers."""
    names = certificate.nest(
        t,
        "Certificate",
        domain_name=p.domain_name,
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
        tls_policy=p.tls_policy,
        idle_timeout_seconds=p.idle_timeout_seconds,
        test_listener_port=TEST_PORT,
        deletion_protection=p.deletion_protection,
        alarm_topic_arn=topic_arn,
    )
    in_zone = Or(is_given(p.hosted_zone_id), is_true(p.create_hosted_zone))
    dns_records.nest_if(
        condition(t, "HasDnsRecords", And(Condition("HasDomain"), in_zone)),
        t,
        "DnsRecords",
        domain_name=p.domain_name,
        hosted_zone_id=names.hosted_zone_id,
        load_balancer_dns_name=front.dns_name,
        load_balancer_hosted_zone_id=front.hosted_zone_id,
    )
    return front, names.name_servers


def _releases(t: Template, p: Parameters, ground: Ground, service: ServiceOutputs) -> HookOutputs:
    """Nest what releases the service, and what a release asks."""
    hooks = deployment_hooks.nest(
        t,
        "Hooks",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        application_name=Ref("AWS::StackName"),
        vpc_id=ground.net.vpc_id,
        private_subnet_ids=ground.net.private_subnet_ids,
        nat_public_ips=ground.nat_public_ips,
        load_balancer_security_group_id=ground.front.security_group_id,
        load_balancer_dns_name=ground.front.dns_name,
        url_scheme=ground.front.url_scheme,
        test_listener_port=TEST_PORT,
        test_listener_cidr=p.test_listener_cidr,
        host_name=p.domain_name,
        health_check_path=HEALTH_CHECK_PATH,
        validation_seconds=p.validation_seconds,
        migration_command=p.migration_command,
        cluster_name=ground.cluster_name,
        container_name=CONTAINER,
        task_definition_family=service.task_definition_family,
        task_security_group_ids=service.security_group_ids,
        task_log_group_name=service.log_group_name,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=ground.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    codedeploy.nest(
        t,
        "Releases",
        application_name=Ref("AWS::StackName"),
        deployment_configuration=p.deployment_configuration,
        termination_wait_minutes=p.termination_wait_minutes,
        cluster_name=ground.cluster_name,
        service_name=service.service_name,
        load_balancer_full_name=ground.front.full_name,
        listener_arn=ground.front.listener_arn,
        test_listener_arn=ground.front.test_listener_arn,
        blue_target_group_name=service.blue_target_group_name,
        green_target_group_name=service.green_target_group_name,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        hook_function_arns=hooks.function_arns,
        rollback_alarm_names=service.rollback_alarm_names,
        alarm_topic_arn=ground.topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    return hooks


def _edge(t: Template, p: Parameters, ground: Ground) -> tuple[Value, Value]:
    """Nest what stands before the load balancer; return its alarms and the gateway's address."""
    wall = web_acl.nest(
        t,
        "WebAcl",
        resource_arn=ground.front.arn,
        mode=p.waf_mode,
        allowed_cidrs=p.allowed_cidrs,
        blocked_cidrs=p.blocked_cidrs,
        rate_limit_count=p.rate_limit_count,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=ground.topic_arn,
    )
    gateway = http_api.nest_if(
        condition(t, "UsesHttpApi", is_true(p.has_http_api)),
        t,
        "HttpApi",
        vpc_id=ground.net.vpc_id,
        private_subnet_ids=ground.net.private_subnet_ids,
        listener_arn=ground.front.listener_arn,
        listener_port=If("HasDomain", 443, 80),
        server_name=p.domain_name,
        load_balancer_security_group_id=ground.front.security_group_id,
        rate_limit_count=p.api_rate_limit_count,
        burst_limit_count=p.api_burst_limit_count,
        jwt_issuer=p.jwt_issuer,
        jwt_audiences=p.jwt_audiences,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=ground.topic_arn,
    )
    return wall.alarm_arns, gateway.url


fastapi_bluegreen = Component(Parameters, Outputs, build, rules=RULES)
