from __future__ import annotations

import json
from typing import Any

from stackyard.resolved import Stack, plain
from templates_src.components.http_api import Parameters, RouteLimit, http_api
from templates_src.contract import Value, contract, parameter
from templates_src.parts.routes import CLIENT_ADDRESS
from tests.components.evaluated import stack_of

LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/2"
GIVEN = {
    "VpcId": "vpc-1",
    "PrivateSubnetIds": "subnet-a,subnet-b",
    "ListenerArn": LISTENER,
    "LoadBalancerSecurityGroupId": "sg-1",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
}
WRITING_VERBS = ("DELETE", "PATCH", "POST", "PUT")
JWT = {"JwtIssuer": "https://issuer.example.com", "JwtAudiences": "one,two"}
CORS = {"CorsOrigins": "https://app.example.com"}
DOMAIN = {
    "DomainName": "api.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
}


def of(**given: str) -> Stack:
    return stack_of(http_api, **{**GIVEN, **given})


def properties(stack: Stack, name: str) -> Any:
    return plain(dict(stack.resources[name].properties))


def test_everything_goes_to_the_listener_through_the_vpc_link() -> None:
    stack = of()
    integration = properties(stack, "LoadBalancerIntegration")
    assert (integration["ConnectionType"], integration["ConnectionId"]) == ("VPC_LINK", "<VpcLink>")
    assert integration["IntegrationUri"] == LISTENER
    route = properties(stack, "EverythingRoute")
    assert (route["RouteKey"], route["Target"]) == (
        "$default",
        "integrations/<LoadBalancerIntegration>",
    )
    assert properties(stack, "VpcLink")["SubnetIds"] == ["subnet-a", "subnet-b"]


def test_tls_is_verified_against_the_name_in_the_listeners_certificate() -> None:
    secure = properties(of(ServerName="api.example.com"), "LoadBalancerIntegration")
    assert secure["TlsConfig"] == {"ServerNameToVerify": "api.example.com"}
    assert "TlsConfig" not in properties(of(), "LoadBalancerIntegration")


def test_link_and_load_balancer_open_to_each_other_on_the_listeners_port_alone() -> None:
    stack = of(ListenerPort="80")
    out, into = (
        properties(stack, name) for name in ("VpcLinkToLoadBalancer", "LoadBalancerFromVpcLink")
    )
    assert out["DestinationSecurityGroupId"] == into["GroupId"] == "sg-1"
    assert out["GroupId"] == into["SourceSecurityGroupId"] == "<VpcLinkSecurityGroup.GroupId>"
    assert {out["FromPort"], out["ToPort"], into["FromPort"], into["ToPort"]} == {"80"}


def test_requests_are_throttled_and_logged() -> None:
    stage = properties(of(RouteRateLimitCount="5", RouteBurstLimitCount="9"), "Stage")
    limits = stage["DefaultRouteSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == ("5", "9")
    said = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"requestId", "status", "integrationError"} <= said.keys()
    assert "authorization" not in json.dumps(said).lower().replace("authorizer", "")


def test_routes_that_write_have_a_limit_of_their_own() -> None:
    stack = of(WriteRateLimitCount="7")
    settings = properties(stack, "Stage")["RouteSettings"]
    assert settings.keys() == {f"{verb} /{{proxy+}}" for verb in WRITING_VERBS}
    for limits in settings.values():
        assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == ("7", "7")
        # settings of a route take nothing from the default
        assert limits["DetailedMetricsEnabled"] is True


def test_every_limited_route_exists_before_the_stage_and_goes_where_all_go() -> None:
    stack = of(**JWT)
    stage = http_api.template().to_dict()["Resources"]["Stage"]
    limited = properties(stack, "Stage")["RouteSettings"].keys()
    routes = {name: properties(stack, name) for name in stage["DependsOn"]}
    assert {route["RouteKey"] for route in routes.values()} == {*limited, "$default"}
    for route in routes.values():
        assert route["Target"] == "integrations/<LoadBalancerIntegration>"
        assert (route["AuthorizationType"], route["AuthorizerId"]) == ("JWT", "<Authorizer>")


@contract
class Uploading(Parameters):
    upload_limit_count: Value = parameter(
        "Uploads a second that are let through.",
        Type="Number",
        default=3,
        bind=RouteLimit(("POST /uploads/{proxy+}",)),
    )


def test_a_blueprint_limits_routes_of_its_own() -> None:
    stack = stack_of(http_api.extended("uploading", Uploading), **GIVEN, UploadLimitCount="4")
    settings = properties(stack, "Stage")["RouteSettings"]
    assert settings["POST /uploads/{proxy+}"]["ThrottlingRateLimit"] == "4"
    assert properties(stack, "PostUploadsProxyRoute")["RouteKey"] == "POST /uploads/{proxy+}"
    assert "POST /{proxy+}" in settings


def test_the_gateway_tells_whose_request_it_is_whatever_the_client_claims() -> None:
    told = properties(of(), "LoadBalancerIntegration")["RequestParameters"]
    assert told == {f"overwrite:header.{CLIENT_ADDRESS}": "$context.identity.sourceIp"}


def test_without_an_issuer_nobody_needs_a_token() -> None:
    stack = of()
    assert "Authorizer" not in stack.resources
    assert properties(stack, "EverythingRoute")["AuthorizationType"] == "NONE"


def test_with_an_issuer_a_token_for_the_audience_is_needed() -> None:
    stack = of(**JWT)
    route = properties(stack, "EverythingRoute")
    assert (route["AuthorizationType"], route["AuthorizerId"]) == ("JWT", "<Authorizer>")
    assert properties(stack, "Authorizer")["JwtConfiguration"] == {
        "Issuer": "https://issuer.example.com",
        "Audience": ["one", "two"],
    }


def test_browsers_may_ask_without_a_token_what_they_may_do() -> None:
    assert "CorsConfiguration" not in properties(of(**JWT), "Api")
    assert "PreflightRoute" not in of(**JWT).resources
    assert "PreflightRoute" not in of(**CORS).resources
    stack = of(**JWT, **CORS)
    assert properties(stack, "Api")["CorsConfiguration"]["AllowOrigins"] == [
        "https://app.example.com"
    ]
    assert properties(stack, "PreflightRoute")["AuthorizationType"] == "NONE"


def test_with_a_host_name_the_api_has_no_other_address() -> None:
    plainly, named = of(), of(**DOMAIN)
    assert plain(plainly.outputs["Url"]) == "<Api.ApiEndpoint>"
    assert plain(plainly.outputs["DnsName"]) == ""
    assert properties(plainly, "Api")["DisableExecuteApiEndpoint"] is False
    assert plain(named.outputs["Url"]) == "https://api.example.com"
    assert plain(named.outputs["DnsName"]) == "<DomainNameOfApi.RegionalDomainName>"
    assert properties(named, "Api")["DisableExecuteApiEndpoint"] is True
    (endpoint,) = properties(named, "DomainNameOfApi")["DomainNameConfigurations"]
    assert endpoint["SecurityPolicy"] == "TLS_1_2"


def test_a_host_name_needs_a_certificate() -> None:
    rule = http_api.template().to_dict()["Rules"]["DomainHasCertificate"]
    assert rule["Assertions"][0]["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "CertificateArn"}, ""]}]
    }
