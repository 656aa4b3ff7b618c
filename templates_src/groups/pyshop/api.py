"""The API of PyShop: its container, and the service that runs it."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.configuration import Outputs as SettingsOutputs
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.contract import Value, after, contract, parameter, passed_to
from templates_src.groups import environment, fargate
from templates_src.parts.access import Secret, Variable

PORT = 8000
HEALTH_CHECK_PATH = "/healthz"


@contract
class ContainerParameters(fargate.Told, ServiceParameters):
    """What the container of PyShop is told besides."""

    access_token_expire_minutes: Value = parameter(
        "Minutes that an access token is valid.",
        Type="Number",
        MinValue=1,
        default=30,
        bind=Variable("ACCESS_TOKEN_EXPIRE_MINUTES"),
    )
    application_secret_arn: Value = parameter(
        "ARN of the secret that signs tokens.", bind=Secret("SECRET_KEY", key="SECRET_KEY")
    )


container = service.extended("pyshop_api", ContainerParameters)


@contract
class Parameters(fargate.Parameters, environment.Named):
    access_token_expire_minutes: Value = passed_to(
        container.takes.access_token_expire_minutes, group="Container"
    )
    bucket_arn: Value = passed_to(container.takes.bucket_arn)
    execute_command: Value = passed_to(container.takes.execute_command, default="true")


def nest_service(
    t: Template,
    p: Parameters,
    where: fargate.Place,
    data: DatabaseOutputs,
    settings: SettingsOutputs,
    *,
    alarm_topic_arn: Value,
) -> ServiceOutputs:
    """Nest the service and what scales it."""
    api = container.nest(
        t,
        "Api",
        environment=p.environment,
        access_token_expire_minutes=p.access_token_expire_minutes,
        application_secret_arn=settings.application_secret_arn,
        database_grant=data.grant,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        bucket_arn=p.bucket_arn,
        alarm_topic_arn=alarm_topic_arn,
        **where,
        **fargate.deployment(p),
    )
    # the first tasks pull their image through these
    after(t, "Api", "Egress", "Endpoints")
    fargate.nest_scaling(t, p, where, api)
    return api
