"""PyShop on the embedded account: each environment comes, changes, survives a failure, and goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.build import Build, Options
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import Outcome
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.environments import ParameterSet
from stackyard.local.account import LocalServer
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from tests.deployed.census import census, kinds
from tests.deployed.small import EVERYTHING, outcome
from tests.projects import build_py, copied
from tests.support import ROOT

ENVIRONMENTS = ["dev", "staging", "production"]
# The only types of PyShop that the embedded account cannot make for real
STAND_INS = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::RDS::EventSubscription",
}


@pytest.fixture(scope="module")
def built(project: Project) -> Build:
    made = Build(project, Options("pyshop", check=True, native=False, cfn_lint=False))
    made.prepare()
    return made


@pytest.fixture(scope="module")
def sets(built: Build) -> dict[str, ParameterSet]:
    return {item.environment: item for item in built.sets["pyshop"]}


def brought(account: Account, item: ParameterSet, **values: str) -> Outcome:
    """Deploy what is in dist/ as the command does."""
    parameters, _ = provide(account, {**item.parameters, **values})
    published = publish(account, ROOT / "dist", "pyshop")
    request = Request(
        stack_name=item.stack_name,
        template_url=published.url("blueprints/pyshop.yaml"),
        parameters={
            **parameters,
            "TemplateBucket": published.bucket,
            "TemplatePrefix": published.prefix,
        },
        tags=item.tags,
        termination_protection=None,
    )
    return outcome(list(deploy(account, request)))


def types(account: Account, stack: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and type of every resource of a stack and of those nested in it."""
    for resource in cloudformation.resources(account, stack):
        yield f"{path}{resource.logical_id}", resource.type
        if resource.type == cloudformation.STACK:
            yield from types(account, resource.physical_id, f"{path}{resource.logical_id}/")


def expected(built: Build, item: ParameterSet, **values: str) -> dict[str, str]:
    """Return path and type of every resource that the model says there would be."""
    changed = item._replace(parameters={**item.parameters, **values})
    system = built.resolve("pyshop", changed, item.regions[0])
    return {resource.path: resource.type for resource in system.resources()}


def task(account: Account, deployed: Outcome) -> dict[str, Any]:
    arn = deployed.outputs["TaskDefinitionArn"]
    found = account.client("ecs").describe_task_definition(taskDefinition=arn)
    return dict(found["taskDefinition"])


def database(account: Account) -> dict[str, Any]:
    (only,) = account.client("rds").describe_db_instances()["DBInstances"]
    return dict(only)


def nat_gateways(account: Account) -> set[str]:
    listed = account.client("ec2").describe_nat_gateways()["NatGateways"]
    return {one["NatGatewayId"] for one in listed if one["State"] != "deleted"}


def own_vpcs(account: Account) -> set[str]:
    listed = account.client("ec2").describe_vpcs()["Vpcs"]
    return {one["VpcId"] for one in listed if not one["IsDefault"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_deployed_is_what_the_model_says(
    server: LocalServer,
    account: Account,
    built: Build,
    sets: dict[str, ParameterSet],
    environment: str,
) -> None:
    item = sets[environment]
    end = brought(account, item)
    assert (end.result, end.cause) == ("created", None)
    assert dict(types(account, item.stack_name)) == expected(built, item)
    assert {one.type for one in server.stand_ins(account)} == STAND_INS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_deploying_an_environment_again_changes_nothing(
    account: Account, sets: dict[str, ParameterSet], environment: str
) -> None:
    first = brought(account, sets[environment])
    again = brought(account, sets[environment])
    assert again.result == "unchanged"
    assert again.outputs == first.outputs


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_destroying_an_environment_leaves_the_account_as_it_was(
    account: Account, sets: dict[str, ParameterSet], environment: str
) -> None:
    item = sets[environment]
    provide(account, item.parameters)
    publish(account, ROOT / "dist", "pyshop")
    before = census(account)
    brought(account, item)
    assert kinds(account) >= {"NatGateways", "DBInstances", "repositories", "logGroups", "Keys"}

    end = outcome(
        list(destroy(account, item.stack_name, replace(EVERYTHING, lifts_protection=True)))
    )

    assert (end.result, end.remaining) == ("deleted", ())
    assert census(account) == before


def test_tasks_run_in_the_private_subnets_with_the_group_that_reaches_the_database(
    account: Account, sets: dict[str, ParameterSet]
) -> None:
    end = brought(account, sets["production"])
    (service,) = account.client("ecs").describe_services(
        cluster=end.outputs["ClusterName"], services=[end.outputs["ServiceName"]]
    )["services"]
    wiring = service["networkConfiguration"]["awsvpcConfiguration"]
    assert set(wiring["subnets"]) == set(end.outputs["TaskSubnetIds"].split(","))
    assert set(wiring["securityGroups"]) == set(end.outputs["TaskSecurityGroupIds"].split(","))


def test_dev_grows_to_the_values_of_staging_and_shrinks_again_in_place(
    account: Account, built: Build, sets: dict[str, ParameterSet]
) -> None:
    dev = sets["dev"]
    larger = {
        **sets["staging"].parameters,
        "Environment": "dev",
        "InstanceClass": "db.t4g.small",
        "MultiAz": "true",
    }
    small = brought(account, dev)
    host, gateways, vpcs = database(account), nat_gateways(account), own_vpcs(account)
    assert (task(account, small)["cpu"], host["DBInstanceClass"]) == ("256", "db.t4g.micro")
    assert len(gateways) == 1

    grown = brought(account, dev, **larger)

    assert (grown.result, grown.cause) == ("updated", None)
    assert (task(account, grown)["cpu"], task(account, grown)["memory"]) == ("512", "1024")
    assert (database(account)["DBInstanceClass"], database(account)["MultiAZ"]) == (
        "db.t4g.small",
        True,
    )
    assert len(nat_gateways(account)) == 2
    assert nat_gateways(account) > gateways
    assert own_vpcs(account) == vpcs
    assert database(account)["DBInstanceIdentifier"] == host["DBInstanceIdentifier"]
    assert dict(types(account, dev.stack_name)) == expected(built, dev, **larger)
    assert grown.outputs["ApplicationUrl"] == "https://staging.pyshop.example.com"

    shrunk = brought(account, dev)

    assert shrunk.result == "updated"
    assert nat_gateways(account) == gateways
    assert len(account.client("ec2").describe_addresses()["Addresses"]) == 1
    assert database(account)["DBInstanceClass"] == "db.t4g.micro"
    assert dict(types(account, dev.stack_name)) == expected(built, dev)


def test_an_update_that_fails_is_rolled_back_and_says_why(
    account: Account, built: Build, sets: dict[str, ParameterSet]
) -> None:
    dev = sets["dev"]
    small = brought(account, dev)
    before, host = census(account), database(account)
    parameters = {**dev.parameters, "DomainName": "shop.example.com", "HostedZoneId": "ZNOTHERE"}
    parameters |= {"Nat": "per-az", "Cpu": "512", "MemoryMib": "1024"}
    published = publish(account, ROOT / "dist", "pyshop")
    request = Request(
        stack_name=dev.stack_name,
        template_url=published.url("blueprints/pyshop.yaml"),
        parameters={**parameters, "TemplateBucket": published.bucket},
        tags=dev.tags,
    )

    end = outcome(list(deploy(account, request)))

    assert (end.result, end.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert end.cause
    assert end.cause.name == "DnsRecords/Ipv4Record"
    assert "ZNOTHERE" in end.cause.reason
    assert census(account) == before
    assert database(account)["DBInstanceClass"] == host["DBInstanceClass"]
    assert task(account, small)["cpu"] == "256"
    assert dict(types(account, dev.stack_name)) == expected(built, dev)
    assert brought(account, dev).result == "unchanged"


def test_the_command_deploys_to_an_account_that_ends_with_it() -> None:
    done = build_py(ROOT, "deploy", "pyshop", "dev", "--local", "--ephemeral")
    assert (done.returncode, done.stderr) == (0, "")
    assert "pyshop-dev: created (CREATE_COMPLETE" in done.stdout
    assert "  ApplicationUrl = http://" in done.stdout
    assert "stand-ins, with nothing behind them here: AWS::ApplicationAuto" in done.stdout


def test_the_command_finds_the_account_of_the_project_again_and_says_no_changes(
    tmp_path: Path,
) -> None:
    project = copied(tmp_path)
    dev = ("pyshop", "dev", "--local")
    try:
        first = build_py(project, "deploy", *dev).stdout
        again = build_py(project, "deploy", *dev).stdout
        gone = build_py(project, "destroy", *dev, "--yes").stdout
    finally:
        stopped = build_py(project, "local", "stop").stdout
    assert "pyshop-dev: created" in first
    assert "pyshop-dev: no changes" in again
    assert "pyshop-dev: deleted" in gone
    assert stopped == "embedded account: stopped\n"
