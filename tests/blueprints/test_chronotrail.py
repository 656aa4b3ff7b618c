"""ChronoTrail as AWS would see it, environment by environment: the promises of its documents."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from typing import Any

import pytest

from stackyard.build import Build, Options
from stackyard.deploy import protect
from stackyard.environments import ParameterSet
from stackyard.library import Library
from stackyard.observe.diff import differences, kept
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve

ENVIRONMENTS = ["dev", "staging", "prod"]
Find = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def built(project: Project) -> Build:
    made = Build(project, Options("chronotrail", check=True, native=False, cfn_lint=False))
    made.prepare()
    assert made.report.findings == []
    return made


@pytest.fixture(scope="module")
def sets(built: Build) -> dict[str, ParameterSet]:
    return {item.environment: item for item in built.sets["chronotrail"]}


@pytest.fixture(scope="module")
def systems(built: Build, sets: dict[str, ParameterSet]) -> dict[str, System]:
    return {
        name: built.resolve("chronotrail", item, item.regions[0]) for name, item in sets.items()
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
        assert copy["DestinationBackupVaultArn"] == "<chronotrail-replica.CopyVaultArn>"
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


def passed_by_listener(rule: dict[str, Any], path: str) -> bool:
    """Return whether the rule of a listener takes a request for *path*."""
    (condition,) = rule["Conditions"]
    patterns = condition["PathPatternConfig"]["Values"]
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_metrics_reach_the_application_on_its_port_and_only_with_a_token(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    rule = find(environment, "Api/ListenerRule")
    assert passed_by_listener(rule, "/metrics")
    assert str(find(environment, "Api/Targets")["Port"]) == "8000"
    assert rule["Actions"][-1]["Type"] == "forward"
    verifies = rule["Actions"][0]["Type"] == "jwt-validation"
    assert verifies == (environment != "dev")  # where the application checks tokens itself
    if verifies:
        assert not passed_by_listener(find(environment, "Api/PublicListenerRule"), "/metrics")
    if environment == "prod":
        # no route of the gateway is more specific for it
        keys = [
            str(one.properties["RouteKey"])
            for one in systems["prod"].resources("AWS::ApiGatewayV2::Route")
        ]
        assert not [key for key in keys if key.startswith(("GET ", "ANY /metrics"))]
        assert find("prod", "Gateway/EverythingRoute")["AuthorizationType"] == "JWT"


@pytest.mark.parametrize(("environment", "is_refused"), [("staging", False), ("prod", True)])
def test_requests_that_no_application_should_see_are_refused_before_it(
    find: Find, environment: str, is_refused: bool
) -> None:
    rules = {rule["Name"]: rule for rule in find(environment, "WebAcl/WebAcl")["Rules"]}
    groups = {
        rule["Statement"]["ManagedRuleGroupStatement"]["Name"]: rule["OverrideAction"]
        for rule in rules.values()
        if "ManagedRuleGroupStatement" in rule["Statement"]
    }
    # bad paths, headers and sizes; known exploits; SQL in queries and bodies
    wanted = {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"}
    assert wanted | {"AWSManagedRulesSQLiRuleSet"} <= groups.keys()
    acts = {"None": {}} if is_refused else {"Count": {}}
    assert all(override == acts for override in groups.values())


def test_requests_are_limited_by_address_by_client_and_by_route(find: Find) -> None:
    rates = {"Rate", "GatewayRate", "ClientRate"}
    for environment, found in (("prod", rates), ("staging", rates - {"GatewayRate"})):
        rules = find(environment, "WebAcl/WebAcl")["Rules"]
        assert {rule["Name"] for rule in rules} & rates == found
    # what the gateway passes on comes from the VPC
    assert find("prod", "WebAcl/GatewayAddresses")["Addresses"] == ["10.0.0.0/16"]
    stage = find("prod", "Gateway/Stage")
    usual, writing = stage["DefaultRouteSettings"], stage["RouteSettings"]["POST /{proxy+}"]
    assert int(writing["ThrottlingRateLimit"]) < int(usual["ThrottlingRateLimit"])


def test_a_stack_policy_guards_what_holds_data_in_production(systems: dict[str, System]) -> None:
    found = protect.policies(systems["prod"])
    guarded = {
        f"{path}/{one.partition('/')[2]}".lstrip("/")
        for path, policy in found.items()
        for one in policy["Statement"][1]["Resource"]
    }
    data = {"Database/Database", "Media/MediaBucket", "Users/UserPool", "Search/Collection"}
    assert data <= guarded
    # nor may the stacks go that hold them
    assert {"Database", "Media", "Users", "Search"} <= guarded


@pytest.mark.parametrize(
    ("row", "path", "key"),
    [
        ("S4.36 minimal", "parameters", "Cpu"),
        ("S4.37 API docs", "parameters", "ApiDocs"),
        ("S4.38 debug logging", "parameters", "LogLevel"),
        ("S4.39 relaxed security", "parameters", "TokenCheck"),
        ("S4.40 single AZ", "Database/Database", "MultiAZ"),
        ("S4.46 scaling", "Scaling/TaskCount", "MaxCapacity"),
        ("S4.47 enhanced monitoring", "Database/Database", "DatabaseInsightsMode"),
        ("S4.48 backup", "Backup/Plan", ""),
        ("S4.48 disaster recovery", "Media/MediaBucket", "ReplicationConfiguration"),
        ("S4.49 web ACL", "WebAcl/WebAcl", ""),
        ("S4.49 network ACLs", "NetworkAcl/PrivateAcl", ""),
        ("S4.49 data is kept", "parameters", "DeletionProtection"),
        ("S4.49 the stack is kept", "stack", "termination_protection"),
    ],
)
def test_what_sets_production_apart_is_seen_in_one_place(
    systems: dict[str, System], sets: dict[str, ParameterSet], row: str, path: str, key: str
) -> None:
    found = [*kept(sets["dev"], sets["prod"]), *differences(systems["dev"], systems["prod"])]
    assert (path, key) in [(one.path, one.key) for one in found], row


@pytest.mark.parametrize(
    ("row", "path", "key"),
    [
        ("S4.41 like production", "parameters", "TokenCheck"),
        ("S4.42 Multi-AZ", "Database/Database", "MultiAZ"),
        ("S4.43 performance", "parameters", "Tracing"),
    ],
)
def test_what_sets_staging_apart_is_seen_in_one_place(
    systems: dict[str, System], row: str, path: str, key: str
) -> None:
    found = differences(systems["dev"], systems["staging"])
    assert (path, key) in [(one.path, one.key) for one in found], row


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


def test_without_nat_everything_that_is_called_has_an_endpoint(
    library: Library, sets: dict[str, ParameterSet]
) -> None:
    bodies = {item.path: item.body for item in library.tree("chronotrail")}
    given = {**sets["dev"].parameters, "Nat": "none", "DesiredCount": "0"}
    system = resolve(
        "chronotrail", bodies, given, "us-east-1", stack_name="ChronoTrail-Dev", environment="dev"
    )
    services = {
        str(plain(one.properties["ServiceName"])).partition("us-east-1.")[2]
        for one in system.resources("AWS::EC2::VPCEndpoint")
    }
    assert services == {
        *("cognito-idp", "ecr.api", "ecr.dkr", "ecs", "kms", "logs", "s3", "secretsmanager"),
        "ssmmessages",
    }


def test_login_pages_need_nat(library: Library) -> None:
    rule = library.template("blueprints/chronotrail").body["Rules"]["LoginPagesNeedNat"]
    assert rule["RuleCondition"] == {"Fn::Equals": [{"Ref": "Nat"}, "none"]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "LoginDomainPrefix"}, ""]}


def test_what_stages_give_is_taken_where_there_are_such_stages(
    sets: dict[str, ParameterSet],
) -> None:
    copies = {"ReplicaBucketArn", "ReplicaKeyArn", "CopyVaultArn"}
    served = {"MediaDomainName", "MediaCertificateArn", "MediaWebAclArn"}
    assert {name: {*item.handed} for name, item in sets.items()} == {
        "dev": set(),
        "staging": copies,
        "prod": copies | served,
    }


def test_cloudfront_serves_media_where_they_have_a_name(
    systems: dict[str, System], find: Find
) -> None:
    assert has(systems, "Media/Distribution") == ["prod"]
    config = find("prod", "Media/Distribution")["DistributionConfig"]
    assert config["WebACLId"] == "<chronotrail-edge.MediaWebAclArn>"
    assert config["Aliases"] == ["<chronotrail-edge.MediaDomainName>"]
