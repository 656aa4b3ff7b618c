"""FastAPI on the embedded account: environments come, change, survive a failure, and go."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.deploy.destroy import destroy
from stackyard.deploy.publish import publish
from stackyard.local.account import LocalServer
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from tests.deployed.census import census, kinds
from tests.deployed.small import EVERYTHING, outcome
from tests.deployed.systems import Built, built, types
from tests.support import ROOT

ENVIRONMENTS = ["dev", "test", "prod"]
# The only types of FastAPI that the embedded account cannot make for real
STAND_INS = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::RDS::EventSubscription",
}


@pytest.fixture(scope="module")
def fastapi(project: Project) -> Built:
    return built(project, "fastapi")


def service(account: Account, environment: str) -> dict[str, Any]:
    ecs = account.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    name = f"myorg-{environment}-api-service"
    (found,) = ecs.describe_services(cluster=cluster, services=[name])["services"]
    return dict(found)


def rules(account: Account) -> dict[str, str]:
    """Return the target group of each rule; the embedded account knows no weights."""
    elb = account.client("elbv2")
    (balancer,) = elb.describe_load_balancers()["LoadBalancers"]
    listeners = elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    return {
        rule["RuleArn"]: rule["Actions"][0]["TargetGroupArn"]
        for listener in listeners
        for rule in elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        if not rule["IsDefault"]
    }


def target_groups(account: Account) -> set[str]:
    found = account.client("elbv2").describe_target_groups()["TargetGroups"]
    return {group["TargetGroupArn"] for group in found}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_deployed_is_what_the_model_says(
    server: LocalServer, account: Account, fastapi: Built, environment: str
) -> None:
    end = fastapi.brought(account, environment)
    assert (end.result, end.cause) == ("created", None)
    stack = fastapi.sets[environment].stack_name
    assert dict(types(account, stack)) == fastapi.expected(environment)
    assert {one.type for one in server.stand_ins(account)} == STAND_INS
    assert fastapi.brought(account, environment).result == "unchanged"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_destroying_an_environment_leaves_the_account_as_it_was(
    account: Account, fastapi: Built, environment: str
) -> None:
    item = fastapi.sets[environment]
    provide(account, item.parameters)
    publish(account, ROOT / "dist", "fastapi")
    before = census(account)
    fastapi.brought(account, environment)
    assert kinds(account) >= {"NatGateways", "DBInstances", "repositories", "logGroups", "Keys"}

    all_of_it = replace(EVERYTHING, lifts_protection=True)
    end = outcome(list(destroy(account, item.stack_name, all_of_it)))

    assert (end.result, end.remaining) == ("deleted", ())
    assert census(account) == before


def test_resources_have_the_names_of_the_documents(account: Account, fastapi: Built) -> None:
    end = fastapi.brought(account, "dev")
    assert end.outputs["ServiceName"] == "myorg-dev-api-service"
    (database,) = account.client("rds").describe_db_instances()["DBInstances"]
    assert database["DBInstanceIdentifier"] == "myorg-dev-database"
    assert end.outputs["DashboardName"] == "myorg-dev-monitoring-dashboard"
    body = account.client("cloudwatch").get_dashboard(DashboardName=end.outputs["DashboardName"])
    shown = json.dumps(json.loads(body["DashboardBody"]))
    assert "myorg-dev-database" in shown
    assert "myorg-dev-api-service" in shown


def test_dev_grows_in_place_and_keeps_its_database(account: Account, fastapi: Built) -> None:
    fastapi.brought(account, "dev")
    before = service(account, "dev")
    grown = fastapi.brought(
        account, "dev", Cpu="512", MemoryMib="1024", InstanceClass="db.t4g.small"
    )
    assert (grown.result, grown.cause) == ("updated", None)
    after = service(account, "dev")
    assert after["serviceArn"] == before["serviceArn"]
    assert after["taskDefinition"] != before["taskDefinition"]
    (database,) = account.client("rds").describe_db_instances()["DBInstances"]
    assert database["DBInstanceClass"] == "db.t4g.small"


def test_a_service_changes_its_strategy_in_place(account: Account, fastapi: Built) -> None:
    fastapi.brought(account, "dev")
    rolling, (rule,) = service(account, "dev"), rules(account)
    changes = {"DeploymentStrategy": "canary", "TestListenerPort": "8443"}

    end = fastapi.brought(account, "dev", **changes)

    assert (end.result, end.cause) == ("updated", None)
    assert service(account, "dev")["serviceArn"] == rolling["serviceArn"]
    assert (len(rules(account)), len(target_groups(account))) == (2, 2)
    stack = fastapi.sets["dev"].stack_name
    assert dict(types(account, stack)) == fastapi.expected("dev", **changes)
    assert fastapi.brought(account, "dev").result == "updated"
    assert rules(account).keys() == {rule}
    assert len(target_groups(account)) == 1


def test_an_update_leaves_the_traffic_where_ecs_has_moved_it(
    account: Account, fastapi: Built
) -> None:
    fastapi.brought(account, "prod")
    ((rule, first),) = rules(account).items()
    (second,) = target_groups(account) - {first}
    forward = {"Type": "forward", "TargetGroupArn": second}
    account.client("elbv2").modify_rule(RuleArn=rule, Actions=[forward])

    end = fastapi.brought(
        account, "prod", Cpu="2048", MemoryMib="4096", BakeMinutes="5", MaxCount="8"
    )

    assert (end.result, end.cause) == ("updated", None)
    assert rules(account) == {rule: second}


def test_an_update_that_fails_is_rolled_back_and_says_why(account: Account, fastapi: Built) -> None:
    fastapi.brought(account, "dev")
    before, task = census(account), service(account, "dev")["taskDefinition"]
    wrong = {"DomainName": "api.example.com", "HostedZoneId": "ZNOTHERE", "Cpu": "512"}
    parameters = {**fastapi.sets["dev"].parameters, **wrong, "MemoryMib": "1024"}

    end = fastapi.deployed(account, "dev", **parameters)

    assert (end.result, end.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert end.cause
    assert end.cause.name == "ApiDnsRecords/Ipv4Record"
    assert census(account) == before
    assert service(account, "dev")["taskDefinition"] == task
    assert fastapi.brought(account, "dev").result == "unchanged"


def test_a_creation_that_fails_leaves_only_what_is_to_be_kept(
    account: Account, fastapi: Built
) -> None:
    publish(account, ROOT / "dist", "fastapi")
    before = census(account)
    wrong = {"DomainName": "api.example.com", "HostedZoneId": "ZNOTHERE"}

    end = fastapi.deployed(account, "dev", **{**fastapi.sets["dev"].parameters, **wrong})

    assert (end.result, end.status) == ("rolled back", "ROLLBACK_COMPLETE")
    list(destroy(account, fastapi.sets["dev"].stack_name, EVERYTHING))
    # AWS would not keep the repository, whose policy is RetainExceptOnCreate
    assert {one.partition(" ")[0] for one in census(account) - before} <= {
        "Buckets",
        "repositories",
    }


def test_prod_without_https_is_refused_before_anything_is_created(
    account: Account, fastapi: Built
) -> None:
    publish(account, ROOT / "dist", "fastapi")
    before = census(account)
    plain_http = {**fastapi.sets["prod"].parameters, "DomainName": "", "HostedZoneId": ""}
    with pytest.raises(Exception, match="Only dev may do without"):
        fastapi.deployed(account, "prod", **plain_http)
    assert census(account) == before
