"""FastAPI, released blue/green by CodeDeploy, with PostgreSQL, WAF, KMS and perhaps an API gateway.

What it shares with other blueprints is in ``groups``, its API and its releases in
``groups/fastapi_bluegreen``. Outputs that a release needs are what the files for the application's
repository refer to.
"""

from __future__ import annotations

from troposphere import If, Join, Ref, Template

from templates_src.components.alerts import alerts
from templates_src.components.assets_bucket import assets_bucket
from templates_src.components.cluster import cluster
from templates_src.components.configuration import configuration
from templates_src.components.cost_monitoring import cost_monitoring
from templates_src.components.database import database
from templates_src.components.encryption_key import encryption_key
from templates_src.components.http_api import http_api
from templates_src.components.nat import nat
from templates_src.components.registry import registry
from templates_src.components.service_dashboards import service_dashboards
from templates_src.contract import Component, Value, contract, flag, output, passed_to
from templates_src.groups import fargate, front, guards, network, postgres
from templates_src.groups.fastapi_bluegreen import api, releases
from templates_src.parts.logic import condition, is_true

STAGES = (
    "billing",
)  # one in each account, where its files say; the dashboard of costs asks for it
AZ_COUNT = 3  # of the subnets of the service, which ECS does not let change


@contract
class Parameters(
    postgres.Parameters,
    releases.Parameters,
    api.Parameters,
    guards.Parameters,
    network.Parameters,
):
    app_name: Value = passed_to(
        database.takes.database_name,
        default="fastapi",
        group="Environment",
        Description="Name of the application: of its database and its parameters.",
    )
    nat: Value = passed_to(
        nat.takes.nat,
        group="Network",
        # validation of a release is known to the load balancer by the address of NAT
        AllowedValues=["single", "per-az", "instance"],
    )
    has_http_api: Value = flag(
        "Whether an API gateway stands before the load balancer as well.",
        default=False,
        group="Guards",
        label="Has HTTP API",
    )
    jwt_issuer: Value = passed_to(http_api.takes.jwt_issuer, group="Guards")
    jwt_audiences: Value = passed_to(http_api.takes.jwt_audiences, group="Guards")
    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")
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


RULES = (
    *front.RULES,
    *releases.RULES,
    guards.name_rule(is_true(Parameters.has_http_api)),
)


def build(t: Template, p: Parameters) -> Outputs:
    """FastAPI, released blue/green: network, load balancer, Fargate, CodeDeploy, PostgreSQL."""
    topic = alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn
    key = encryption_key.nest(t, "Key").key_arn
    net, egress = network.nest_network(t, p, az_count=AZ_COUNT)
    before = front.nest_front(
        t, p, net, test_listener_port=releases.TEST_PORT, alarm_topic_arn=topic
    )
    balancer = before.balancer
    images = registry.nest(t, "Registry")
    assets = assets_bucket.nest(t, "Assets", kms_key_arn=key)
    tasks = cluster.nest(t, "Cluster", container_insights=p.container_insights)
    data = database.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.private_subnet_ids,
        database_name=p.app_name,
        kms_key_arn=key,
        alarm_topic_arn=topic,
        **postgres.instance(p),
    )
    settings = configuration.nest(
        t,
        "Configuration",
        application=p.app_name,
        environment=p.environment,
        database_host=data.endpoint_address,
        database_port=data.port,
        database_name=data.database_name,
        database_secret_arn=data.connection_secret_arn,
        cluster_name=tasks.cluster_name,
        service_name=api.SERVICE,
        kms_key_arn=key,
    )
    service = api.nest_service(
        *(t, p, fargate.place(net, balancer, tasks, images), data, settings),
        test_listener_arn=balancer.test_listener_arn,
        bucket_arn=assets.bucket_arn,
        key_arn=key,
        alarm_topic_arn=topic,
    )
    hooks = releases.nest_releases(
        *(t, p, net, balancer, service),
        nat_public_ips=egress.nat_public_ips,
        cluster_name=tasks.cluster_name,
        alarm_topic_arn=topic,
    )
    workflow = releases.nest_workflow(t, p, service, repository_arn=images.repository_arn)
    rotation = postgres.nest_rotation(
        *(t, p, net, data),
        release_application_name=Ref("AWS::StackName"),
        kms_key_arn=key,
        alarm_topic_arn=topic,
    )
    has_gateway = condition(t, "UsesHttpApi", is_true(p.has_http_api))
    firewall = guards.nest_web_acl(
        t, p, net, before, has_gateway=has_gateway, alarm_topic_arn=topic
    )
    secure = condition(t, "HasCertificate", front.HAS_CERTIFICATE)
    gateway = guards.nest_gateway(
        *(t, p, net, before),
        title="HttpApi",
        exists=has_gateway,
        listener_port=If(secure, 443, 80),
        server_name=If(secure, p.domain_name, ""),
        jwt_issuer=p.jwt_issuer,
        jwt_audiences=p.jwt_audiences,
        alarm_topic_arn=topic,
    )
    alarmed = (balancer, service, data, rotation, hooks, firewall)
    boards = service_dashboards.nest(
        t,
        "Dashboards",
        dashboard_prefix=Ref("AWS::StackName"),
        cluster_name=tasks.cluster_name,
        service_name=service.service_name,
        log_group_name=service.log_group_name,
        load_balancer_full_name=balancer.full_name,
        target_group_full_name=service.blue_target_group_full_name,
        alternate_target_group_full_name=service.green_target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=Join(",", [one.alarm_arns for one in alarmed]),
    )
    costs = cost_monitoring.nest(
        t,
        "Costs",
        dashboard_name=Join("-", [Ref("AWS::StackName"), "cost"]),
        cost_tag_key="project",
        cost_tag_value="fastapi-bluegreen",
        budget_usd=p.budget_usd,
        anomaly_usd=p.anomaly_usd,
        alarm_topic_arn=topic,
    )
    return Outputs(
        api_url=before.url,
        test_url=Join("", [before.url, f":{releases.TEST_PORT}"]),
        gateway_url=gateway.url,
        load_balancer_dns_name=balancer.dns_name,
        repository_uri=images.repository_uri,
        cluster_name=tasks.cluster_name,
        service_name=service.service_name,
        task_definition_family=service.task_definition_family,
        task_definition_arn=service.task_definition_arn,
        execution_role_arn=service.execution_role_arn,
        task_role_arn=service.task_role_arn,
        task_subnet_ids=net.private_subnet_ids,
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
        key_arn=key,
        alarm_topic_arn=topic,
        health_dashboard_name=boards.health_dashboard_name,
        performance_dashboard_name=boards.performance_dashboard_name,
        cost_dashboard_name=costs.dashboard_name,
        name_servers=before.names.name_servers,
    )


fastapi_bluegreen = Component(Parameters, Outputs, build, rules=RULES)
