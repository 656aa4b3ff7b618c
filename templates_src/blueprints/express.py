"""Express: a Node.js API on Fargate with Aurora Serverless v2, a queue and a worker on Lambda."""

from __future__ import annotations

from troposphere import And, Condition, Equals, If, Join, Not, Or, Ref, Template

from templates_src.components.alerts import alerts
from templates_src.components.aurora import Outputs as AuroraOutputs
from templates_src.components.aurora import aurora
from templates_src.components.autoscaling import autoscaling
from templates_src.components.certificate import Outputs as NameOutputs
from templates_src.components.certificate import certificate
from templates_src.components.cluster import cluster
from templates_src.components.credential_rotation import credential_rotation
from templates_src.components.dns_records import dns_records
from templates_src.components.endpoints import endpoints
from templates_src.components.load_balancer import Outputs as FrontOutputs
from templates_src.components.load_balancer import load_balancer
from templates_src.components.monitoring import monitoring
from templates_src.components.nat import nat
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network
from templates_src.components.office_hours import office_hours
from templates_src.components.queue import Outputs as QueueOutputs
from templates_src.components.queue import queue
from templates_src.components.registry import registry
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.components.trace_sampling import trace_sampling
from templates_src.components.worker import Outputs as WorkerOutputs
from templates_src.components.worker import Parameters as BaseWorkerParameters
from templates_src.components.worker import worker
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
from templates_src.parts.access import Connect, Send, Variable
from templates_src.parts.logic import condition, is_given, is_true

DATABASE = "express"
PORT = 3000
HEALTH_CHECK_PATH = "/health"
SHORTEST_TIMEOUT, LONGEST_TIMEOUT = 60, 300  # seconds of a batch, and six times that it is hidden
# What tasks, worker and rotation call; without NAT each needs an endpoint in the VPC:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
CALLED_SERVICES = "ecr.api,ecr.dkr,ecs,logs,secretsmanager,sqs,ssmmessages"


@contract
class ApiParameters(ServiceParameters):
    """What the container of the API is told, and with it what it may do."""

    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))
    queue_grant: Value = parameter("Grant of the queue.", bind=Send("QUEUE_URL"))
    region: Value = parameter("Region of AWS.", bind=Variable("AWS_REGION"))
    node_env: Value = parameter(
        "Mode of Node.js packages; not the name of the environment.",
        default="production",
        AllowedValues=["development", "test", "production"],
        bind=Variable("NODE_ENV"),
        label="NODE_ENV",
    )
    log_level: Value = passed_to(worker.takes.log_level, bind=Variable("LOG_LEVEL"))
    traced_service_name: Value = passed_to(
        trace_sampling.takes.traced_service_name, bind=Variable("OTEL_SERVICE_NAME")
    )


@contract
class WorkerParameters(BaseWorkerParameters):
    """What the worker may do besides working off the queue."""

    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


api = service.extended("express_api", ApiParameters)
jobs = worker.extended("express_worker", WorkerParameters)


@contract
class Parameters(Nesting):
    permissions_boundary_arn: Value = passed_to(api.takes.permissions_boundary_arn)

    vpc_cidr: Value = passed_to(network.takes.vpc_cidr)
    az_count: Value = passed_to(network.takes.az_count)
    nat: Value = passed_to(nat.takes.nat, group="Network")

    domain_name: Value = passed_to(certificate.takes.domain_name, group="Domain")
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
    log_level: Value = passed_to(api.takes.log_level, group="Environment")
    log_retention_days: Value = passed_to(api.takes.log_retention_days, group="Environment")
    tracing: Value = passed_to(
        api.takes.tracing,
        group="Environment",
        Description="Whether the API and the worker send traces to X-Ray.",
    )
    sampled_per_second: Value = passed_to(trace_sampling.takes.sampled_per_second)
    sampled_share: Value = passed_to(trace_sampling.takes.sampled_share)

    image: Value = passed_to(api.takes.image)
    desired_count: Value = passed_to(api.takes.desired_count)
    cpu: Value = passed_to(api.takes.cpu)
    memory_mib: Value = passed_to(api.takes.memory_mib)
    architecture: Value = passed_to(api.takes.architecture)
    capacity: Value = passed_to(api.takes.capacity, group="Service")
    node_env: Value = passed_to(api.takes.node_env, group="Container")
    execute_command: Value = passed_to(api.takes.execute_command)
    rolls_back_on_alarm: Value = passed_to(api.takes.rolls_back_on_alarm, group="Service")
    container_insights: Value = passed_to(cluster.takes.container_insights)
    min_count: Value = passed_to(autoscaling.takes.min_count, default=1)
    max_count: Value = passed_to(autoscaling.takes.max_count, default=10)
    cpu_target_percent: Value = passed_to(autoscaling.takes.cpu_target_percent)
    memory_target_percent: Value = passed_to(autoscaling.takes.memory_target_percent)
    requests_target_count: Value = passed_to(autoscaling.takes.requests_target_count, default=1000)

    engine_version: Value = passed_to(aurora.takes.engine_version, group="Database")
    min_capacity_acu: Value = passed_to(aurora.takes.min_capacity_acu, group="Database")
    max_capacity_acu: Value = passed_to(aurora.takes.max_capacity_acu, group="Database")
    auto_pause_seconds: Value = passed_to(aurora.takes.auto_pause_seconds, group="Database")
    has_reader: Value = passed_to(aurora.takes.has_reader, group="Database")
    backup_retention_days: Value = passed_to(aurora.takes.backup_retention_days, group="Database")
    rotation_schedule: Value = passed_to(
        credential_rotation.takes.schedule_expression, group="Database"
    )

    fifo: Value = passed_to(queue.takes.fifo)
    visibility_timeout_seconds: Value = passed_to(
        queue.takes.visibility_timeout_seconds, MaxValue=6 * LONGEST_TIMEOUT
    )
    message_retention_seconds: Value = passed_to(queue.takes.message_retention_seconds)
    max_receive_count: Value = passed_to(queue.takes.max_receive_count)

    worker_image: Value = passed_to(jobs.takes.image, group="Worker")
    worker_runtime: Value = passed_to(jobs.takes.runtime, group="Worker")
    worker_memory_mib: Value = passed_to(
        jobs.takes.memory_mib, group="Worker", MinValue=512, MaxValue=1024
    )
    worker_timeout_seconds: Value = passed_to(
        jobs.takes.timeout_seconds,
        group="Worker",
        MinValue=SHORTEST_TIMEOUT,
        MaxValue=LONGEST_TIMEOUT,
    )
    max_concurrency_count: Value = passed_to(
        jobs.takes.max_concurrency_count, group="Worker", MaxValue=50
    )
    reserves_concurrency: Value = passed_to(jobs.takes.reserves_concurrency, group="Worker")

    keeps_office_hours: Value = flag(
        "Whether the service runs no tasks, the worker handles no messages and the database is"
        " stopped out of office hours.",
        default=False,
        group="Office hours",
    )
    working_days: Value = passed_to(office_hours.takes.working_days)
    opening_hour: Value = passed_to(office_hours.takes.opening_hour)
    closing_hour: Value = passed_to(office_hours.takes.closing_hour)
    time_zone: Value = passed_to(office_hours.takes.time_zone)

    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")
    error_threshold_count: Value = passed_to(api.takes.error_threshold_count)
    healthy_threshold_count: Value = passed_to(api.takes.healthy_threshold_count)
    connections_threshold_count: Value = passed_to(aurora.takes.connections_threshold_count)
    depth_threshold_count: Value = passed_to(queue.takes.depth_threshold_count)
    age_threshold_seconds: Value = passed_to(queue.takes.age_threshold_seconds)
    duration_threshold_milliseconds: Value = passed_to(jobs.takes.duration_threshold_milliseconds)


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
        "RotatesWhileAwake",
        "The default RotationSchedule begins at midnight UTC, when KeepsOfficeHours has stopped the"
        " database: give a cron expression within office hours, in UTC.",
        holds=Not(Equals(Parameters.rotation_schedule, "rate(30 days)")),
        when=is_true(Parameters.keeps_office_hours),
    ),
]


def build(t: Template, p: Parameters) -> Outputs:
    """Express: network, API on Fargate, Aurora Serverless v2, queue, worker, monitoring."""
    has_domain = condition(t, "HasDomain", is_given(p.domain_name))
    net = _network(t, p)
    topic_arn = alerts.nest(t, "Alerts", email=p.alarm_email).topic_arn
    data = _database(t, p, net, topic_arn)
    waiting = queue.nest(
        t,
        "Queue",
        fifo=p.fifo,
        visibility_timeout_seconds=p.visibility_timeout_seconds,
        message_retention_seconds=p.message_retention_seconds,
        max_receive_count=p.max_receive_count,
        depth_threshold_count=p.depth_threshold_count,
        age_threshold_seconds=p.age_threshold_seconds,
        alarm_topic_arn=topic_arn,
    )
    after(t, "Queue", "Network")
    names, front = _front(t, p, net, topic_arn)
    images = registry.nest(t, "Registry")
    tasks = cluster.nest(t, "Cluster", container_insights=p.container_insights)
    served = api.nest(
        t,
        "Api",
        database_grant=data.grant,
        queue_grant=waiting.grant,
        region=Ref("AWS::Region"),
        node_env=p.node_env,
        log_level=p.log_level,
        traced_service_name=Ref("AWS::StackName"),
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
        execute_command=p.execute_command,
        tracing=p.tracing,
        rolls_back_on_alarm=p.rolls_back_on_alarm,
        log_retention_days=p.log_retention_days,
        error_threshold_count=p.error_threshold_count,
        healthy_threshold_count=p.healthy_threshold_count,
        alarm_topic_arn=topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    trace_sampling.nest_if(
        "IsTraced",
        t,
        "TraceSampling",
        traced_service_name=Ref("AWS::StackName"),
        sampled_per_second=p.sampled_per_second,
        sampled_share=p.sampled_share,
    )
    working = _worker(t, p, net, data, waiting, topic_arn)
    # the first tasks pull their image through these, the worker reads its secret
    after(t, "Api", "Egress", "Endpoints")
    after(t, "Worker", "Egress", "Endpoints")
    autoscaling.nest(
        t,
        "Scaling",
        cluster_name=tasks.cluster_name,
        service_name=served.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
        requests_target_count=p.requests_target_count,
        load_balancer_full_name=front.full_name,
        target_group_full_name=served.target_group_full_name,
    )
    rotation = credential_rotation.nest(
        t,
        "Rotation",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        credentials_secret_arn=data.credentials_secret_arn,
        connection_secret_arn=data.connection_secret_arn,
        service_arns=served.service_arn,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        client_security_group_id=data.client_security_group_id,
        schedule_expression=p.rotation_schedule,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    alarm_arns = [front.alarm_arns, served.alarm_arns, data.alarm_arns, waiting.alarm_arns]
    alarm_arns += [working.alarm_arns, rotation.alarm_arns]
    alarm_names = [front.alarm_names, served.alarm_names, data.alarm_names, waiting.alarm_names]
    alarm_names += [working.alarm_names, rotation.alarm_names]
    office_hours.nest_if(
        condition(t, "HasOfficeHours", is_true(p.keeps_office_hours)),
        t,
        "OfficeHours",
        working_days=p.working_days,
        opening_hour=p.opening_hour,
        closing_hour=p.closing_hour,
        time_zone=p.time_zone,
        cluster_name=tasks.cluster_name,
        service_name=served.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cluster_identifier=data.cluster_identifier,
        event_source_id=working.event_source_id,
        alarm_names=Join(",", alarm_names),
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # it scales what Scaling has registered
    after(t, "OfficeHours", "Scaling")
    board = monitoring.nest(
        t,
        "Monitoring",
        cluster_name=tasks.cluster_name,
        service_name=served.service_name,
        log_group_name=served.log_group_name,
        load_balancer_full_name=front.full_name,
        target_group_full_name=served.target_group_full_name,
        cluster_identifier=data.cluster_identifier,
        queue_name=waiting.queue_name,
        dead_letter_queue_name=waiting.dead_letter_queue_name,
        function_name=working.function_name,
        alarm_arns=Join(",", alarm_arns),
    )
    host = If(has_domain, p.domain_name, front.dns_name)
    return Outputs(
        application_url=Join("", [front.url_scheme, "://", host]),
        repository_uri=images.repository_uri,
        cluster_name=tasks.cluster_name,
        service_name=served.service_name,
        task_definition_arn=served.task_definition_arn,
        task_subnet_ids=net.private_subnet_ids,
        task_security_group_ids=Join(
            ",", [served.security_group_id, data.client_security_group_id]
        ),
        log_group_name=served.log_group_name,
        database_host=data.endpoint_address,
        database_reader_host=data.reader_endpoint_address,
        connection_secret_arn=data.connection_secret_arn,
        queue_url=waiting.queue_url,
        dead_letter_queue_url=waiting.dead_letter_queue_url,
        worker_function_name=working.function_name,
        worker_log_group_name=working.log_group_name,
        alarm_topic_arn=topic_arn,
        dashboard_name=board.dashboard_name,
        name_servers=names.name_servers,
    )


def _network(t: Template, p: Parameters) -> NetworkOutputs:
    """Nest the network and its ways out; return the network."""
    has_nat = condition(t, "HasNat", Not(Equals(p.nat, "none")))
    is_traced = condition(t, "IsTraced", is_true(p.tracing))
    net = network.nest(
        t, "Network", vpc_cidr=p.vpc_cidr, az_count=p.az_count, has_isolated_tier="true"
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
    called = If(is_traced, f"{CALLED_SERVICES},xray", CALLED_SERVICES)
    endpoints.nest(
        t,
        "Endpoints",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        private_subnet_ids=net.private_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        interface_services=If(has_nat, "", called),
    )
    return net


def _front(
    t: Template, p: Parameters, net: NetworkOutputs, topic_arn: Value
) -> tuple[NameOutputs, FrontOutputs]:
    """Nest the certificate, the load balancer and its records; return the first two."""
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
    return names, front


def _database(t: Template, p: Parameters, net: NetworkOutputs, topic_arn: Value) -> AuroraOutputs:
    return aurora.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.isolated_subnet_ids,
        availability_zones=net.availability_zones,
        database_name=DATABASE,
        engine_version=p.engine_version,
        min_capacity_acu=p.min_capacity_acu,
        max_capacity_acu=p.max_capacity_acu,
        auto_pause_seconds=p.auto_pause_seconds,
        has_reader=p.has_reader,
        deletion_protection=p.deletion_protection,
        backup_retention_days=p.backup_retention_days,
        log_retention_days=p.log_retention_days,
        connections_threshold_count=p.connections_threshold_count,
        alarm_topic_arn=topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


def _worker(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    data: AuroraOutputs,
    waiting: QueueOutputs,
    topic_arn: Value,
) -> WorkerOutputs:
    return jobs.nest(
        t,
        "Worker",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        database_grant=data.grant,
        queue_grant=waiting.grant,
        fifo=p.fifo,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        image=p.worker_image,
        runtime=p.worker_runtime,
        memory_mib=p.worker_memory_mib,
        timeout_seconds=p.worker_timeout_seconds,
        max_concurrency_count=p.max_concurrency_count,
        reserves_concurrency=p.reserves_concurrency,
        log_level=p.log_level,
        tracing=p.tracing,
        log_retention_days=p.log_retention_days,
        duration_threshold_milliseconds=p.duration_threshold_milliseconds,
        alarm_topic_arn=topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


express = Component(Parameters, Outputs, build, rules=RULES)
