from __future__ import annotations

import re
from typing import Any

import pytest

from templates_src.components.load_balancer import load_balancer


@pytest.fixture(scope="module")
def template() -> Any:
    return load_balancer.template().to_dict()


@pytest.fixture(scope="module")
def resources(template: Any) -> Any:
    return template["Resources"]


@pytest.fixture(scope="module")
def attributes(resources: Any) -> dict[str, Any]:
    given = resources["LoadBalancer"]["Properties"]["LoadBalancerAttributes"]
    return {entry["Key"]: entry["Value"] for entry in given if "Key" in entry}


def test_http_redirects_to_https_where_there_is_a_certificate(resources: Any) -> None:
    (action,) = resources["HttpListener"]["Properties"]["DefaultActions"]
    condition, with_certificate, without = action["Fn::If"]
    assert condition == "HasCertificate"
    assert with_certificate["RedirectConfig"]["Protocol"] == "HTTPS"
    assert with_certificate["RedirectConfig"]["StatusCode"] == "HTTP_301"
    assert without["FixedResponseConfig"]["StatusCode"] == "404"


def test_services_attach_to_https_where_it_exists_and_to_http_elsewhere(template: Any) -> None:
    assert template["Resources"]["HttpsListener"]["Condition"] == "HasCertificate"
    assert template["Outputs"]["ListenerArn"]["Value"] == {
        "Fn::If": ["HasCertificate", {"Ref": "HttpsListener"}, {"Ref": "HttpListener"}]
    }
    assert template["Outputs"]["UrlScheme"]["Value"]["Fn::If"][1:] == ["https", "http"]


def test_what_no_service_takes_is_not_found(resources: Any) -> None:
    (action,) = resources["HttpsListener"]["Properties"]["DefaultActions"]
    assert action["FixedResponseConfig"]["StatusCode"] == "404"


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", True),
        ("ELBSecurityPolicy-TLS13-1-2-2021-06", True),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", True),
        ("ELBSecurityPolicy-TLS13-1-1-2021-06", False),
        ("ELBSecurityPolicy-2016-08", False),
    ],
)
def test_no_tls_policy_goes_below_1_2(template: Any, policy: str, allowed: bool) -> None:
    declared = template["Parameters"]["TlsPolicy"]
    assert bool(re.fullmatch(declared["AllowedPattern"], policy)) is allowed
    assert re.fullmatch(declared["AllowedPattern"], declared["Default"])


def test_https_can_be_required(template: Any) -> None:
    rule = template["Rules"]["HttpsHasCertificate"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "RequireHttps"}, "true"]}
    assert rule["Assertions"][0]["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}]
    }


def test_the_internet_reaches_only_80_and_443(resources: Any) -> None:
    rules = resources["LoadBalancerSecurityGroup"]["Properties"]["SecurityGroupIngress"]
    assert [(rule["FromPort"], rule["ToPort"]) for rule in rules] == [(80, 80), (443, 443)]


def test_it_reaches_nothing_until_a_service_opens_a_way(resources: Any) -> None:
    (rule,) = resources["LoadBalancerSecurityGroup"]["Properties"]["SecurityGroupEgress"]
    assert rule["CidrIp"] == "127.0.0.1/32"


def test_requests_are_hardened(attributes: dict[str, Any]) -> None:
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["routing.http.desync_mitigation_mode"] == "defensive"
    assert attributes["routing.http2.enabled"] == "true"
    assert attributes["deletion_protection.enabled"] == {"Ref": "DeletionProtection"}


def test_access_logs_go_to_a_bucket_that_may_be_written_before_it_is_named(resources: Any) -> None:
    *_, named = resources["LoadBalancer"]["Properties"]["LoadBalancerAttributes"]
    condition, entry, _ = named["Fn::If"]
    assert condition == "KeepsAccessLogs"
    assert entry["Value"] == {
        "Fn::Select": [0, [{"Ref": "AccessLogBucket"}, {"Ref": "AccessLogBucketPolicy"}]]
    }


def test_only_load_balancers_of_this_account_write_access_logs(resources: Any) -> None:
    policy = resources["AccessLogBucketPolicy"]["Properties"]["PolicyDocument"]
    delivery, tls = policy["Statement"]
    assert delivery["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert delivery["Resource"] == {"Fn::Sub": "${AccessLogBucket.Arn}/AWSLogs/${AWS::AccountId}/*"}
    assert tls["Effect"] == "Deny"
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_access_logs_expire_are_private_and_outlive_the_stack(resources: Any) -> None:
    bucket = resources["AccessLogBucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Ref": "AccessLogRetentionDays"}
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"


@pytest.mark.parametrize(
    ("title", "threshold"),
    [
        ("ElbErrorsAlarm", "ElbErrorThresholdCount"),
        ("RejectedConnectionsAlarm", "RejectedConnectionThresholdCount"),
    ],
)
def test_alarms_notify_the_topic(resources: Any, title: str, threshold: str) -> None:
    alarm = resources[title]["Properties"]
    assert alarm["Threshold"] == {"Ref": threshold}
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "AlarmTopicArn"}]
    assert alarm["Dimensions"][0]["Value"] == {
        "Fn::GetAtt": ["LoadBalancer", "LoadBalancerFullName"]
    }


def test_a_listener_for_tests_speaks_as_the_one_for_requests_and_nobody_reaches_it_yet(
    resources: Any,
) -> None:
    listener = resources["TestListener"]
    assert listener["Condition"] == "HasTestListener"
    assert listener["Properties"]["Protocol"] == {"Fn::If": ["HasCertificate", "HTTPS", "HTTP"]}
    (action,) = listener["Properties"]["DefaultActions"]
    assert action["Type"] == "fixed-response"
