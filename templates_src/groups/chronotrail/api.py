"""The API group of ChronoTrail: its service, and what guards it."""

from __future__ import annotations

from troposphere import Equals, If, Join, Not, Ref, Template

from templates_src.components.configuration import Outputs as SettingsOutputs
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.http_api import Outputs as GatewayOutputs
from templates_src.components.media_bucket import Outputs as MediaOutputs
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.components.service import Parameters as ServiceParameters
from templates_src.components.service import service
from templates_src.components.user_pool import Outputs as UserPoolOutputs
from templates_src.components.vector_collection import Outputs as SearchOutputs
from templates_src.components.web_acl import Outputs as FirewallOutputs
from templates_src.contract import Rule, Value, after, contract, flag, parameter, passed_to
from templates_src.groups import fargate, front, guards
from templates_src.groups.chronotrail.common import (
    APPLICATION,
    HEALTH_CHECK_PATH,
    PORT,
    Common,
    named,
)
from templates_src.parts.access import Secret, Variable
from templates_src.parts.logic import condition, is_true

SERVICE_NAME = f"{APPLICATION}-service"


@contract
class ContainerParameters(fargate.Levelled, ServiceParameters):
    """What the API's container is told besides."""

    region: Value = parameter("Region of AWS.", bind=Variable("AWS_REGION"))
    api_docs: Value = flag(
        "Whether the application serves the documentation of its API.",
        default=False,
        group="Container",
        label="API docs",
        bind=Variable("API_DOCS"),
    )
    user_pool_id: Value = parameter("User pool.", bind=Variable("COGNITO_USER_POOL_ID"))
    client_id: Value = parameter("Client of the user pool.", bind=Variable("COGNITO_CLIENT_ID"))
    media_bucket_name: Value = parameter("Bucket of media.", bind=Variable("MEDIA_BUCKET"))
    search_endpoint: Value = parameter(
        "Address of search; there is none if empty.", bind=Variable("OPENSEARCH_ENDPOINT")
    )
    application_secret_arn: Value = parameter(
        "ARN of the secret that the application signs with.",
        bind=Secret("SECRET_KEY", key="SECRET_KEY"),
    )


container = service.extended("chronotrail_api", ContainerParameters)


@contract
class Parameters(Common, fargate.Parameters, guards.Parameters):
    token_check: Value = parameter(
        "Where tokens are verified before the application sees a request: nowhere (none), at the"
        " load balancer (listener), or there and at an API Gateway before it that also throttles"
        " (api). The last two need HTTPS.",
        default="none",
        group="Guards",
        AllowedValues=["none", "listener", "api"],
    )
    public_path_patterns: Value = passed_to(container.takes.public_path_patterns, group="Guards")
    has_web_acl: Value = flag(
        "Whether a web ACL (AWS WAF) stands before the load balancer.",
        default=False,
        group="Guards",
        label="Has web ACL",
    )
    log_level: Value = passed_to(container.takes.log_level)
    api_docs: Value = passed_to(container.takes.api_docs)


RULES = (
    *front.RULES,
    *fargate.RULES,
    Rule(
        "TokensNeedHttps",
        "TokenCheck needs HTTPS, which needs a certificate: give CertificateArn, or DomainName with"
        " HostedZoneId; or set TokenCheck to none.",
        holds=front.HAS_CERTIFICATE,
        when=Not(Equals(Parameters.token_check, "none")),
    ),
    guards.name_rule(Equals(Parameters.token_check, "api")),
)


def nest_service(
    t: Template,
    p: Parameters,
    where: fargate.Place,
    users: UserPoolOutputs,
    data: DatabaseOutputs,
    media: MediaOutputs,
    search: SearchOutputs,
    settings: SettingsOutputs,
    *,
    key_arn: Value,
    alarm_topic_arn: Value,
) -> ServiceOutputs:
    """Nest the service and what scales it."""
    verifies = condition(t, "VerifiesTokens", Not(Equals(p.token_check, "none")))
    api = container.nest(
        t,
        "Api",
        service_name=SERVICE_NAME,
        environment=p.environment,
        region=Ref("AWS::Region"),
        log_level=p.log_level,
        api_docs=p.api_docs,
        user_pool_id=users.user_pool_id,
        client_id=users.client_id,
        media_bucket_name=media.bucket_name,
        bucket_arn=media.bucket_arn,
        bucket_key_arn=key_arn,
        search_endpoint=search.endpoint,
        client_security_group_ids=search.client_security_group_id,
        application_secret_arn=settings.application_secret_arn,
        database_grant=data.grant,
        secrets_key_arn=key_arn,
        jwt_issuer=If(verifies, users.issuer, ""),
        jwks_endpoint=If(verifies, users.jwks_endpoint, ""),
        jwt_client_id=users.client_id,
        public_path_patterns=p.public_path_patterns,
        container_port=PORT,
        health_check_path=HEALTH_CHECK_PATH,
        log_group_name=Join("", ["/ecs/", named(p)]),
        alarm_topic_arn=alarm_topic_arn,
        **where,
        **fargate.deployment(p),
    )
    # the first tasks pull their image through these
    after(t, "Api", "Egress", "Endpoints")
    fargate.nest_scaling(t, p, where, api)
    return api


def nest_guards(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    before: front.Front,
    users: UserPoolOutputs,
    *,
    alarm_topic_arn: Value,
) -> tuple[FirewallOutputs, GatewayOutputs]:
    """Nest the web ACL before the load balancer and the API Gateway before both, where wanted."""
    has_gateway = condition(t, "UsesGateway", Equals(p.token_check, "api"))
    firewall = guards.nest_web_acl(
        *(t, p, net, before),
        exists=condition(t, "UsesWebAcl", is_true(p.has_web_acl)),
        has_gateway=has_gateway,
        alarm_topic_arn=alarm_topic_arn,
    )
    gateway = guards.nest_gateway(
        *(t, p, net, before),
        title="Gateway",
        exists=has_gateway,
        server_name=p.domain_name,
        jwt_issuer=users.issuer,
        jwt_audiences=users.client_id,
        alarm_topic_arn=alarm_topic_arn,
    )
    return firewall, gateway
