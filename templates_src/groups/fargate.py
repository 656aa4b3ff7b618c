"""What every blueprint says of its service on Fargate: image, size, number, alarms."""

from __future__ import annotations

from typing import TypedDict

from troposphere import Equals, Or, Template

from templates_src.components.autoscaling import autoscaling
from templates_src.components.cluster import Outputs as ClusterOutputs
from templates_src.components.cluster import cluster
from templates_src.components.load_balancer import Outputs as BalancerOutputs
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.registry import Outputs as RegistryOutputs
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import service
from templates_src.contract import Rule, Value, contract, parameter, passed_to
from templates_src.groups import environment, network
from templates_src.parts.access import Connect, Variable
from templates_src.parts.logic import is_given


@contract
class Sized(environment.Parameters):
    """What a blueprint takes for its service, whoever deploys it."""

    image: Value = passed_to(service.takes.image)
    cpu: Value = passed_to(service.takes.cpu)
    memory_mib: Value = passed_to(service.takes.memory_mib)
    architecture: Value = passed_to(service.takes.architecture)
    execute_command: Value = passed_to(service.takes.execute_command)
    tracing: Value = passed_to(service.takes.tracing)
    container_insights: Value = passed_to(cluster.takes.container_insights)
    min_count: Value = passed_to(autoscaling.takes.min_count)
    max_count: Value = passed_to(autoscaling.takes.max_count)
    cpu_target_percent: Value = passed_to(autoscaling.takes.cpu_target_percent)
    memory_target_percent: Value = passed_to(autoscaling.takes.memory_target_percent)
    task_cpu_threshold_percent: Value = passed_to(service.takes.cpu_threshold_percent)
    task_memory_threshold_percent: Value = passed_to(service.takes.memory_threshold_percent)
    error_threshold_count: Value = passed_to(service.takes.error_threshold_count)
    response_time_threshold_seconds: Value = passed_to(
        service.takes.response_time_threshold_seconds
    )
    healthy_threshold_count: Value = passed_to(service.takes.healthy_threshold_count)


@contract
class Parameters(Sized):
    """What a blueprint takes besides whose service CloudFormation deploys."""

    desired_count: Value = passed_to(service.takes.desired_count)
    capacity: Value = passed_to(service.takes.capacity)
    rolls_back_on_alarm: Value = passed_to(service.takes.rolls_back_on_alarm, group="Service")
    requests_target_count: Value = passed_to(autoscaling.takes.requests_target_count)


RULES = (
    Rule(
        "ImageIsReachable",
        "Without NAT the public placeholder image cannot be pulled: give Image from this account's"
        " repository, or set DesiredCount to 0 until there is one.",
        holds=Or(is_given(Parameters.image), Equals(Parameters.desired_count, "0")),
        when=Equals(network.Parameters.nat, "none"),
    ),
)


@contract
class Told:
    """What the container of an API is told of its environment and its database."""

    environment: Value = parameter("Name of the environment.", bind=Variable("ENVIRONMENT"))
    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


@contract
class Levelled(Told):
    """What the container of an API is told besides whose log has levels as Python has."""

    log_level: Value = parameter(
        "Least severe messages that the application logs.",
        default="INFO",
        group="Container",
        AllowedValues=["DEBUG", "INFO", "WARNING", "ERROR"],
        bind=Variable("LOG_LEVEL"),
    )


class Place(TypedDict):
    """What the components of services call what they stand on."""

    vpc_id: Value
    private_subnet_ids: Value
    cluster_name: Value
    listener_arn: Value
    load_balancer_full_name: Value
    load_balancer_security_group_id: Value
    repository_arn: Value


class Size(TypedDict):
    """What the components of services call what ``Sized`` says."""

    image: Value
    cpu: Value
    memory_mib: Value
    architecture: Value
    execute_command: Value
    tracing: Value
    log_retention_days: Value
    cpu_threshold_percent: Value
    memory_threshold_percent: Value
    error_threshold_count: Value
    response_time_threshold_seconds: Value
    healthy_threshold_count: Value
    permissions_boundary_arn: Value


class Deployment(Size):
    """What the component of services that CloudFormation deploys calls what ``Parameters`` says."""

    desired_count: Value
    capacity: Value
    rolls_back_on_alarm: Value


def place(
    net: NetworkOutputs, balancer: BalancerOutputs, tasks: ClusterOutputs, images: RegistryOutputs
) -> Place:
    """Return what a service stands on, for the service."""
    return Place(
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        cluster_name=tasks.cluster_name,
        listener_arn=balancer.listener_arn,
        load_balancer_full_name=balancer.full_name,
        load_balancer_security_group_id=balancer.security_group_id,
        repository_arn=images.repository_arn,
    )


def size(p: Sized) -> Size:
    """Return what *p* says, for a service."""
    return Size(
        image=p.image,
        cpu=p.cpu,
        memory_mib=p.memory_mib,
        architecture=p.architecture,
        execute_command=p.execute_command,
        tracing=p.tracing,
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.task_cpu_threshold_percent,
        memory_threshold_percent=p.task_memory_threshold_percent,
        error_threshold_count=p.error_threshold_count,
        response_time_threshold_seconds=p.response_time_threshold_seconds,
        healthy_threshold_count=p.healthy_threshold_count,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


def deployment(p: Parameters) -> Deployment:
    """Return what *p* says, for a service that CloudFormation deploys."""
    return Deployment(
        **size(p),
        desired_count=p.desired_count,
        capacity=p.capacity,
        rolls_back_on_alarm=p.rolls_back_on_alarm,
    )


def nest_scaling(
    t: Template, p: Parameters, where: Place, scaled: ServiceOutputs, *, prefix: str = ""
) -> None:
    """Nest what decides how many tasks run."""
    autoscaling.nest(
        t,
        f"{prefix}Scaling",
        cluster_name=where["cluster_name"],
        service_name=scaled.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
        requests_target_count=p.requests_target_count,
        load_balancer_full_name=where["load_balancer_full_name"],
        target_group_full_name=scaled.target_group_full_name,
    )
