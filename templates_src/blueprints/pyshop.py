"""PyShop: a FastAPI shop on Fargate with PostgreSQL, behind a load balancer, in one region.

What it shares with other blueprints is in ``groups``, its own API in ``groups/pyshop``.
"""

from __future__ import annotations

from troposphere import Join, Template

from templates_src.components.alerts import alerts
from templates_src.components.cluster import cluster
from templates_src.components.configuration import configuration
from templates_src.components.database import database
from templates_src.components.monitoring import monitoring
from templates_src.components.network import network as vpc
from templates_src.components.registry import registry
from templates_src.contract import Component, Value, contract, output, passed_to
from templates_src.groups import fargate, front, hours, network, postgres
from templates_src.groups.pyshop import api

APPLICATION = "pyshop"


@contract
class Parameters(
    hours.Parameters, postgres.Parameters, api.Parameters, front.Parameters, network.Parameters
):
    az_count: Value = passed_to(vpc.takes.az_count)
    read_replica: Value = passed_to(database.takes.read_replica)
    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")


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


RULES = (
    *front.RULES,
    *fargate.RULES,
    *hours.RULES,
    hours.replica_rule(Parameters.read_replica),
)


def build(t: Template, p: Parameters) -> Outputs:
    """PyShop: network, load balancer, Fargate service, PostgreSQL, monitoring."""
    topic = alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn
    net, _ = network.nest_network(t, p, az_count=p.az_count)
    before = front.nest_front(t, p, net, alarm_topic_arn=topic)
    balancer = before.balancer
    images = registry.nest(t, "Registry")
    tasks = cluster.nest(t, "Cluster", container_insights=p.container_insights)
    data = database.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.private_subnet_ids,
        database_name=APPLICATION,
        read_replica=p.read_replica,
        alarm_topic_arn=topic,
        **postgres.instance(p),
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
    shop = api.nest_service(
        *(t, p, fargate.place(net, balancer, tasks, images), data, settings),
        alarm_topic_arn=topic,
    )
    rotation = postgres.nest_rotation(
        t, p, net, data, service_arns=shop.service_arn, alarm_topic_arn=topic
    )
    alarmed = (balancer, shop, data, rotation)
    hours.nest_office_hours(
        t,
        p,
        cluster_name=tasks.cluster_name,
        service_name=shop.service_name,
        instance_identifier=data.instance_identifier,
        alarm_names=[one.alarm_names for one in alarmed],
    )
    board = monitoring.nest(
        t,
        "Monitoring",
        cluster_name=tasks.cluster_name,
        service_name=shop.service_name,
        log_group_name=shop.log_group_name,
        load_balancer_full_name=balancer.full_name,
        target_group_full_name=shop.target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=Join(",", [one.alarm_arns for one in alarmed]),
    )
    return Outputs(
        application_url=before.url,
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
        alarm_topic_arn=topic,
        dashboard_name=board.dashboard_name,
        name_servers=before.names.name_servers,
    )


pyshop = Component(Parameters, Outputs, build, rules=RULES)
