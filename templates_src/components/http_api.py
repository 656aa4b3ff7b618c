"""An HTTP API (API Gateway) before the listener of a load balancer, reached through a VPC link.

It throttles each route, writes an access log and, where an issuer is given, admits only who brings
its tokens. A load balancer that faces the internet is still reached directly; one that is internal
is not.

HTTP APIs know neither API keys nor usage plans, so what limits a single client is the web ACL of
the load balancer, and this tells it the client's address.
"""

from __future__ import annotations

import json

from troposphere import And, Condition, GetAtt, If, Join, Ref, Sub, Template
from troposphere.apigatewayv2 import (
    AccessLogSettings,
    Api,
    ApiMapping,
    Authorizer,
    Cors,
    DomainName,
    DomainNameConfiguration,
    Integration,
    JWTConfiguration,
    Route,
    Stage,
    TlsConfig,
    VpcLink,
)
from troposphere.logs import LogGroup

from templates_src.contract import Component, Rule, Value, contract, flag, output, parameter
from templates_src.parts.alarms import Alarmed, alarm
from templates_src.parts.logic import condition, is_given, is_true, only_if
from templates_src.parts.logs import Logged
from templates_src.parts.routes import (
    CLIENT_ADDRESS,
    WRITING,
    RouteLimit,
    default_settings,
    routes,
    settings,
)
from templates_src.parts.vpc_links import link_group, link_openings

__all__ = ["Outputs", "Parameters", "RouteLimit", "http_api"]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "integrationStatus": "$context.integrationStatus",
    "integrationMilliseconds": "$context.integrationLatency",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
    "authorizerError": "$context.authorizer.error",
}


@contract
class Parameters(Logged, Alarmed):
    vpc_id: Value = parameter("VPC of the load balancer.", Type="AWS::EC2::VPC::Id")
    private_subnet_ids: Value = parameter(
        "Subnets of the VPC link, one in each zone of the load balancer.",
        Type="List<AWS::EC2::Subnet::Id>",
    )
    listener_arn: Value = parameter(
        "ARN of the listener that requests go to.", AllowedPattern="arn:.*"
    )
    listener_port: Value = parameter(
        "Port of that listener.", Type="Number", default=443, AllowedValues=[80, 443]
    )
    server_name: Value = parameter(
        "Name in the certificate of that listener, if it speaks HTTPS; plain HTTP if empty.",
        default="",
    )
    load_balancer_security_group_id: Value = parameter(
        "Security group of the load balancer.", Type="AWS::EC2::SecurityGroup::Id"
    )
    route_rate_limit_count: Value = parameter(
        "Requests a second that a route lets through.", Type="Number", MinValue=1, default=100
    )
    route_burst_limit_count: Value = parameter(
        "Requests at once that a route lets through.", Type="Number", MinValue=1, default=200
    )
    write_rate_limit_count: Value = parameter(
        "Requests a second, and at once, that the route of each method lets through which writes:"
        " DELETE, PATCH, POST and PUT.",
        Type="Number",
        MinValue=1,
        default=50,
        bind=WRITING,
    )
    jwt_issuer: Value = parameter(
        "Address of who issues tokens; requests need none if empty.",
        default="",
        group="Authorization",
        label="JWT issuer",
        AllowedPattern="^$|https://.+",
    )
    jwt_audiences: Value = parameter(
        "Comma-separated audiences, one of which a token must be for.",
        Type="CommaDelimitedList",
        default="",
        group="Authorization",
        label="JWT audiences",
    )
    cors_origins: Value = parameter(
        "Comma-separated origins whose pages may call the API; none if empty.",
        Type="CommaDelimitedList",
        default="",
        group="Browsers",
        label="CORS origins",
    )
    cors_credentials: Value = flag(
        "Whether those pages may send cookies and tokens that the browser holds.",
        default=False,
        group="Browsers",
        label="CORS with credentials",
    )
    domain_name: Value = parameter(
        "Host name of the API; AWS's own if empty. Changing it replaces the name.",
        default="",
        group="Domain",
    )
    certificate_arn: Value = parameter(
        "ARN of the certificate for that host name, in this region.",
        default="",
        group="Domain",
        AllowedPattern="^$|arn:.*",
    )
    api_error_threshold_count: Value = parameter(
        "Server errors (5xx) in a minute that raise an alarm after five.",
        Type="Number",
        default=10,
        group="Alarms",
        label="API error threshold",
    )


@contract
class Outputs:
    api_id: Value = output("Id of the API.")
    url: Value = output("Address of the API, without a slash at its end.")
    dns_name: Value = output("DNS name for an alias record; empty without a host name.")
    hosted_zone_id: Value = output("Hosted zone of that DNS name; empty without a host name.")
    log_group_name: Value = output("Log group of the access log.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


RULES = (
    Rule(
        "DomainHasCertificate",
        "A host name needs a certificate: give CertificateArn as well as DomainName.",
        holds=is_given(Parameters.certificate_arn),
        when=is_given(Parameters.domain_name),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """HTTP API that passes requests on to a load balancer through a VPC link."""
    has_both = And(is_given(p.domain_name), is_given(p.certificate_arn))
    named = condition(t, "HasDomainName", has_both)
    api = t.add_resource(_api(t, p, named))
    routed = _routes(t, p, api, _integration(t, p, api))
    logs = t.add_resource(_log_group(p))
    stage = t.add_resource(
        Stage(
            "Stage",
            # API Gateway refuses settings of a route that is not there
            DependsOn=routed,
            ApiId=Ref(api),
            # the only stage whose name is no part of the path
            StageName="$default",
            AutoDeploy=True,
            DefaultRouteSettings=default_settings(
                p.route_rate_limit_count, p.route_burst_limit_count
            ),
            RouteSettings=settings(p),
            AccessLogSettings=AccessLogSettings(
                DestinationArn=GetAtt(logs, "Arn"), Format=json.dumps(ACCESS_LOG)
            ),
        )
    )
    domain = _domain(t, p, api, stage, named)
    errors = t.add_resource(
        alarm(
            "ApiErrorsAlarm",
            "API Gateway answers with server errors: read its access log, then the application's.",
            namespace="AWS/ApiGateway",
            metric="5xx",
            dimensions={"ApiId": Ref(api)},
            statistic="Sum",
            threshold=p.api_error_threshold_count,
            topic_arn=p.alarm_topic_arn,
        )
    )
    return Outputs(
        api_id=Ref(api),
        url=If(named, Join("", ["https://", p.domain_name]), GetAtt(api, "ApiEndpoint")),
        dns_name=If(named, GetAtt(domain, "RegionalDomainName"), ""),
        hosted_zone_id=If(named, GetAtt(domain, "RegionalHostedZoneId"), ""),
        log_group_name=Ref(logs),
        alarm_arns=GetAtt(errors, "Arn"),
    )


def _api(t: Template, p: Parameters, named: str) -> Api:
    cors = Cors(
        AllowOrigins=p.cors_origins,
        AllowMethods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        AllowHeaders=["authorization", "content-type", "x-requested-with"],
        AllowCredentials=If(
            condition(t, "HasCredentials", is_true(p.cors_credentials)), True, False
        ),
        MaxAge=3600,
    )
    return Api(
        "Api",
        Name=Ref("AWS::StackName"),
        ProtocolType="HTTP",
        # AWS's own address would go round what the host name stands for
        DisableExecuteApiEndpoint=If(named, True, False),
        CorsConfiguration=only_if(_has_cors(t, p), cors),
    )


def _integration(t: Template, p: Parameters, api: Api) -> Integration:
    group = t.add_resource(link_group(p.vpc_id))
    for opening in link_openings(group, p.load_balancer_security_group_id, p.listener_port):
        t.add_resource(opening)
    link = t.add_resource(
        VpcLink(
            "VpcLink",
            Name=Ref("AWS::StackName"),
            SubnetIds=p.private_subnet_ids,
            SecurityGroupIds=[GetAtt(group, "GroupId")],
        )
    )
    secure = condition(t, "HasServerName", is_given(p.server_name))
    return t.add_resource(
        Integration(
            "LoadBalancerIntegration",
            ApiId=Ref(api),
            IntegrationType="HTTP_PROXY",
            IntegrationMethod="ANY",
            IntegrationUri=p.listener_arn,
            ConnectionType="VPC_LINK",
            ConnectionId=Ref(link),
            PayloadFormatVersion="1.0",  # the only one for a private integration
            # whatever a client has written there itself
            RequestParameters={f"overwrite:header.{CLIENT_ADDRESS}": "$context.identity.sourceIp"},
            TlsConfig=only_if(secure, TlsConfig(ServerNameToVerify=p.server_name)),
        )
    )


def _routes(t: Template, p: Parameters, api: Api, integration: Integration) -> list[str]:
    """Add the routes; return the titles of those that have settings."""
    authorized = condition(t, "HasAuthorizer", is_given(p.jwt_issuer))
    authorizer = t.add_resource(
        Authorizer(
            "Authorizer",
            Condition=authorized,
            ApiId=Ref(api),
            Name="jwt",
            AuthorizerType="JWT",
            IdentitySource=["$request.header.Authorization"],
            JwtConfiguration=JWTConfiguration(Issuer=p.jwt_issuer, Audience=p.jwt_audiences),
        )
    )
    target = Join("/", ["integrations", Ref(integration)])
    routed = [
        str(t.add_resource(route).title)
        for route in routes(
            p,
            ApiId=Ref(api),
            Target=target,
            AuthorizationType=If(authorized, "JWT", "NONE"),
            AuthorizerId=only_if(authorized, Ref(authorizer)),
        )
    ]
    asks = And(Condition(_has_cors(t, p)), Condition(authorized))
    # browsers ask without a token, which the routes above would refuse:
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
    t.add_resource(
        Route(
            "PreflightRoute",
            Condition=condition(t, "AsksBeforehand", asks),
            ApiId=Ref(api),
            RouteKey="OPTIONS /{proxy+}",
            Target=target,
            AuthorizationType="NONE",
        )
    )
    return routed


def _domain(t: Template, p: Parameters, api: Api, stage: Stage, named: str) -> DomainName:
    domain = t.add_resource(
        DomainName(
            "DomainNameOfApi",
            Condition=named,
            DomainName=p.domain_name,
            DomainNameConfigurations=[
                DomainNameConfiguration(
                    CertificateArn=p.certificate_arn,
                    EndpointType="REGIONAL",
                    SecurityPolicy="TLS_1_2",
                )
            ],
        )
    )
    t.add_resource(
        ApiMapping(
            "ApiMapping",
            Condition=named,
            ApiId=Ref(api),
            DomainName=Ref(domain),
            Stage=Ref(stage),
        )
    )
    return domain


def _log_group(p: Parameters) -> LogGroup:
    return LogGroup(
        "AccessLog",
        # one entry of the account's policy for log deliveries covers all with this prefix:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
        LogGroupName=Sub("/aws/vendedlogs/http-api/${AWS::StackName}"),
        RetentionInDays=p.log_retention_days,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def _has_cors(t: Template, p: Parameters) -> str:
    return condition(t, "HasCors", is_given(Join("", p.cors_origins)))


http_api = Component(Parameters, Outputs, build, rules=RULES)
