"""The API group of FastAPI: network, load balancer, service and its scaling."""

from __future__ import annotations

from troposphere import Equals, Not, Template

from templates_src.components.load_balancer import load_balancer
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network as vpc
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.contract import Rule, Value, after, contract, passed_to
from templates_src.groups import fargate, front, network
from templates_src.groups.fastapi.common import HEALTH_CHECK_PATH, PORT, Common, named


@contract
class ContainerParameters(fargate.Levelled, ServiceParameters):
    """What the API's container is told besides."""


container = service.extended("fastapi_api", ContainerParameters)


@contract
class Parameters(Common, fargate.Parameters, front.Parameters, network.Parameters):
    az_count: Value = passed_to(vpc.takes.az_count)
    log_level: Value = passed_to(container.takes.log_level)

    deployment_strategy: Value = passed_to(container.takes.deployment_strategy)
    bake_minutes: Value = passed_to(container.takes.bake_minutes)
    canary_percent: Value = passed_to(container.takes.canary_percent)
    canary_minutes: Value = passed_to(container.takes.canary_minutes)
    linear_percent: Value = passed_to(container.takes.linear_percent)
    linear_minutes: Value = passed_to(container.takes.linear_minutes)
    test_listener_port: Value = passed_to(
        load_balancer.takes.test_listener_port, group="Deployment"
    )
    hook_function_arn: Value = passed_to(container.takes.hook_function_arn)


RULES = (
    *front.RULES,
    *fargate.RULES,
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


def nest_network(t: Template, p: Parameters) -> NetworkOutputs:
    """Nest the network, which the database uses as well."""
    return network.nest_network(t, p, az_count=p.az_count, prefix="Api")[0]


def nest_front(
    t: Template, p: Parameters, net: NetworkOutputs, *, alarm_topic_arn: Value
) -> front.Front:
    """Nest what stands before the service."""
    return front.nest_front(
        t,
        p,
        net,
        test_listener_port=p.test_listener_port,
        alarm_topic_arn=alarm_topic_arn,
        prefix="Api",
    )


def nest_service(
    t: Template,
    p: Parameters,
    where: fargate.Place,
    *,
    test_listener_arn: Value,
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
        test_listener_arn=test_listener_arn,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        deployment_strategy=p.deployment_strategy,
        bake_minutes=p.bake_minutes,
        canary_percent=p.canary_percent,
        canary_minutes=p.canary_minutes,
        linear_percent=p.linear_percent,
        linear_minutes=p.linear_minutes,
        hook_function_arn=p.hook_function_arn,
        alarm_topic_arn=alarm_topic_arn,
        **where,
        **fargate.deployment(p),
    )
    # the first tasks pull their image through these
    after(t, "ApiService", "ApiEgress", "ApiEndpoints")
    fargate.nest_scaling(t, p, where, api, prefix="Api")
    return api
