"""What computes in Express: the API on Fargate, the worker on Lambda, and their traces."""

from __future__ import annotations

from troposphere import Ref, Template

from templates_src.components.aurora import Outputs as AuroraOutputs
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.queue import Outputs as QueueOutputs
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.components.trace_sampling import trace_sampling
from templates_src.components.worker import Outputs as WorkerOutputs
from templates_src.components.worker import Parameters as BaseWorkerParameters
from templates_src.components.worker import worker
from templates_src.contract import Value, after, contract, parameter, passed_to
from templates_src.groups import fargate
from templates_src.groups.express import stores
from templates_src.parts.access import Connect, Send, Variable
from templates_src.parts.logic import condition, is_true

PORT = 3000
HEALTH_CHECK_PATH = "/health"
SHORTEST_TIMEOUT = 60  # seconds of a batch


@contract
class ContainerParameters(ServiceParameters):
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


container = service.extended("express_api", ContainerParameters)
jobs = worker.extended("express_worker", WorkerParameters)


@contract
class Parameters(stores.Parameters, fargate.Parameters):
    log_level: Value = passed_to(container.takes.log_level, group="Environment")
    node_env: Value = passed_to(container.takes.node_env, group="Container")
    tracing: Value = passed_to(
        container.takes.tracing,
        group="Environment",
        Description="Whether the API and the worker send traces to X-Ray.",
    )
    sampled_per_second: Value = passed_to(trace_sampling.takes.sampled_per_second)
    sampled_share: Value = passed_to(trace_sampling.takes.sampled_share)
    # what the documents of Express promise
    max_count: Value = passed_to(fargate.Parameters.max_count, default=10)
    requests_target_count: Value = passed_to(fargate.Parameters.requests_target_count, default=1000)

    worker_image: Value = passed_to(jobs.takes.image, group="Worker")
    worker_runtime: Value = passed_to(jobs.takes.runtime, group="Worker")
    worker_memory_mib: Value = passed_to(
        jobs.takes.memory_mib, group="Worker", MinValue=512, MaxValue=1024
    )
    worker_timeout_seconds: Value = passed_to(
        jobs.takes.timeout_seconds,
        group="Worker",
        MinValue=SHORTEST_TIMEOUT,
        MaxValue=stores.LONGEST_TIMEOUT,
    )
    max_concurrency_count: Value = passed_to(
        jobs.takes.max_concurrency_count, group="Worker", MaxValue=50
    )
    reserves_concurrency: Value = passed_to(jobs.takes.reserves_concurrency, group="Worker")
    duration_threshold_milliseconds: Value = passed_to(jobs.takes.duration_threshold_milliseconds)


def is_traced(t: Template, p: Parameters) -> str:
    """Return the condition that traces are sent."""
    return condition(t, "IsTraced", is_true(p.tracing))


def nest_service(
    t: Template,
    p: Parameters,
    where: fargate.Place,
    data: AuroraOutputs,
    waiting: QueueOutputs,
    *,
    alarm_topic_arn: Value,
) -> ServiceOutputs:
    """Nest the API, what scales it, and how much of it is traced."""
    api = container.nest(
        t,
        "Api",
        database_grant=data.grant,
        queue_grant=waiting.grant,
        region=Ref("AWS::Region"),
        node_env=p.node_env,
        log_level=p.log_level,
        traced_service_name=Ref("AWS::StackName"),
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        alarm_topic_arn=alarm_topic_arn,
        **where,
        **fargate.deployment(p),
    )
    # the first tasks pull their image through these
    after(t, "Api", "Egress", "Endpoints")
    fargate.nest_scaling(t, p, where, api)
    trace_sampling.nest_if(
        is_traced(t, p),
        t,
        "TraceSampling",
        traced_service_name=Ref("AWS::StackName"),
        sampled_per_second=p.sampled_per_second,
        sampled_share=p.sampled_share,
    )
    return api


def nest_worker(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    data: AuroraOutputs,
    waiting: QueueOutputs,
    *,
    alarm_topic_arn: Value,
) -> WorkerOutputs:
    """Nest the worker."""
    working = jobs.nest(
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
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # it reads its secret through these
    after(t, "Worker", "Egress", "Endpoints")
    return working
