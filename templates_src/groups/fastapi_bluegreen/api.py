"""The API of FastAPI blue/green: its container, and the service that CodeDeploy releases."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.autoscaling import autoscaling
from templates_src.components.codedeploy_service import Outputs as ServiceOutputs
from templates_src.components.codedeploy_service import Parameters as ServiceParameters
from templates_src.components.codedeploy_service import codedeploy_service
from templates_src.components.configuration import Outputs as SettingsOutputs
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.contract import Value, after, contract, parameter, passed_to
from templates_src.groups import environment, fargate
from templates_src.parts.access import Lookup, Secret

SERVICE = "v1"
CONTAINER = "app"
PORT = 8000
HEALTH_CHECK_PATH = "/health"


@contract
class ContainerParameters(fargate.Levelled, ServiceParameters):
    """What the container of the API is told besides."""

    parameter_path: Value = parameter(
        "SSM path of the configuration.", bind=Lookup("PARAMETER_PATH")
    )
    application_secret_arn: Value = parameter(
        "ARN of the secret that signs tokens.", bind=Secret("SECRET_KEY", key="SECRET_KEY")
    )


container = codedeploy_service.extended("fastapi_bluegreen_api", ContainerParameters)


@contract
class Parameters(fargate.Sized, environment.Named):
    image: Value = passed_to(
        container.takes.image,
        Description="Image of the revisions that the stack registers, which run once released; if"
        " empty, a public one that only answers the health check.",
    )
    log_level: Value = passed_to(container.takes.log_level, group="Container")


def nest_service(
    t: Template,
    p: Parameters,
    where: fargate.Place,
    data: DatabaseOutputs,
    settings: SettingsOutputs,
    *,
    test_listener_arn: Value,
    bucket_arn: Value,
    key_arn: Value,
    alarm_topic_arn: Value,
) -> ServiceOutputs:
    """Nest the service and what scales it."""
    api = container.nest(
        t,
        "Api",
        environment=p.environment,
        log_level=p.log_level,
        parameter_path=settings.parameter_path,
        application_secret_arn=settings.application_secret_arn,
        database_grant=data.grant,
        service_name=SERVICE,
        test_listener_arn=test_listener_arn,
        secrets_key_arn=key_arn,
        bucket_arn=bucket_arn,
        container_name=CONTAINER,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        alarm_topic_arn=alarm_topic_arn,
        **where,
        **fargate.size(p),
    )
    # the first tasks pull their image through these
    after(t, "Api", "Egress", "Endpoints")
    autoscaling.nest(
        t,
        "Scaling",
        cluster_name=where["cluster_name"],
        service_name=api.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        cpu_target_percent=p.cpu_target_percent,
        memory_target_percent=p.memory_target_percent,
    )
    return api
