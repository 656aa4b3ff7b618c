"""Tokens (JWT) that a load balancer asks for before it forwards a request.

It checks signature and expiry with the issuer's public keys, and the claims listed here. The
application gets the token as it came and decides by the groups in it:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
"""

from __future__ import annotations

from typing import Any

from troposphere import And, Condition, Equals, Join, Template
from troposphere.ec2 import SecurityGroupEgress
from troposphere.elasticloadbalancingv2 import (
    JwtValidationActionAdditionalClaim,
    JwtValidationConfig,
    ListenerRule,
    ListenerRuleAction,
    TargetGroup,
)

from templates_src.contract import Rule, Value, contract, parameter
from templates_src.parts.logic import condition, is_given, only_if
from templates_src.parts.releases import Released
from templates_src.parts.targets import listener_rule


@contract
class Authenticated(Released):
    """What every component takes whose requests may have to bring a token."""

    jwt_issuer: Value = parameter(
        "Issuer of the tokens that requests must bring, where the listener speaks HTTPS; requests"
        " need none if empty.",
        default="",
        group="Authorization",
        label="JWT issuer",
        AllowedPattern="^$|https://.+",
    )
    jwks_endpoint: Value = parameter(
        "Address of the issuer's public keys.",
        default="",
        group="Authorization",
        label="JWKS endpoint",
        AllowedPattern="^$|https://.+",
    )
    jwt_client_id: Value = parameter(
        "Client that access tokens must have been issued to (claim client_id); any if empty.",
        default="",
        group="Authorization",
        label="JWT client ID",
    )
    public_path_patterns: Value = parameter(
        "Comma-separated path patterns that need no token, at most five; none if empty.",
        Type="CommaDelimitedList",
        default="",
        group="Authorization",
    )
    public_listener_priority: Value = parameter(
        "Priority of the rule for those paths, lower than that of the others.",
        Type="Number",
        MinValue=1,
        MaxValue=50000,
        default=50,
        group="Authorization",
    )


AUTHENTICATION_RULES = (
    Rule(
        "IssuerHasKeys",
        "JwtIssuer needs JwksEndpoint: tokens are verified with the issuer's public keys.",
        holds=is_given(Authenticated.jwks_endpoint),
        when=is_given(Authenticated.jwt_issuer),
    ),
    # whether ECS keeps the first action of a rule whose weights it moves, AWS does not say
    Rule(
        "TokensAreVerifiedForOneGroup",
        "JwtIssuer needs rolling deployments: leave it empty, or choose that strategy.",
        holds=Equals(Authenticated.deployment_strategy, "rolling"),
        when=is_given(Authenticated.jwt_issuer),
    ),
)


def verified(t: Template, p: Authenticated, forward: ListenerRuleAction) -> list[Any]:
    """Return the actions of a rule: *forward*, and where an issuer is given, its tokens first."""
    needs_token = _needs_token(t, p)
    client = JwtValidationActionAdditionalClaim(
        Name="client_id", Format="single-string", Values=[p.jwt_client_id]
    )
    of_client = condition(t, "HasJwtClientId", is_given(p.jwt_client_id))
    verify = ListenerRuleAction(
        Type="jwt-validation",
        Order=1,
        JwtValidationConfig=JwtValidationConfig(
            Issuer=p.jwt_issuer,
            JwksEndpoint=p.jwks_endpoint,
            AdditionalClaims=only_if(of_client, [client]),
        ),
    )
    forward.Order = only_if(needs_token, 2)
    return [only_if(needs_token, verify), forward]


def public_rule(t: Template, p: Authenticated, targets: TargetGroup) -> ListenerRule:
    """Return the rule of the paths that need no token where others do."""
    listed = is_given(Join("", p.public_path_patterns))
    needs_token = _needs_token(t, p)
    return listener_rule(
        t,
        p,
        targets,
        title="PublicListenerRule",
        paths=p.public_path_patterns,
        Priority=p.public_listener_priority,
        Condition=condition(t, "HasPublicPaths", And(Condition(needs_token), listed)),
    )


def way_to_keys(t: Template, p: Authenticated) -> SecurityGroupEgress:
    """Return the rule that lets the load balancer out to the issuer's keys."""
    return SecurityGroupEgress(
        "LoadBalancerToIssuer",
        Condition=_needs_token(t, p),
        Description="To the issuer of tokens",
        GroupId=p.load_balancer_security_group_id,
        IpProtocol="tcp",
        FromPort=443,
        ToPort=443,
        CidrIp="0.0.0.0/0",
    )


def _needs_token(t: Template, p: Authenticated) -> str:
    return condition(t, "NeedsToken", is_given(p.jwt_issuer))
