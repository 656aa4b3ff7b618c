"""The rates of a web ACL: how many requests of an address, and of a client, are let through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import And, Condition, Equals, GetAtt, Join, Not, Template
from troposphere.wafv2 import (
    ForwardedIPConfiguration,
    IPSet,
    IPSetReferenceStatement,
    NotStatement,
    RateBasedStatement,
    RateBasedStatementCustomKey,
    RateLimitHeader,
    Statement,
    TextTransformation,
)

from templates_src.contract import Value, contract, parameter
from templates_src.parts.alarms import Alarmed
from templates_src.parts.logic import condition, is_given, only_if
from templates_src.parts.network import ADDRESS
from templates_src.parts.routes import CLIENT_ADDRESS

CIDRS = rf"^$|{ADDRESS}/([1-9]|[12][0-9]|3[0-2])"
BEARER = "authorization"  # the header of tokens
RATE = "0|[1-9][0-9]{1,8}"


@contract
class Limited(Alarmed):
    """What every component with rates takes."""

    scope: Value = parameter(
        "What is protected: REGIONAL is for load balancers, CLOUDFRONT for distributions and only"
        " in us-east-1. Changing it replaces the web ACL.",
        default="REGIONAL",
        AllowedValues=["REGIONAL", "CLOUDFRONT"],
    )
    gateway_cidrs: Value = parameter(
        "Comma-separated IPv4 ranges that requests come from which an API gateway passes on; none"
        " if empty.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern=CIDRS,
        label="Gateway CIDRs",
    )
    address_rate_limit_count: Value = parameter(
        "Requests of one address in the window above which its requests match, 10 or more; 0 for"
        " any number.",
        default="2000",
        AllowedPattern=RATE,
    )
    client_rate_limit_count: Value = parameter(
        "Requests of one client in the window above which its requests match, 10 or more; 0 for"
        " any number. A client is who sends a certain value of ClientHeader.",
        default="0",
        AllowedPattern=RATE,
    )
    client_header: Value = parameter(
        "Header, in lower case, that tells clients apart: that of their tokens, or of API keys.",
        default=BEARER,
        AllowedPattern="[a-z0-9_-]{1,64}",
    )
    rate_window_seconds: Value = parameter(
        "Seconds over which requests of an address or a client are counted.",
        Type="Number",
        default=300,
        AllowedValues=[60, 120, 300, 600],
    )


def addresses(t: Template, p: Limited, name: str, cidrs: Value) -> tuple[str, Statement]:
    """Add a set of addresses; return the condition that there is one, and that one is in it."""
    listed = condition(t, f"Has{name}Cidrs", is_given(Join("", cidrs)))
    of_set = t.add_resource(
        IPSet(
            f"{name}Addresses",
            Condition=listed,
            Scope=p.scope,
            IPAddressVersion="IPV4",
            Addresses=cidrs,
        )
    )
    reference = IPSetReferenceStatement(Arn=GetAtt(of_set, "Arn"))
    return listed, Statement(IPSetReferenceStatement=reference)


def rates(t: Template, p: Limited) -> Iterator[tuple[str, str, RateBasedStatement]]:
    """Yield the name of each rate, the condition that there is one, and what it counts.

    What comes through a gateway is counted by the address that the gateway tells, and what does
    not, by its own: of a header from elsewhere nobody knows who wrote it.
    """
    limits = condition(t, "LimitsRate", Not(Equals(p.address_rate_limit_count, "0")))
    behind, passed_on = addresses(t, p, "Gateway", p.gateway_cidrs)
    direct = Statement(NotStatement=NotStatement(Statement=passed_on))
    window: dict[str, Any] = {"EvaluationWindowSec": p.rate_window_seconds}
    yield (
        "Rate",
        limits,
        RateBasedStatement(
            AggregateKeyType="IP",
            Limit=p.address_rate_limit_count,
            ScopeDownStatement=only_if(behind, direct),
            **window,
        ),
    )
    yield (
        "GatewayRate",
        condition(t, "LimitsRateOfGateway", And(Condition(limits), Condition(behind))),
        RateBasedStatement(
            AggregateKeyType="FORWARDED_IP",
            ForwardedIPConfig=ForwardedIPConfiguration(
                HeaderName=CLIENT_ADDRESS, FallbackBehavior="NO_MATCH"
            ),
            Limit=p.address_rate_limit_count,
            ScopeDownStatement=passed_on,
            **window,
        ),
    )
    # a request without the header is counted by its address alone:
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based-aggregation-options.html
    yield (
        "ClientRate",
        condition(t, "LimitsClients", Not(Equals(p.client_rate_limit_count, "0"))),
        RateBasedStatement(
            AggregateKeyType="CUSTOM_KEYS",
            CustomKeys=[
                RateBasedStatementCustomKey(
                    Header=RateLimitHeader(
                        Name=p.client_header,
                        TextTransformations=[TextTransformation(Priority=0, Type="NONE")],
                    )
                )
            ],
            Limit=p.client_rate_limit_count,
            **window,
        ),
    )
