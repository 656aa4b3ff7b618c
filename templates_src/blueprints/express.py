"""Express: a Node.js API on Fargate with Aurora Serverless v2, a queue and a worker on Lambda.

What it shares with other blueprints is in ``groups``, its own in ``groups/express``.
"""

from __future__ import annotations

from troposphere import If, Join, Template

from templates_src.components.alerts import alerts
from templates_src.components.cluster import cluster
from templates_src.components.monitoring import monitoring
from templates_src.components.network import network as vpc
from templates_src.components.registry import registry
from templates_src.contract import Component, Value, contract, output, passed_to
from templates_src.groups import fargate, front, hours, network, postgres
from templates_src.groups.express import compute, stores

# for the queue that the API and the worker use
CALLED_SERVICES = f"{network.CALLED_SERVICES},sqs"


@contract
class Parameters(hours.Parameters, compute.Parameters, front.Parameters, network.Parameters):
    az_count: Value = passed_to(vpc.takes.az_count)
    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")


@contract
class Outputs:
    application_url: Value = output("Address of the API.")
    repository_uri: Value = output("Where the image is pushed to.")
    cluster_name: Value = output("ECS cluster.")
    service_name: Value = output("ECS service.")
    task_definition_arn: Value = output("Task definition, for one-off tasks such as migrations.")
    task_subnet_ids: Value = output("Comma-joined subnets of the tasks.")
    task_security_group_ids: Value = output("Comma-joined security groups of the tasks.")
    log_group_name: Value = output("Log group of the API.")
    database_host: Value = output("Host name of the database.")
    database_reader_host: Value = output("Host name for reading; the writer's without a reader.")
    connection_secret_arn: Value = output("Secret with the database's user, password and URL.")
    queue_url: Value = output("Queue that the worker works off.")
    dead_letter_queue_url: Value = output("Where messages go that it could not handle.")
    worker_function_name: Value = output("Function that works off the queue.")
    worker_log_group_name: Value = output("Log group of the worker.")
    alarm_topic_arn: Value = output("Topic to subscribe to for alarms.")
    dashboard_name: Value = output("CloudWatch dashboard.")
    name_servers: Value = output("Name servers to set at the registrar; empty without a new zone.")


RULES = (*front.RULES, *fargate.RULES, *hours.RULES)


def build(t: Template, p: Parameters) -> Outputs:
    """Express: network, API on Fargate, Aurora Serverless v2, queue, worker, monitoring."""
    topic = alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn
    net, _ = network.nest_network(
        t,
        p,
        az_count=p.az_count,
        has_isolated_tier=True,
        called_services=If(compute.is_traced(t, p), f"{CALLED_SERVICES},xray", CALLED_SERVICES),
    )
    data = stores.nest_database(t, p, net, alarm_topic_arn=topic)
    waiting = stores.nest_queue(t, p, alarm_topic_arn=topic)
    before = front.nest_front(t, p, net, alarm_topic_arn=topic)
    balancer = before.balancer
    images = registry.nest(t, "Registry")
    tasks = cluster.nest(t, "Cluster", container_insights=p.container_insights)
    api = compute.nest_service(
        *(t, p, fargate.place(net, balancer, tasks, images), data, waiting),
        alarm_topic_arn=topic,
    )
    working = compute.nest_worker(t, p, net, data, waiting, alarm_topic_arn=topic)
    rotation = postgres.nest_rotation(
        t, p, net, data, service_arns=api.service_arn, alarm_topic_arn=topic
    )
    alarmed = (balancer, api, data, waiting, working, rotation)
    hours.nest_office_hours(
        t,
        p,
        cluster_name=tasks.cluster_name,
        service_name=api.service_name,
        cluster_identifier=data.cluster_identifier,
        event_source_id=working.event_source_id,
        alarm_names=[one.alarm_names for one in alarmed],
    )
    board = monitoring.nest(
        t,
        "Monitoring",
        cluster_name=tasks.cluster_name,
        service_name=api.service_name,
        log_group_name=api.log_group_name,
        load_balancer_full_name=balancer.full_name,
        target_group_full_name=api.target_group_full_name,
        cluster_identifier=data.cluster_identifier,
        queue_name=waiting.queue_name,
        dead_letter_queue_name=waiting.dead_letter_queue_name,
        function_name=working.function_name,
        alarm_arns=Join(",", [one.alarm_arns for one in alarmed]),
    )
    return Outputs(
        application_url=before.url,
        repository_uri=images.repository_uri,
        cluster_name=tasks.cluster_name,
        service_name=api.service_name,
        task_definition_arn=api.task_definition_arn,
        task_subnet_ids=net.private_subnet_ids,
        task_security_group_ids=Join(",", [api.security_group_id, data.client_security_group_id]),
        log_group_name=api.log_group_name,
        database_host=data.endpoint_address,
        database_reader_host=data.reader_endpoint_address,
        connection_secret_arn=data.connection_secret_arn,
        queue_url=waiting.queue_url,
        dead_letter_queue_url=waiting.dead_letter_queue_url,
        worker_function_name=working.function_name,
        worker_log_group_name=working.log_group_name,
        alarm_topic_arn=topic,
        dashboard_name=board.dashboard_name,
        name_servers=before.names.name_servers,
    )


express = Component(Parameters, Outputs, build, rules=RULES)
