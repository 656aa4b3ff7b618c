"""FastAPI: an API on Fargate with PostgreSQL and monitoring, in three groups.

Each group has a module of its own in ``groups/fastapi``, and its nested stacks begin with its name.
They are no stacks of a third level: the API's service needs the database, which needs the API's
network, so that neither group as a whole comes before the other.
"""

from __future__ import annotations

from troposphere import Join, Template

from templates_src.components.cluster import cluster
from templates_src.components.registry import registry
from templates_src.contract import Component, Value, contract, output
from templates_src.groups import fargate
from templates_src.groups.fastapi import api, database, monitoring


@contract
class Parameters(monitoring.Parameters, database.Parameters, api.Parameters):
    """What the three groups take."""


@contract
class Outputs:
    api_url: Value = output("Address of the API.")
    load_balancer_dns_name: Value = output("Address that AWS gave the load balancer.")
    repository_uri: Value = output("Where the image is pushed to.")
    cluster_name: Value = output("ECS cluster.")
    service_name: Value = output("ECS service.")
    task_definition_arn: Value = output("Task definition, for one-off tasks such as migrations.")
    task_subnet_ids: Value = output("Comma-joined subnets of the tasks.")
    task_security_group_ids: Value = output("Comma-joined security groups of the tasks.")
    log_group_name: Value = output("Log group of the application.")
    vpc_id: Value = output("VPC, for other stacks.")
    database_host: Value = output("Host name of the database.")
    connection_secret_arn: Value = output("Secret with the database's user, password and URL.")
    alarm_topic_arn: Value = output("Topic to subscribe to for alarms.")
    dashboard_name: Value = output("CloudWatch dashboard.")
    name_servers: Value = output("Name servers to set at the registrar; empty without a new zone.")


def build(t: Template, p: Parameters) -> Outputs:
    """FastAPI: API, Database and Monitoring."""
    topic = monitoring.nest_alerts(t, p).topic_arn
    net = api.nest_network(t, p)
    before = api.nest_front(t, p, net, alarm_topic_arn=topic)
    balancer = before.balancer
    images = registry.nest(t, "ApiRegistry")
    tasks = cluster.nest(t, "ApiCluster", container_insights=p.container_insights)
    data = database.nest_database(t, p, net, alarm_topic_arn=topic)
    service = api.nest_service(
        *(t, p, fargate.place(net, balancer, tasks, images)),
        test_listener_arn=balancer.test_listener_arn,
        database_grant=data.grant,
        alarm_topic_arn=topic,
    )
    rotation = database.nest_rotation(
        t, p, net, data, service_arn=service.service_arn, alarm_topic_arn=topic
    )
    alarmed = (balancer, service, data, rotation)
    board = monitoring.nest_dashboard(
        *(t, p, balancer, service, data),
        cluster_name=tasks.cluster_name,
        alarm_arns=Join(",", [one.alarm_arns for one in alarmed]),
    )
    return Outputs(
        api_url=before.url,
        load_balancer_dns_name=balancer.dns_name,
        repository_uri=images.repository_uri,
        cluster_name=tasks.cluster_name,
        service_name=service.service_name,
        task_definition_arn=service.task_definition_arn,
        task_subnet_ids=net.private_subnet_ids,
        task_security_group_ids=Join(
            ",", [service.security_group_id, data.client_security_group_id]
        ),
        log_group_name=service.log_group_name,
        vpc_id=net.vpc_id,
        database_host=data.endpoint_address,
        connection_secret_arn=data.connection_secret_arn,
        alarm_topic_arn=topic,
        dashboard_name=board.dashboard_name,
        name_servers=before.names.name_servers,
    )


fastapi = Component(Parameters, Outputs, build, rules=api.RULES)
