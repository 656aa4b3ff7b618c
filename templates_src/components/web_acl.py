"""A web ACL (AWS WAF) before a load balancer: addresses, rates, AWS's rule groups, logs, an alarm.

A distribution names the web ACL itself. API Gateway's HTTP APIs take none; the load balancer behind
one does. All that comes through such a gateway has an address of the VPC: who sent it stands in a
header, which the gateway writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import AWSHelperFn, Equals, GetAtt, If, Not, NoValue, Ref, Sub, Template
from troposphere.cloudwatch import MetricDimension
from troposphere.logs import LogGroup
from troposphere.wafv2 import (
    ActionCondition,
    AllowAction,
    BlockAction,
    Condition,
    CountAction,
    DefaultAction,
    Filter,
    LoggingConfiguration,
    LoggingConfigurationFieldToMatch,
    LoggingFilter,
    ManagedRuleGroupStatement,
    OverrideAction,
    RuleAction,
    RuleActionOverride,
    SingleHeader,
    Statement,
    VisibilityConfig,
    WebACL,
    WebACLAssociation,
    WebACLRule,
)

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.alarms import alarm
from templates_src.parts.logic import condition, is_given, is_true, only_if
from templates_src.parts.logs import Logged
from templates_src.parts.rates import BEARER, CIDRS, Limited, addresses, rates

# Together 1125 units of capacity, of the 1500 that the price includes; the rates take some 40 more:
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
RULE_GROUPS = {
    "IpReputation": "AWSManagedRulesAmazonIpReputationList",
    "Common": "AWSManagedRulesCommonRuleSet",
    "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
    "SqlInjection": "AWSManagedRulesSQLiRuleSet",
}
# The common rules refuse bodies above 8 KB
BODY_RULE = "SizeRestrictions_BODY"


@contract
class Parameters(Logged, Limited):
    resource_arn: Value = parameter(
        "ARN of the load balancer that is protected; none yet if empty.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    mode: Value = parameter(
        "What rules do with a request that they match: block it, or only count it to try them out.",
        default="block",
        AllowedValues=["block", "count"],
    )
    allowed_cidrs: Value = parameter(
        "Comma-separated IPv4 ranges that no other rule applies to; none if empty.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern=CIDRS,
    )
    blocked_cidrs: Value = parameter(
        "Comma-separated IPv4 ranges whose requests match; none if empty.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern=CIDRS,
    )
    limits_body_size: Value = flag(
        "Whether bodies above 8 KB match; without it they are only counted.", default=False
    )
    logs_all_requests: Value = flag(
        "Whether every request is logged instead of those that a rule matched.", default=False
    )
    blocked_threshold_count: Value = parameter(
        "Blocked requests in a minute that raise an alarm after five.",
        Type="Number",
        default=100,
        group="Alarms",
    )


@contract
class Outputs:
    web_acl_arn: Value = output("ARN of the web ACL.")
    log_group_name: Value = output("Log group of the requests.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Web ACL with address lists, a rate limit, managed rule groups and logs."""
    acl = t.add_resource(
        WebACL(
            "WebAcl",
            Scope=p.scope,
            DefaultAction=DefaultAction(Allow=AllowAction()),
            Rules=list(_rules(t, p)),
            VisibilityConfig=_measured(Ref("AWS::StackName")),
        )
    )
    t.add_resource(
        WebACLAssociation(
            "Association",
            Condition=condition(t, "HasResource", is_given(p.resource_arn)),
            ResourceArn=p.resource_arn,
            WebACLArn=GetAtt(acl, "Arn"),
        )
    )
    logs = _logs(t, p, acl)
    blocked = t.add_resource(
        alarm(
            "BlockedRequestsAlarm",
            "Many requests are blocked: an attack, or a rule that does not suit the application;"
            " read the log group of the web ACL.",
            namespace="AWS/WAFV2",
            metric="BlockedRequests",
            # the web ACL by the name of its metric
            dimensions={"WebACL": Ref("AWS::StackName"), "Rule": "ALL"},
            statistic="Sum",
            threshold=p.blocked_threshold_count,
            topic_arn=p.alarm_topic_arn,
        )
    )
    # a distribution is in no region:
    # https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html
    regional = condition(t, "IsRegional", Equals(p.scope, "REGIONAL"))
    region = MetricDimension(Name="Region", Value=Ref("AWS::Region"))
    blocked.Dimensions.append(only_if(regional, region))
    return Outputs(
        web_acl_arn=GetAtt(acl, "Arn"),
        log_group_name=Ref(logs),
        alarm_arns=GetAtt(blocked, "Arn"),
    )


def _rules(t: Template, p: Parameters) -> Iterator[WebACLRule | AWSHelperFn]:
    """Yield the rules in the order in which they are asked."""
    counts = condition(t, "OnlyCounts", Equals(p.mode, "count"))
    refuse = If(counts, RuleAction(Count=CountAction()), RuleAction(Block=BlockAction()))
    for priority, (name, cidrs, action) in enumerate(
        (
            ("Allowed", p.allowed_cidrs, RuleAction(Allow=AllowAction())),
            ("Blocked", p.blocked_cidrs, refuse),
        )
    ):
        listed, statement = addresses(t, p, name, cidrs)
        yield only_if(listed, _rule(f"{name}Addresses", priority, statement, Action=action))
    for priority, (name, exists, rate) in enumerate(rates(t, p), 2):
        statement = Statement(RateBasedStatement=rate)
        yield only_if(exists, _rule(name, priority, statement, Action=refuse))
    as_they_say: dict[str, Any] = {"None": {}}
    override = If(counts, OverrideAction(Count={}), OverrideAction(**as_they_say))
    for priority, (name, group) in enumerate(RULE_GROUPS.items(), 10):
        exceptions = _counted_body(t, p) if name == "Common" else {}
        managed = ManagedRuleGroupStatement(VendorName="AWS", Name=group, **exceptions)
        statement = Statement(ManagedRuleGroupStatement=managed)
        yield _rule(name, priority, statement, OverrideAction=override)


def _rule(name: str, priority: int, statement: Statement, **acts: Any) -> WebACLRule:
    return WebACLRule(
        Name=name,
        Priority=priority,
        Statement=statement,
        VisibilityConfig=_measured(name),
        **acts,
    )


def _counted_body(t: Template, p: Parameters) -> dict[str, Any]:
    limits = condition(t, "RefusesLargeBodies", is_true(p.limits_body_size))
    counted = RuleActionOverride(Name=BODY_RULE, ActionToUse=RuleAction(Count=CountAction()))
    return {"RuleActionOverrides": If(limits, NoValue, [counted])}


def _measured(name: Value) -> VisibilityConfig:
    return VisibilityConfig(
        CloudWatchMetricsEnabled=True, MetricName=name, SampledRequestsEnabled=True
    )


def _logs(t: Template, p: Parameters, acl: WebACL) -> LogGroup:
    """Add the log group, without the headers that let somebody act as a user."""
    logs = t.add_resource(
        LogGroup(
            "RequestLogs",
            # WAF writes to groups of this name only:
            # https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
            LogGroupName=Sub("aws-waf-logs-${AWS::StackName}"),
            RetentionInDays=p.log_retention_days,
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
        )
    )
    matched = Filter(
        Behavior="KEEP",
        Requirement="MEETS_ANY",
        Conditions=[
            Condition(ActionCondition=ActionCondition(Action=action))
            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
        ],
    )
    keyed = condition(t, "HasHeaderOfKeys", Not(Equals(p.client_header, BEARER)))
    everything = condition(t, "LogsEverything", is_true(p.logs_all_requests))
    t.add_resource(
        LoggingConfiguration(
            "Logging",
            ResourceArn=GetAtt(acl, "Arn"),
            # the group's own attribute ends in ":*", which WAF refuses
            LogDestinationConfigs=[
                Sub(
                    "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"
                    f"log-group:${{{logs.title}}}"
                )
            ],
            LoggingFilter=If(
                everything,
                NoValue,
                LoggingFilter(DefaultBehavior="DROP", Filters=[matched]),
            ),
            RedactedFields=[
                _hidden(BEARER),
                _hidden("cookie"),
                only_if(keyed, _hidden(p.client_header)),
            ],
        )
    )
    return logs


def _hidden(header: Value) -> LoggingConfigurationFieldToMatch:
    return LoggingConfigurationFieldToMatch(SingleHeader=SingleHeader(Name=header))


web_acl = Component(Parameters, Outputs, build)
