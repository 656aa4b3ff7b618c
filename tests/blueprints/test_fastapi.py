"""FastAPI as AWS would see it, environment by environment: the promises of its documents."""

from collections.abc import Callable
from typing import Any

import pytest

from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve

ENVIRONMENTS = ["dev", "test", "prod"]
Find = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def systems(project: Project, library: Library) -> dict[str, System]:
    bodies = {item.path: item.body for item in library.tree("fastapi")}
    sets, findings = load(project.params, "fastapi", bodies["blueprints/fastapi"])
    assert findings == []
    return {
        item.environment: resolve(
            "fastapi",
            bodies,
            item.parameters,
            item.regions[0],
            stack_name=item.stack_name,
            environment=item.environment,
        )
        for item in sets
    }


@pytest.fixture(scope="module")
def find(systems: dict[str, System]) -> Find:
    """Return the properties of the resource at a path of an environment."""

    def properties(environment: str, path: str) -> dict[str, Any]:
        found = systems[environment].find(path)
        assert found is not None, f"{environment} has no {path}"
        return {key: plain(value) for key, value in found.properties.items()}

    return properties


def paths(system: System, kind: str) -> list[str]:
    return [resource.path for resource in system.resources(kind)]


def waits_for(system: System, title: str) -> set[str]:
    """Return the nested stacks from which *title* takes a value or for which it waits."""
    stack = system.templates["blueprints/fastapi"]["Resources"][title]
    text = str(stack["Properties"]["Parameters"])
    named = {name for name in paths(system, "AWS::CloudFormation::Stack") if f"'{name}'" in text}
    return named | set(stack.get("DependsOn", []))


def test_environments_are_dev_test_and_prod(systems: dict[str, System]) -> None:
    assert sorted(systems) == sorted(ENVIRONMENTS)
    parameter = systems["dev"].root.body["Parameters"]["Environment"]
    assert parameter["AllowedValues"] == ENVIRONMENTS


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_names_are_made_of_organization_environment_and_resource_type(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    prefix = f"myorg-{environment}"
    assert systems[environment].stack_name == f"{prefix}-fastapi"
    assert find(environment, "ApiService/Service")["ServiceName"] == f"{prefix}-api-service"
    assert find(environment, "Database/Database")["DBInstanceIdentifier"] == f"{prefix}-database"
    board = find(environment, "MonitoringDashboard/Dashboard")["DashboardName"]
    assert board == f"{prefix}-monitoring-dashboard"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_stack_belongs_to_one_of_the_three_groups(
    systems: dict[str, System], environment: str
) -> None:
    stacks = paths(systems[environment], "AWS::CloudFormation::Stack")
    groups = {"Api", "Database", "Monitoring"}
    assert {next(one for one in groups if name.startswith(one)) for name in stacks} == groups


def test_groups_wait_for_each_other_as_the_documents_say(systems: dict[str, System]) -> None:
    dev = systems["dev"]
    assert "ApiNetwork" in waits_for(dev, "Database")
    assert {"ApiService", "ApiLoadBalancer", "Database"} <= waits_for(dev, "MonitoringDashboard")


def test_database_and_load_balancer_are_created_at_the_same_time(
    systems: dict[str, System],
) -> None:
    dev = systems["dev"]
    assert "Database" not in waits_for(dev, "ApiLoadBalancer")
    assert "ApiLoadBalancer" not in waits_for(dev, "Database")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_the_documents_list_is_there(systems: dict[str, System], environment: str) -> None:
    there = {resource.type for resource in systems[environment].resources()}
    assert there >= {
        "AWS::EC2::VPC",
        "AWS::ECS::Cluster",
        "AWS::ECS::Service",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "AWS::EC2::SecurityGroup",
        "AWS::IAM::Role",
        "AWS::ECR::Repository",
        "AWS::RDS::DBInstance",
        "AWS::RDS::DBSubnetGroup",
        "AWS::RDS::DBParameterGroup",
        "AWS::SecretsManager::Secret",
        "AWS::CloudWatch::Dashboard",
        "AWS::CloudWatch::Alarm",
        "AWS::SNS::Topic",
        "AWS::Logs::LogGroup",
    }


@pytest.mark.parametrize(
    ("environment", "strategy", "groups"),
    [("dev", "ROLLING", 1), ("test", "BLUE_GREEN", 2), ("prod", "BLUE_GREEN", 2)],
)
def test_dev_rolls_and_prod_deploys_blue_green(
    systems: dict[str, System], find: Find, environment: str, strategy: str, groups: int
) -> None:
    deployment = find(environment, "ApiService/Service")["DeploymentConfiguration"]
    assert deployment["Strategy"] == strategy
    kind = "AWS::ElasticLoadBalancingV2::TargetGroup"
    assert len(paths(systems[environment], kind)) == groups


def test_only_production_claims_to_fail_over(find: Find) -> None:
    for environment, least, multi_az in (
        ("dev", 1, "false"),
        ("test", 1, "false"),
        ("prod", 2, "true"),
    ):
        assert int(find(environment, "ApiScaling/TaskCount")["MinCapacity"]) == least
        assert str(find(environment, "Database/Database")["MultiAZ"]).lower() == multi_az


@pytest.mark.parametrize(
    ("environment", "providers"),
    [("dev", {"FARGATE_SPOT"}), ("test", {"FARGATE", "FARGATE_SPOT"}), ("prod", {"FARGATE"})],
)
def test_spot_is_for_what_is_not_production(
    find: Find, environment: str, providers: set[str]
) -> None:
    strategy = find(environment, "ApiService/Service")["CapacityProviderStrategy"]
    assert {item["CapacityProvider"] for item in strategy} == providers


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_tasks_are_private_and_the_internet_is_reached_through_nat(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    network = find(environment, "ApiService/Service")["NetworkConfiguration"]
    assert network["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
    assert paths(systems[environment], "AWS::EC2::NatGateway")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_container_is_told_its_environment_and_gets_the_database_as_a_secret(
    find: Find, environment: str
) -> None:
    (app,) = find(environment, "ApiService/TaskDefinition")["ContainerDefinitions"]
    variables = {item["Name"]: item["Value"] for item in app["Environment"]}
    assert variables["ENVIRONMENT"] == environment
    assert [item["Name"] for item in app["Secrets"]] == ["DATABASE_URL"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_data_is_encrypted_where_it_lies(find: Find, environment: str) -> None:
    database = find(environment, "Database/Database")
    assert database["StorageEncrypted"] is True
    assert database["PubliclyAccessible"] is False


@pytest.mark.parametrize("environment", ["test", "prod"])
def test_only_dev_speaks_plain_http(find: Find, environment: str) -> None:
    (redirect,) = find(environment, "ApiLoadBalancer/HttpListener")["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    assert "FixedResponseConfig" in find("dev", "ApiLoadBalancer/HttpListener")["DefaultActions"][0]


def test_https_is_refused_to_be_left_out_but_in_dev(library: Library, project: Project) -> None:
    body = library.template("blueprints/fastapi").body
    rule = body["Rules"]["HttpsIsPossible"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "RequireHttps"}, "true"]}
    assert body["Parameters"]["RequireHttps"]["Default"] == "true"
    found, _ = load(project.params, "fastapi", body)
    waived = [one.environment for one in found if one.parameters.get("RequireHttps") == "false"]
    assert waived == ["dev"]


def test_requests_scale_only_a_service_with_one_target_group(library: Library) -> None:
    rule = library.template("blueprints/fastapi").body["Rules"]["RequestsAreCountedInOneGroup"]
    assert rule["Assertions"][0]["Assert"] == {
        "Fn::Equals": [{"Ref": "DeploymentStrategy"}, "rolling"]
    }


def test_dashboard_shows_api_and_database(find: Find) -> None:
    text = str(find("prod", "MonitoringDashboard/Dashboard")["DashboardBody"])
    for part in ("AWS/ECS", "AWS/ApplicationELB", "AWS/RDS", "Second target group"):
        assert part in text
