from __future__ import annotations

import re
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.web_acl import web_acl
from templates_src.parts.routes import CLIENT_ADDRESS
from tests.components.evaluated import stack_of

TOPIC = {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}


def of(**given: str) -> Stack:
    return stack_of(web_acl, **{**TOPIC, **given})


def rules(stack: Stack) -> dict[str, Any]:
    listed: Any = plain(stack.resources["WebAcl"].properties["Rules"])
    return {rule["Name"]: rule for rule in listed}


def test_four_groups_of_aws_and_the_rate_limit_are_always_there() -> None:
    found = rules(of())
    groups = {
        name: rule["Statement"]["ManagedRuleGroupStatement"]["Name"]
        for name, rule in found.items()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    assert groups == {
        "IpReputation": "AWSManagedRulesAmazonIpReputationList",
        "Common": "AWSManagedRulesCommonRuleSet",
        "KnownBadInputs": "AWSManagedRulesKnownBadInputsRuleSet",
        "SqlInjection": "AWSManagedRulesSQLiRuleSet",
    }
    rate = found["Rate"]["Statement"]["RateBasedStatement"]
    assert (str(rate["Limit"]), str(rate["EvaluationWindowSec"])) == ("2000", "300")
    assert rate["AggregateKeyType"] == "IP"


def test_what_blocks_only_counts_when_it_is_tried_out() -> None:
    lists = {"BlockedCidrs": "192.0.2.0/24", "AllowedCidrs": "198.51.100.0/24"}
    block, count = rules(of(**lists)), rules(of(Mode="count", **lists))
    assert block["Common"]["OverrideAction"] == {"None": {}}
    assert count["Common"]["OverrideAction"] == {"Count": {}}
    for name in ("Rate", "BlockedAddresses"):
        assert block[name]["Action"] == {"Block": {}}
        assert count[name]["Action"] == {"Count": {}}
    assert block["AllowedAddresses"]["Action"] == count["AllowedAddresses"]["Action"]


def test_addresses_are_asked_before_everything_else() -> None:
    found = rules(of(AllowedCidrs="198.51.100.0/24", BlockedCidrs="192.0.2.0/24"))
    order = sorted(found, key=lambda name: int(found[name]["Priority"]))
    assert order[:3] == ["AllowedAddresses", "BlockedAddresses", "Rate"]
    assert len({rule["Priority"] for rule in found.values()}) == len(found)


def test_an_empty_list_makes_neither_set_nor_rule() -> None:
    stack = of()
    assert not [item for item in stack.resources.values() if item.type == "AWS::WAFv2::IPSet"]
    assert rules(stack).keys().isdisjoint({"AllowedAddresses", "BlockedAddresses"})
    listed = of(AllowedCidrs="198.51.100.0/24,203.0.113.7/32")
    found = listed.resources["AllowedAddresses"].properties
    assert plain(found["Addresses"]) == ["198.51.100.0/24", "203.0.113.7/32"]


def test_no_rate_means_no_rule() -> None:
    assert "Rate" not in rules(of(AddressRateLimitCount="0"))


def test_clients_are_limited_each_by_what_they_send_in_a_header() -> None:
    assert "ClientRate" not in rules(of())
    rate = rules(of(ClientRateLimitCount="300"))["ClientRate"]["Statement"]["RateBasedStatement"]
    assert (rate["AggregateKeyType"], str(rate["Limit"])) == ("CUSTOM_KEYS", "300")
    (key,) = rate["CustomKeys"]
    assert key["Header"]["Name"] == "authorization"
    keyed = rules(of(ClientRateLimitCount="300", ClientHeader="x-api-key"))["ClientRate"]
    (key,) = keyed["Statement"]["RateBasedStatement"]["CustomKeys"]
    assert key["Header"]["Name"] == "x-api-key"


def test_what_a_gateway_passes_on_is_counted_by_the_address_that_the_gateway_tells() -> None:
    assert "GatewayRate" not in rules(of())
    found = rules(of(GatewayCidrs="10.0.0.0/16"))
    direct, passed_on = (
        found[name]["Statement"]["RateBasedStatement"] for name in ("Rate", "GatewayRate")
    )
    gateways = {"IPSetReferenceStatement": {"Arn": "<GatewayAddresses.Arn>"}}
    assert direct["ScopeDownStatement"] == {"NotStatement": {"Statement": gateways}}
    assert passed_on["ScopeDownStatement"] == gateways
    assert passed_on["AggregateKeyType"] == "FORWARDED_IP"
    # what a gateway does not write is nobody's address
    assert passed_on["ForwardedIPConfig"] == {
        "HeaderName": CLIENT_ADDRESS,
        "FallbackBehavior": "NO_MATCH",
    }
    assert direct["Limit"] == passed_on["Limit"]


def test_no_limit_of_addresses_is_none_behind_a_gateway_either() -> None:
    found = rules(of(AddressRateLimitCount="0", GatewayCidrs="10.0.0.0/16"))
    assert found.keys().isdisjoint({"Rate", "GatewayRate"})


def test_rates_have_priorities_of_their_own() -> None:
    found = rules(of(GatewayCidrs="10.0.0.0/16", ClientRateLimitCount="300"))
    assert len({str(rule["Priority"]) for rule in found.values()}) == len(found)
    counting = rules(of(Mode="count", GatewayCidrs="10.0.0.0/16", ClientRateLimitCount="300"))
    for name in ("Rate", "GatewayRate", "ClientRate"):
        assert found[name]["Action"] == {"Block": {}}
        assert counting[name]["Action"] == {"Count": {}}


def test_large_bodies_are_only_counted_unless_they_are_limited() -> None:
    groups = [
        rules(of(LimitsBodySize=limits))["Common"]["Statement"]["ManagedRuleGroupStatement"]
        for limits in ("false", "true")
    ]
    assert groups[0]["RuleActionOverrides"] == [
        {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    ]
    assert "RuleActionOverrides" not in groups[1]


def test_it_stands_before_a_load_balancer_where_one_is_given() -> None:
    arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/1"
    association = of(ResourceArn=arn).resources["Association"].properties
    assert plain(association["ResourceArn"]) == arn
    assert "Association" not in of().resources


def test_logs_hold_matched_requests_without_what_lets_somebody_act_as_a_user() -> None:
    logging: Any = plain(dict(of().resources["Logging"].properties))
    hidden = {field["SingleHeader"]["Name"] for field in logging["RedactedFields"]}
    assert hidden == {"authorization", "cookie"}
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    keyed: Any = plain(dict(of(ClientHeader="x-api-key").resources["Logging"].properties))
    hidden = {field["SingleHeader"]["Name"] for field in keyed["RedactedFields"]}
    assert hidden == {"authorization", "cookie", "x-api-key"}
    everything: Any = plain(dict(of(LogsAllRequests="true").resources["Logging"].properties))
    assert "LoggingFilter" not in everything


def test_log_group_has_the_name_that_waf_wants_and_an_arn_without_a_star() -> None:
    stack = of()
    name = str(plain(stack.resources["RequestLogs"].properties["LogGroupName"]))
    assert name == "aws-waf-logs-app"
    (arn,) = stack.resources["Logging"].properties["LogDestinationConfigs"]
    assert str(plain(arn)).endswith(":log-group:<RequestLogs>")


def test_many_blocked_requests_raise_an_alarm_under_the_metric_of_this_acl() -> None:
    stack = of()
    metric: Any = plain(stack.resources["WebAcl"].properties["VisibilityConfig"])
    alarm: Any = plain(dict(stack.resources["BlockedRequestsAlarm"].properties))
    dimensions = {item["Name"]: item["Value"] for item in alarm["Dimensions"]}
    assert dimensions == {"WebACL": metric["MetricName"], "Region": "us-east-1", "Rule": "ALL"}


@pytest.mark.parametrize(
    ("count", "allowed"), [("0", True), ("9", False), ("10", True), ("2000", True)]
)
def test_rate_is_one_that_waf_takes(count: str, allowed: bool) -> None:
    pattern = web_acl.template().to_dict()["Parameters"]["AddressRateLimitCount"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, count)) is allowed


def test_before_cloudfront_all_of_it_has_another_scope() -> None:
    stack = of(Scope="CLOUDFRONT", BlockedCidrs="192.0.2.0/24")
    for name in ("WebAcl", "BlockedAddresses"):
        assert stack.resources[name].properties["Scope"] == "CLOUDFRONT"
    alarm: Any = plain(dict(stack.resources["BlockedRequestsAlarm"].properties))
    assert [item["Name"] for item in alarm["Dimensions"]] == ["WebACL", "Rule"]
