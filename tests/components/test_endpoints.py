from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.endpoints import SERVICES, endpoints
from tests.components.evaluated import stack_of

NETWORK = {
    "VpcId": "vpc-1",
    "VpcCidr": "10.0.0.0/16",
    "PrivateSubnetIds": "subnet-1,subnet-2",
    "PrivateRouteTableIds": "rtb-1,rtb-2",
}
FOR_FARGATE = "ecr.api,ecr.dkr,logs,secretsmanager,ssm,ssmmessages"


def services(stack: Any, kind: str) -> set[str]:
    return {
        found.properties["ServiceName"].removeprefix("com.amazonaws.us-east-1.")
        for found in stack.resources.values()
        if found.properties.get("VpcEndpointType") == kind
    }


def test_s3_is_reached_without_the_internet_and_nothing_else_costs() -> None:
    stack = stack_of(endpoints, **NETWORK)
    assert stack.resources.keys() == {"S3Endpoint"}
    assert stack.outputs["SecurityGroupId"] == ""


@pytest.mark.parametrize(
    ("isolated", "tables"), [("", ["rtb-1", "rtb-2"]), ("rtb-9", ["rtb-1", "rtb-2", "rtb-9"])]
)
def test_gateways_serve_private_and_isolated_subnets(isolated: str, tables: list[str]) -> None:
    stack = stack_of(
        endpoints, IsolatedRouteTableIds=isolated, HasDynamodbEndpoint="true", **NETWORK
    )
    assert services(stack, "Gateway") == {"s3", "dynamodb"}
    for name in ("S3Endpoint", "DynamoDbEndpoint"):
        assert stack.resources[name].properties["RouteTableIds"] == tables


@pytest.mark.parametrize("listed", [FOR_FARGATE, "ssm", "ssmmessages", ",".join(SERVICES)])
def test_exactly_the_listed_services_have_an_interface(listed: str) -> None:
    stack = stack_of(endpoints, InterfaceServices=listed, **NETWORK)
    assert services(stack, "Interface") == set(listed.split(","))


def test_interfaces_are_in_every_zone_under_the_public_name_of_the_service() -> None:
    stack = stack_of(endpoints, InterfaceServices=FOR_FARGATE, **NETWORK)
    for name in ("EcrApiEndpoint", "SecretsManagerEndpoint"):
        properties = stack.resources[name].properties
        assert properties["SubnetIds"] == ["subnet-1", "subnet-2"]
        assert properties["PrivateDnsEnabled"] is True
        assert properties["SecurityGroupIds"][0].path == "SecurityGroup"


def test_interfaces_admit_https_from_the_vpc_and_open_nothing() -> None:
    stack = stack_of(endpoints, InterfaceServices="logs", **NETWORK)
    group = stack.resources["SecurityGroup"].properties
    [rule] = group["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["ToPort"], rule["CidrIp"]) == (443, 443, "10.0.0.0/16")
    assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["127.0.0.1/32"]


@pytest.mark.parametrize(
    ("trusted", "accounts"),
    [("", "123456789012"), ("111111111111", ["123456789012", "111111111111"])],
)
def test_endpoints_serve_this_account_and_trusted_ones(trusted: str, accounts: Any) -> None:
    stack = stack_of(endpoints, InterfaceServices="logs", TrustedAccountIds=trusted, **NETWORK)
    for name in ("S3Endpoint", "LogsEndpoint"):
        statement = stack.resources[name].properties["PolicyDocument"]["Statement"][0]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": accounts}}


def test_a_foreign_identity_reads_any_bucket_and_writes_only_answers() -> None:
    statements = (
        stack_of(endpoints, **NETWORK)
        .resources["S3Endpoint"]
        .properties["PolicyDocument"]["Statement"]
    )
    foreign = {one["Action"][0]: one["Resource"] for one in statements if "Condition" not in one}
    assert foreign == {
        "s3:GetObject": "*",
        "s3:PutObject": [
            "arn:aws:s3:::cloudformation-custom-resource-response-useast1/*",
            "arn:aws:s3:::cloudformation-waitcondition-us-east-1/*",
        ],
    }


def test_in_china_some_services_have_a_name_of_their_own() -> None:
    stack = stack_of(endpoints, "cn-north-1", InterfaceServices="ecr.api,logs", **NETWORK)
    names = {name: stack.resources[name].properties.get("ServiceName") for name in stack.resources}
    assert names["EcrApiEndpoint"] == "cn.com.amazonaws.cn-north-1.ecr.api"
    assert names["LogsEndpoint"] == "com.amazonaws.cn-north-1.logs"
