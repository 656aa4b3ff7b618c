"""PyShop as AWS would see it, environment by environment: the promises of its documents."""

from collections.abc import Callable
from typing import Any

import pytest

from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve

ENVIRONMENTS = ["dev", "staging", "production"]
Find = Callable[[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def systems(project: Project, library: Library) -> dict[str, System]:
    bodies = {item.path: item.body for item in library.tree("pyshop")}
    sets, findings = load(project.params, "pyshop", bodies["blueprints/pyshop"])
    assert findings == []
    return {
        item.environment: resolve(
            "pyshop",
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


def container(find: Find, environment: str) -> dict[str, Any]:
    (only,) = find(environment, "Api/TaskDefinition")["ContainerDefinitions"]
    return dict(only)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_stack_is_named_after_the_environment(systems: dict[str, System], environment: str) -> None:
    assert systems[environment].stack_name == f"pyshop-{environment}"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_subnets_have_the_ranges_of_the_documents(find: Find, environment: str) -> None:
    assert find(environment, "Network/Vpc")["CidrBlock"] == "10.0.0.0/16"
    for name, cidr in {
        "PublicSubnetA": "10.0.1.0/24",
        "PublicSubnetB": "10.0.2.0/24",
        "PrivateSubnetA": "10.0.10.0/24",
        "PrivateSubnetB": "10.0.11.0/24",
    }.items():
        assert find(environment, f"Network/{name}")["CidrBlock"] == cidr


@pytest.mark.parametrize(("environment", "count"), [("dev", 1), ("staging", 2), ("production", 2)])
def test_nat_gateways(systems: dict[str, System], environment: str, count: int) -> None:
    assert len(paths(systems[environment], "AWS::EC2::NatGateway")) == count


@pytest.mark.parametrize(
    ("environment", "cpu", "memory", "least", "most"),
    [
        ("dev", "256", "512", "1", "2"),
        ("staging", "512", "1024", "2", "10"),
        ("production", "1024", "2048", "2", "10"),
    ],
)
def test_tasks_have_the_size_and_number_of_the_cost_table(
    find: Find, environment: str, cpu: str, memory: str, least: str, most: str
) -> None:
    task = find(environment, "Api/TaskDefinition")
    target = find(environment, "Scaling/TaskCount")
    assert (task["Cpu"], task["Memory"]) == (cpu, memory)
    assert (str(target["MinCapacity"]), str(target["MaxCapacity"])) == (least, most)


@pytest.mark.parametrize(
    ("environment", "instance_class", "multi_az"),
    [
        ("dev", "db.t4g.micro", False),
        ("staging", "db.t4g.micro", False),
        ("production", "db.t4g.small", True),
    ],
)
def test_database_is_as_the_cost_table_says(
    find: Find, environment: str, instance_class: str, multi_az: bool
) -> None:
    database = find(environment, "Database/Database")
    assert database["DBInstanceClass"] == instance_class
    assert str(database["MultiAZ"]).lower() == str(multi_az).lower()
    assert database["EngineVersion"].startswith("15.")
    assert (str(database["AllocatedStorage"]), database["StorageType"]) == ("20", "gp3")
    assert database["StorageEncrypted"] is True
    assert str(database["BackupRetentionPeriod"]) == "7"
    assert database["PubliclyAccessible"] is False


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_application_learns_its_environment_and_gets_its_secrets_from_secrets_manager(
    find: Find, environment: str
) -> None:
    app = container(find, environment)
    variables = {item["Name"]: item["Value"] for item in app["Environment"]}
    secrets = {item["Name"]: item["ValueFrom"] for item in app["Secrets"]}
    assert variables == {"ENVIRONMENT": environment, "ACCESS_TOKEN_EXPIRE_MINUTES": "30"}
    assert secrets.keys() == {"SECRET_KEY", "DATABASE_URL"}
    assert secrets["DATABASE_URL"].endswith(":url::")
    assert secrets["SECRET_KEY"].endswith(":SECRET_KEY::")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_load_balancer_asks_healthz_on_port_8000(find: Find, environment: str) -> None:
    targets = find(environment, "Api/Targets")
    assert (str(targets["Port"]), targets["TargetType"]) == ("8000", "ip")
    assert targets["HealthCheckPath"] == "/healthz"


def test_dev_speaks_plain_http(systems: dict[str, System], find: Find) -> None:
    assert paths(systems["dev"], "AWS::CertificateManager::Certificate") == []
    assert len(paths(systems["dev"], "AWS::ElasticLoadBalancingV2::Listener")) == 1


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_others_redirect_to_https_with_a_certificate_of_their_own(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    assert len(paths(systems[environment], "AWS::CertificateManager::Certificate")) == 1
    (redirect,) = find(environment, "LoadBalancer/HttpListener")["DefaultActions"]
    assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
    assert find(environment, "LoadBalancer/HttpsListener")["SslPolicy"].startswith(
        "ELBSecurityPolicy-TLS13-1-2"
    )


def test_production_answers_for_the_domain_and_www(systems: dict[str, System]) -> None:
    records = systems["production"].resources("AWS::Route53::RecordSet")
    found = {(str(item.properties["Name"]), item.properties["Type"]) for item in records}
    assert found == {
        (name, kind)
        for name in ("pyshop.example.com", "www.pyshop.example.com")
        for kind in ("A", "AAAA")
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_failed_deployment_rolls_back_by_itself(find: Find, environment: str) -> None:
    breaker = find(environment, "Api/Service")["DeploymentConfiguration"][
        "DeploymentCircuitBreaker"
    ]
    assert breaker == {"Enable": True, "Rollback": True}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_service_waits_for_its_way_to_the_internet(
    systems: dict[str, System], environment: str
) -> None:
    found = systems[environment].find("Api")
    assert found is not None
    assert set(found.depends_on) >= {"Egress", "Endpoints"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_who_holds_the_clients_group_reaches_the_database(
    systems: dict[str, System], environment: str
) -> None:
    openings = [
        resource
        for resource in systems[environment].resources("AWS::EC2::SecurityGroupIngress")
        if resource.path.startswith("Database/")
    ]
    assert len(openings) == 1
    properties = {key: str(plain(value)) for key, value in openings[0].properties.items()}
    assert (properties["FromPort"], properties["ToPort"]) == ("5432", "5432")
    assert "CidrIp" not in properties
    assert "Client" in properties["SourceSecurityGroupId"]


@pytest.mark.parametrize(
    "path",
    [
        "Api/CpuAlarm",
        "Api/MemoryAlarm",
        "Api/ServerErrorsAlarm",
        "Api/ResponseTimeAlarm",
        "Api/UnhealthyTargetsAlarm",
        "Database/CpuAlarm",
        "Database/StorageAlarm",
        "Database/ConnectionsAlarm",
    ],
)
def test_what_the_documents_watch_is_watched(find: Find, path: str) -> None:
    assert find("production", path)["AlarmActions"]


def test_office_hours_are_off_until_somebody_wants_them(systems: dict[str, System]) -> None:
    for system in systems.values():
        assert not paths(system, "AWS::Scheduler::Schedule")
