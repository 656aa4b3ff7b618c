"""ChronoTrail as AWS would see it, environment by environment: the promises of its documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stackyard.environments import ParameterSet, load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve
from templates_src.blueprints.chronotrail import STAGES

ENVIRONMENTS = ["dev", "staging", "prod"]
Find = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def sets(project: Project, library: Library) -> dict[str, ParameterSet]:
    body = library.template("blueprints/chronotrail").body
    found, findings = load(project.params, "chronotrail", body)
    assert findings == []
    return {item.environment: item for item in found}


@pytest.fixture(scope="module")
def systems(library: Library, sets: dict[str, ParameterSet]) -> dict[str, System]:
    bodies = {item.path: item.body for item in library.tree("chronotrail")}
    return {
        name: resolve(
            "chronotrail",
            bodies,
            item.parameters,
            item.regions[0],
            stack_name=item.stack_name,
            environment=name,
        )
        for name, item in sets.items()
    }


@pytest.fixture(scope="module")
def find(systems: dict[str, System]) -> Find:
    """Return the properties of the resource at a path of an environment."""

    def properties(environment: str, path: str) -> dict[str, Any]:
        found = systems[environment].find(path)
        assert found is not None, f"{environment} has no {path}"
        return {key: plain(value) for key, value in found.properties.items()}

    return properties


def has(systems: dict[str, System], path: str) -> list[str]:
    """Return the environments that have a resource at *path*."""
    return [name for name in ENVIRONMENTS if systems[name].find(path) is not None]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_names_are_those_of_the_documents(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    assert systems[environment].stack_name == f"ChronoTrail-{environment.capitalize()}"
    assert find(environment, "Cluster/Cluster")["ClusterName"] == systems[environment].stack_name
    assert find(environment, "Api/Service")["ServiceName"] == "chronotrail-service"
    assert find(environment, "Api/TaskLogs")["LogGroupName"] == f"/ecs/chronotrail-{environment}"
    assert find(environment, "Database/Database")["DBName"] == "chronotrail"
    assert find(environment, "Database/Database")["MasterUsername"] == "chronotrail"
    host = find(environment, "Configuration/DatabaseHostParameter")
    assert host["Name"] == f"/chronotrail/{environment}/database/host"
    network = find(environment, "Search/NetworkPolicy")
    assert (network["Name"], network["Type"]) == (f"chronotrail-{environment}-network", "network")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_load_balancer_asks_health_on_port_8000(find: Find, environment: str) -> None:
    targets = find(environment, "Api/Targets")
    assert (targets["HealthCheckPath"], str(targets["Port"])) == ("/health", "8000")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_container_is_told_what_it_works_with(find: Find, environment: str) -> None:
    (app, *_) = find(environment, "Api/TaskDefinition")["ContainerDefinitions"]
    variables = {item["Name"]: item.get("Value") for item in app["Environment"]}
    assert variables["ENVIRONMENT"] == environment
    assert {"COGNITO_USER_POOL_ID", "MEDIA_BUCKET", "OPENSEARCH_ENDPOINT"} <= variables.keys()
    assert {item["Name"] for item in app["Secrets"]} == {"DATABASE_URL", "SECRET_KEY"}
    assert (variables["API_DOCS"], variables["LOG_LEVEL"]) == (
        ("true", "DEBUG") if environment == "dev" else ("false", "INFO")
    )


def test_dev_is_in_one_zone_and_sleeps_at_night(systems: dict[str, System], find: Find) -> None:
    assert str(find("dev", "Database/Database")["MultiAZ"]) == "false"
    assert find("dev", "Database/Database")["DBInstanceClass"] == "db.t4g.micro"
    assert str(find("dev", "Database/Database")["BackupRetentionPeriod"]) == "1"
    assert not [one.path for one in systems["dev"].resources("AWS::EC2::NatGateway")]
    assert has(systems, "OfficeHours/SleepService") == ["dev"]


def test_staging_and_production_are_in_several_zones(find: Find) -> None:
    for environment in ("staging", "prod"):
        assert str(find(environment, "Database/Database")["MultiAZ"]) == "true"
        assert str(find(environment, "Scaling/TaskCount")["MinCapacity"]) == "2"


def test_production_is_hardened(systems: dict[str, System], find: Find) -> None:
    assert has(systems, "WebAcl/WebAcl") == ["staging", "prod"]
    assert has(systems, "NetworkAcl/PrivateAcl") == ["prod"]
    assert has(systems, "FlowLog/FlowLog") == ["prod"]
    assert str(find("prod", "Database/Database")["DeletionProtection"]) == "true"
    assert find("prod", "Users/UserPool")["DeletionProtection"] == "ACTIVE"
    assert find("prod", "Search/Collection")["DeletionProtection"] == "ENABLED"
    assert find("prod", "Users/UserPool")["UserPoolAddOns"]["AdvancedSecurityMode"] == "ENFORCED"


def test_production_refuses_to_be_deleted(sets: dict[str, ParameterSet]) -> None:
    assert [sets[name].termination_protection for name in ENVIRONMENTS] == [False, True, True]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_search_is_private_but_in_dev(find: Find, environment: str) -> None:
    policy = json.dumps(find(environment, "Search/NetworkPolicy")["Policy"])
    assert ("SourceVPCEs" in policy) == (environment != "dev")


def test_standby_replicas_are_off_in_dev(find: Find) -> None:
    replicas = [find(name, "Search/Collection")["StandbyReplicas"] for name in ENVIRONMENTS]
    assert replicas == ["DISABLED", "ENABLED", "ENABLED"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_everything_that_is_stored_is_encrypted(find: Find, environment: str) -> None:
    assert find(environment, "Database/Database")["StorageEncrypted"] is True
    assert find(environment, "Database/Database")["KmsKeyId"]
    bucket = find(environment, "Media/MediaBucket")["BucketEncryption"]
    (rule,) = bucket["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert json.loads(find(environment, "Search/EncryptionPolicy")["Policy"])["AWSOwnedKey"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_the_documents_watch_is_watched(systems: dict[str, System], environment: str) -> None:
    watched = {one.path for one in systems[environment].resources("AWS::CloudWatch::Alarm")}
    assert watched >= {
        *("Api/ResponseTimeAlarm", "Api/ServerErrorsAlarm", "Api/CpuAlarm", "Api/MemoryAlarm"),
        *("Database/ConnectionsAlarm", "Database/CpuAlarm", "Database/StorageAlarm"),
        *("Api/UnhealthyTargetsAlarm", "Search/SearchErrorsAlarm", "Search/SearchLatencyAlarm"),
    }
    assert ("LoadBalancer/RequestsAlarm" in watched) == (environment == "prod")
    assert ("Media/ReplicationLagAlarm" in watched) == (environment != "dev")


def test_media_and_backups_have_copies_in_the_second_region(
    systems: dict[str, System], find: Find
) -> None:
    for environment in ("staging", "prod"):
        (rule,) = find(environment, "Media/MediaBucket")["ReplicationConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled"
        (daily,) = find(environment, "Backup/Plan")["BackupPlan"]["BackupPlanRule"]
        (copy,) = daily["CopyActions"]
        assert ":us-west-2:" in copy["DestinationBackupVaultArn"]
    assert has(systems, "Backup/Plan") == ["staging", "prod"]


def test_tokens_are_verified_at_the_listener_and_in_production_at_the_gateway_too(
    systems: dict[str, System], find: Find
) -> None:
    for environment in ("staging", "prod"):
        verify, forward = find(environment, "Api/ListenerRule")["Actions"]
        assert (verify["Type"], forward["Type"]) == ("jwt-validation", "forward")
    assert has(systems, "Gateway/Authorizer") == ["prod"]
    (forward,) = find("dev", "Api/ListenerRule")["Actions"]
    assert forward["Type"] == "forward"


def test_requests_are_limited_by_address_and_by_route(find: Find) -> None:
    rules = find("prod", "WebAcl/WebAcl")["Rules"]
    assert "Rate" in [rule["Name"] for rule in rules]
    settings = find("prod", "Gateway/Stage")["DefaultRouteSettings"]
    assert settings.keys() >= {"ThrottlingRateLimit", "ThrottlingBurstLimit"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_database_is_in_subnets_without_a_way_out(find: Find, environment: str) -> None:
    assert find(environment, "Database/Database")["PubliclyAccessible"] is False
    assert "IsolatedSubnet" in json.dumps(find(environment, "Database/SubnetGroup"), default=str)


def test_blueprint_works_without_search(library: Library, sets: dict[str, ParameterSet]) -> None:
    bodies = {item.path: item.body for item in library.tree("chronotrail")}
    given = {**sets["dev"].parameters, "HasSearch": "false"}
    system = resolve(
        "chronotrail", bodies, given, "us-east-1", stack_name="ChronoTrail-Dev", environment="dev"
    )
    assert not [one.path for one in system.resources() if one.path.startswith("Search")]


def test_what_comes_first_gives_parameters_of_the_same_name(library: Library) -> None:
    (first,) = STAGES
    given = library.template(f"blueprints/{first}").body["Outputs"]
    taken = library.template("blueprints/chronotrail").body["Parameters"]
    assert given.keys() & taken.keys() == {"ReplicaBucketArn", "ReplicaKeyArn", "CopyVaultArn"}
