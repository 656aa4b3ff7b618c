"""FastAPI blue/green as AWS would see it, environment by environment: promises of its document."""

from collections.abc import Callable
from typing import Any

import pytest

from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve

NAME = "fastapi-bluegreen"
ENVIRONMENTS = ["dev", "prod", "test"]
Find = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def systems(project: Project, library: Library) -> dict[str, System]:
    bodies = {item.path: item.body for item in library.tree(NAME)}
    sets, findings = load(project.params, NAME, bodies[f"blueprints/{NAME}"])
    assert findings == []
    return {
        item.environment: resolve(
            NAME,
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


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_stack_is_named_for_organisation_environment_and_product(
    systems: dict[str, System], environment: str
) -> None:
    assert systems[environment].stack_name == f"myorg-{environment}-{NAME}"
    assert systems[environment].region == "us-east-1"


@pytest.mark.parametrize(
    ("environment", "cpu", "memory", "least", "most"),
    [
        ("dev", "256", "512", "1", "1"),
        ("test", "256", "512", "1", "1"),
        ("prod", "1024", "2048", "1", "2"),
    ],
)
def test_tasks_have_the_size_and_number_of_the_document(
    find: Find, environment: str, cpu: str, memory: str, least: str, most: str
) -> None:
    task = find(environment, "Api/TaskDefinition")
    target = find(environment, "Scaling/TaskCount")
    assert (task["Cpu"], task["Memory"]) == (cpu, memory)
    assert (str(target["MinCapacity"]), str(target["MaxCapacity"])) == (least, most)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_scaling_follows_cpu_and_no_target_group(
    systems: dict[str, System], environment: str
) -> None:
    policies = systems[environment].resources("AWS::ApplicationAutoScaling::ScalingPolicy")
    assert {one.logical_id for one in policies} == {"CpuScaling", "MemoryScaling"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_network_has_three_zones_and_tasks_are_private(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    assert find(environment, "Network/Vpc")["CidrBlock"] == "10.0.0.0/16"
    subnets = [one.logical_id for one in systems[environment].resources("AWS::EC2::Subnet")]
    assert sorted(subnets) == [f"{kind}Subnet{z}" for kind in ("Private", "Public") for z in "ABC"]
    wiring = find(environment, "Api/Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert wiring["AssignPublicIp"] == "DISABLED"
    assert all("Private" in subnet for subnet in wiring["Subnets"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_images_are_immutable_scanned_and_ten(find: Find, environment: str) -> None:
    images = find(environment, "Registry/Repository")
    assert images["ImageTagMutability"] == "IMMUTABLE"
    assert images["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert '"countNumber":10' in images["LifecyclePolicy"]["LifecyclePolicyText"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_tasks_take_requests_from_the_load_balancer_alone_on_port_8000(
    find: Find, environment: str
) -> None:
    (rule,) = find(environment, "Api/TaskSecurityGroup")["SecurityGroupIngress"]
    assert (str(rule["FromPort"]), str(rule["ToPort"])) == ("8000", "8000")
    assert "LoadBalancerSecurityGroup" in rule["SourceSecurityGroupId"]
    opened = find(environment, "LoadBalancer/LoadBalancerSecurityGroup")["SecurityGroupIngress"]
    assert [one["FromPort"] for one in opened] == [80, 443]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_release_has_a_pair_of_groups_both_listeners_and_the_four_alarms(
    find: Find, environment: str
) -> None:
    group = find(environment, "Releases/DeploymentGroup")
    (pair,) = group["LoadBalancerInfo"]["TargetGroupPairInfoList"]
    assert len({one["Name"] for one in pair["TargetGroups"]}) == 2
    assert "TestListener" in pair["TestTrafficRoute"]["ListenerArns"][0]
    names = [one["Name"] for one in group["AlarmConfiguration"]["Alarms"]]
    assert sorted(name.strip("<>").partition("/")[2] for name in names) == [
        f"{colour}{what}Alarm"
        for colour in ("Blue", "Green")
        for what in ("ServerErrors", "UnhealthyTargets")
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_hooks_migrate_and_validate(find: Find, environment: str) -> None:
    migrate = find(environment, "Hooks/MigrateFunction")["Environment"]["Variables"]
    validate = find(environment, "Hooks/ValidateFunction")["Environment"]["Variables"]
    assert migrate["MIGRATION_COMMAND"] == "alembic,upgrade,head"
    assert (validate["PORT"], validate["HEALTH_CHECK_PATH"]) == ("8443", "/health")
    assert validate["SCHEME"] == ("http" if environment == "dev" else "https")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_rotation_lets_codedeploy_roll_what_ecs_may_not(find: Find, environment: str) -> None:
    variables = find(environment, "Rotation/RotationFunction")["Environment"]["Variables"]
    assert variables["RELEASE_APPLICATION"] == f"myorg-{environment}-{NAME}"
    assert variables["SERVICE_ARNS"] == ""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_database_keeps_a_week_and_prod_has_a_standby(find: Find, environment: str) -> None:
    database = find(environment, "Database/Database")
    assert str(database["BackupRetentionPeriod"]) == "7"
    assert database["PreferredMaintenanceWindow"] == "sun:04:30-sun:05:30"
    assert str(database["MultiAZ"]).lower() == str(environment == "prod").lower()
    assert "Key/Key" in database["KmsKeyId"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_secrets_are_encrypted_with_the_key_that_tasks_may_use(
    find: Find, environment: str
) -> None:
    assert "Key/Key" in find(environment, "Configuration/ApplicationSecret")["KmsKeyId"]
    (policy,) = find(environment, "Api/ExecutionRole")["Policies"]
    granted = {
        action: statement["Resource"]
        for statement in policy["PolicyDocument"]["Statement"]
        for action in statement["Action"]
    }
    assert "Key/Key" in granted["kms:Decrypt"]


def test_a_gateway_limits_routes_and_its_clients_are_counted_apart(
    library: Library, project: Project
) -> None:
    bodies = {item.path: item.body for item in library.tree(NAME)}
    sets, _ = load(project.params, NAME, bodies[f"blueprints/{NAME}"])
    (prod,) = [one for one in sets if one.environment == "prod"]
    given = {**prod.parameters, "HasHttpApi": "true"}
    system = resolve(NAME, bodies, given, "us-east-1", stack_name="api", environment="prod")
    acl, stage = system.find("WebAcl/WebAcl"), system.find("HttpApi/Stage")
    assert acl
    assert stage
    rates = {"Rate", "GatewayRate", "ClientRate"}
    named: Any = plain(acl.properties["Rules"])
    assert rates <= {rule["Name"] for rule in named}
    assert "POST /{proxy+}" in stage.properties["RouteSettings"]


def test_only_dev_speaks_plain_http_and_only_dev_tries_rules_out(
    systems: dict[str, System], find: Find
) -> None:
    for environment, listeners in (("dev", 2), ("test", 3), ("prod", 3)):
        found = list(systems[environment].resources("AWS::ElasticLoadBalancingV2::Listener"))
        assert len(found) == listeners
    mode = {env: str(find(env, "WebAcl/WebAcl")["Rules"]) for env in ENVIRONMENTS}
    assert mode["dev"] != mode["prod"] == mode["test"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_gateway_and_workflow_role_are_not_there_unless_wanted(
    systems: dict[str, System], environment: str
) -> None:
    assert systems[environment].find("HttpApi") is None
    assert systems[environment].find("Workflow") is None
