"""Components that stand around a service, each deployed alone to the embedded account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import Outcome
from stackyard.deploy.plan import Request
from stackyard.local.account import LocalServer
from templates_src.components.assets_bucket import assets_bucket
from templates_src.components.cost_monitoring import cost_monitoring
from templates_src.components.encryption_key import encryption_key
from templates_src.components.http_api import http_api
from templates_src.components.service_dashboards import service_dashboards
from templates_src.components.web_acl import web_acl
from templates_src.contract import AnyComponent
from tests.deployed.small import EVERYTHING, outcome

TOPIC = {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}
LISTENER = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/a/1/2"
Bring = Callable[..., Outcome]


@pytest.fixture
def bring(account: Account) -> Bring:
    def deployed(component: AnyComponent, **values: str) -> Outcome:
        body = json.dumps(component.template().to_dict())
        asked = Request(stack_name=component.name.replace("_", "-"), template_body=body)
        return outcome(list(deploy(account, Request(**{**vars(asked), "parameters": values}))))

    return deployed


def network(account: Account) -> dict[str, str]:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="alb", Description="alb", VpcId=vpc)["GroupId"]
    return {
        "VpcId": vpc,
        "PrivateSubnetIds": subnet,
        "LoadBalancerSecurityGroupId": group,
        "ListenerArn": LISTENER,
        **TOPIC,
    }


def stand_ins(server: LocalServer, account: Account) -> set[str]:
    return {one.type for one in server.stand_ins(account)}


def test_web_acl_follows_its_lists_and_goes(
    bring: Bring, account: Account, server: LocalServer
) -> None:
    waf = account.client("wafv2")
    end = bring(web_acl, BlockedCidrs="192.0.2.0/24", **TOPIC)
    assert (end.result, end.cause) == ("created", None)
    assert stand_ins(server, account) == {"AWS::WAFv2::LoggingConfiguration"}
    (found,) = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    rules = waf.get_web_acl(Name=found["Name"], Id=found["Id"], Scope="REGIONAL")["WebACL"]["Rules"]
    assert len(rules) == 6

    assert bring(web_acl, BlockedCidrs="192.0.2.0/24,198.51.100.0/24", **TOPIC).result == "updated"

    (listed,) = waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
    addresses = waf.get_ip_set(Name=listed["Name"], Id=listed["Id"], Scope="REGIONAL")["IPSet"]
    assert addresses["Addresses"] == ["192.0.2.0/24", "198.51.100.0/24"]
    assert outcome(list(destroy(account, "web-acl", EVERYTHING))).result == "deleted"
    assert waf.list_ip_sets(Scope="REGIONAL")["IPSets"] == []


def test_http_api_has_its_routes_limits_and_address(
    bring: Bring, account: Account, server: LocalServer
) -> None:
    given = network(account)
    jwt = {"JwtIssuer": "https://issuer.example.com", "JwtAudiences": "one,two"}
    end = bring(http_api, **given, **jwt, CorsOrigins="https://app.example.com")
    assert (end.result, end.cause) == ("created", None)
    assert stand_ins(server, account) == {"AWS::ApiGatewayV2::VpcLink"}
    gateway = account.client("apigatewayv2")
    api = end.outputs["ApiId"]
    routes = {item["RouteKey"]: item for item in gateway.get_routes(ApiId=api)["Items"]}
    writing = {f"{verb} /{{proxy+}}" for verb in ("DELETE", "PATCH", "POST", "PUT")}
    assert routes.keys() == {"$default", "OPTIONS /{proxy+}", *writing}
    assert routes["$default"]["AuthorizationType"] == "JWT"
    (stage,) = gateway.get_stages(ApiId=api)["Items"]
    assert stage["StageName"] == "$default"
    # the emulator keeps which routes have limits, and not how high they are
    assert stage["RouteSettings"].keys() == writing
    assert end.outputs["Url"].startswith("http")
    assert bring(http_api, **given).result == "updated"
    left = gateway.get_routes(ApiId=api)["Items"]
    assert {item["RouteKey"] for item in left} == {"$default", *writing}
    assert {item["AuthorizationType"] for item in left} == {"NONE"}


def test_budget_changes_its_amount_and_tells_the_topic(
    bring: Bring, account: Account, server: LocalServer
) -> None:
    budgets = account.client("budgets")
    tag = {"CostTagKey": "project", "CostTagValue": "fastapi"}
    end = bring(cost_monitoring, BudgetUsd="100", **TOPIC, **tag)
    assert (end.result, end.cause) == ("created", None)
    assert stand_ins(server, account) == {
        "AWS::CE::AnomalyMonitor",
        "AWS::CE::AnomalySubscription",
    }
    name = end.outputs["BudgetName"]
    told = budgets.describe_notifications_for_budget(AccountId=account.id, BudgetName=name)
    assert len(told["Notifications"]) == 3
    bring(cost_monitoring, BudgetUsd="250", **TOPIC, **tag)
    budget = budgets.describe_budget(AccountId=account.id, BudgetName=name)["Budget"]
    assert float(budget["BudgetLimit"]["Amount"]) == 250
    assert bring(cost_monitoring, **TOPIC, **tag).outputs["BudgetName"] == ""
    assert budgets.describe_budgets(AccountId=account.id).get("Budgets", []) == []


def test_key_bucket_and_dashboards_come_and_go(bring: Bring, account: Account) -> None:
    key = bring(encryption_key, AliasName="myorg-dev")
    assert (key.result, key.cause) == ("created", None)
    bucket = bring(assets_bucket, KmsKeyArn=key.outputs["KeyArn"])
    assert (bucket.result, bucket.cause) == ("created", None)
    name = bucket.outputs["BucketName"]
    versioning: Any = account.client("s3").get_bucket_versioning(Bucket=name)
    assert versioning["Status"] == "Enabled"
    shown = bring(
        service_dashboards,
        ClusterName="main",
        ServiceName="api",
        LogGroupName="/api",
        LoadBalancerFullName="app/a/1",
        TargetGroupFullName="targetgroup/a/1",
    )
    for dashboard in shown.outputs.values():
        body = account.client("cloudwatch").get_dashboard(DashboardName=dashboard)
        assert json.loads(body["DashboardBody"])["widgets"]
    for stack in ("assets-bucket", "encryption-key", "service-dashboards"):
        assert outcome(list(destroy(account, stack, EVERYTHING))).remaining == ()
    assert account.client("s3").list_buckets()["Buckets"] == []
