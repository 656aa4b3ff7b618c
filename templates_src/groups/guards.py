"""What guards a service from too many and from malicious requests: web ACL and API Gateway."""

from __future__ import annotations

from functools import partial

from troposphere import And, AWSHelperFn, If, Template

from templates_src.components.http_api import Outputs as GatewayOutputs
from templates_src.components.http_api import http_api
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.web_acl import Outputs as FirewallOutputs
from templates_src.components.web_acl import web_acl
from templates_src.contract import Rule, Value, contract, passed_to
from templates_src.groups import front
from templates_src.parts.logic import is_given


@contract
class Parameters(front.Parameters):
    web_acl_mode: Value = passed_to(web_acl.takes.mode, group="Guards", label="Web ACL mode")
    allowed_cidrs: Value = passed_to(web_acl.takes.allowed_cidrs, group="Guards")
    blocked_cidrs: Value = passed_to(web_acl.takes.blocked_cidrs, group="Guards")
    address_rate_limit_count: Value = passed_to(
        web_acl.takes.address_rate_limit_count, group="Guards"
    )
    client_rate_limit_count: Value = passed_to(
        web_acl.takes.client_rate_limit_count, group="Guards"
    )
    client_header: Value = passed_to(web_acl.takes.client_header, group="Guards")
    route_rate_limit_count: Value = passed_to(http_api.takes.route_rate_limit_count, group="Guards")
    route_burst_limit_count: Value = passed_to(
        http_api.takes.route_burst_limit_count, group="Guards"
    )
    write_rate_limit_count: Value = passed_to(http_api.takes.write_rate_limit_count, group="Guards")
    cors_origins: Value = passed_to(http_api.takes.cors_origins, group="Guards")


def name_rule(has_gateway: AWSHelperFn) -> Rule:
    """Return the rule of a blueprint that has a gateway where *has_gateway* holds."""
    return Rule(
        "GatewayKnowsTheName",
        "API Gateway checks the name in the load balancer's certificate: give DomainName besides"
        " CertificateArn.",
        holds=is_given(Parameters.domain_name),
        when=And(has_gateway, is_given(Parameters.certificate_arn)),
    )


def nest_web_acl(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    before: front.Front,
    *,
    has_gateway: str,
    alarm_topic_arn: Value,
    exists: str = "",
) -> FirewallOutputs:
    """Nest the web ACL before the load balancer.

    Args:
        t: template of the blueprint.
        p: its parameters.
        net: has the addresses that the gateway's requests come from.
        before: has the load balancer.
        has_gateway: condition that a gateway passes requests on to the load balancer.
        alarm_topic_arn: whom alarms notify.
        exists: condition that there is a web ACL; always if empty.
    """
    nest = partial(web_acl.nest_if, exists) if exists else web_acl.nest
    return nest(
        t,
        "WebAcl",
        resource_arn=before.balancer.arn,
        mode=p.web_acl_mode,
        allowed_cidrs=p.allowed_cidrs,
        blocked_cidrs=p.blocked_cidrs,
        gateway_cidrs=If(has_gateway, net.vpc_cidr, ""),
        address_rate_limit_count=p.address_rate_limit_count,
        client_rate_limit_count=p.client_rate_limit_count,
        client_header=p.client_header,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
    )


def nest_gateway(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    before: front.Front,
    *,
    title: str,
    exists: str,
    server_name: Value,
    jwt_issuer: Value,
    jwt_audiences: Value,
    alarm_topic_arn: Value,
    listener_port: Value = 443,
) -> GatewayOutputs:
    """Nest the API Gateway before the load balancer.

    Args:
        t: template of the blueprint.
        p: its parameters.
        net: where its link stands.
        before: has the load balancer.
        title: of the nested stack.
        exists: condition that there is a gateway.
        server_name: name in the load balancer's certificate; plain HTTP if empty.
        jwt_issuer: who issues the tokens that it wants; it wants none if empty.
        jwt_audiences: comma-joined audiences, one of which a token must be for.
        alarm_topic_arn: whom alarms notify.
        listener_port: of the load balancer's listener.
    """
    return http_api.nest_if(
        exists,
        t,
        title,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        listener_arn=before.balancer.listener_arn,
        listener_port=listener_port,
        server_name=server_name,
        load_balancer_security_group_id=before.balancer.security_group_id,
        route_rate_limit_count=p.route_rate_limit_count,
        route_burst_limit_count=p.route_burst_limit_count,
        write_rate_limit_count=p.write_rate_limit_count,
        jwt_issuer=jwt_issuer,
        jwt_audiences=jwt_audiences,
        cors_origins=p.cors_origins,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
    )
