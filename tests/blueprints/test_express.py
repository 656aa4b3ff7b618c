"""Express as AWS would see it, environment by environment: the promises of its documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackyard import checks
from stackyard.environments import ParameterSet, load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve

ENVIRONMENTS = ["dev", "staging", "prod"]
Find = Callable[[str, str], dict[str, Any]]
Resolve = Callable[..., System]


@pytest.fixture(scope="module")
def sets(project: Project, library: Library) -> dict[str, ParameterSet]:
    found, findings = load(project.params, "express", library.template("blueprints/express").body)
    assert findings == []
    return {item.environment: item for item in found}


@pytest.fixture(scope="module")
def resolved(library: Library, sets: dict[str, ParameterSet]) -> Resolve:
    """Return an environment, with other parameters where some are given."""
    bodies = {item.path: item.body for item in library.tree("express")}

    def resolved(environment: str, **values: str) -> System:
        item = sets[environment]
        return resolve(
            "express",
            bodies,
            {**item.parameters, **values},
            item.regions[0],
            stack_name=item.stack_name,
            environment=environment,
        )

    return resolved


@pytest.fixture(scope="module")
def systems(resolved: Resolve) -> dict[str, System]:
    return {environment: resolved(environment) for environment in ENVIRONMENTS}


@pytest.fixture(scope="module")
def find(systems: dict[str, System]) -> Find:
    """Return the properties of the resource at a path of an environment."""
    return lambda environment, path: properties(systems[environment], path)


def properties(system: System, path: str) -> dict[str, Any]:
    found = system.find(path)
    assert found is not None, f"{system.environment} has no {path}"
    return {key: plain(value) for key, value in found.properties.items()}


def paths(system: System, kind: str) -> list[str]:
    return [resource.path for resource in system.resources(kind)]


def waits_for(library: Library) -> dict[str, set[str]]:
    """Return what each nested stack waits for, by a value that it takes or by word."""
    nested = library.template("blueprints/express").body["Resources"]

    def named(data: Any) -> set[str]:
        if isinstance(data, dict):
            got = data.get("Fn::GetAtt")
            own = {got[0]} if got else set()
            return own.union(*(named(value) for value in data.values()))
        return set().union(*(named(item) for item in data)) if isinstance(data, list) else set()

    direct = {
        title: named(stack["Properties"]) | set(stack.get("DependsOn", []))
        for title, stack in nested.items()
    }

    def all_of(title: str) -> set[str]:
        return direct[title].union(*(all_of(other) for other in direct[title]))

    return {title: all_of(title) for title in direct}


def test_database_and_queue_wait_for_the_network_and_not_for_each_other(library: Library) -> None:
    waits = waits_for(library)
    for one, other in (("Database", "Queue"), ("Queue", "Database")):
        assert "Network" in waits[one]
        assert other not in waits[one]


def test_api_and_worker_wait_for_database_and_queue_and_not_for_each_other(
    library: Library,
) -> None:
    waits = waits_for(library)
    for one, other in (("Api", "Worker"), ("Worker", "Api")):
        assert {"Network", "Database", "Queue"} <= waits[one]
        assert other not in waits[one]


@pytest.mark.parametrize(
    ("environment", "least", "most", "reader"),
    [("dev", "0.5", "2", False), ("staging", "0.5", "4", False), ("prod", "1", "8", True)],
)
def test_capacity_of_the_database_is_that_of_the_environment_table(
    systems: dict[str, System], find: Find, environment: str, least: str, most: str, reader: bool
) -> None:
    cluster = find(environment, "Database/Database")
    assert cluster["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": least,
        "MaxCapacity": most,
    }
    assert (systems[environment].find("Database/Reader") is not None) is reader


@pytest.mark.parametrize(
    ("environment", "cpu", "memory", "least", "most"),
    [
        ("dev", "512", "1024", "1", "2"),
        ("staging", "1024", "2048", "1", "5"),
        ("prod", "1024", "2048", "2", "10"),
    ],
)
def test_tasks_have_the_size_and_number_of_the_environment_table(
    find: Find, environment: str, cpu: str, memory: str, least: str, most: str
) -> None:
    task = find(environment, "Api/TaskDefinition")
    target = find(environment, "Scaling/TaskCount")
    assert (task["Cpu"], task["Memory"]) == (cpu, memory)
    assert (str(target["MinCapacity"]), str(target["MaxCapacity"])) == (least, most)


@pytest.mark.parametrize(
    ("environment", "count"), [("dev", "5"), ("staging", "10"), ("prod", "50")]
)
def test_worker_has_the_concurrency_of_the_environment_table_and_reserves_it_when_asked(
    resolved: Resolve, find: Find, environment: str, count: str
) -> None:
    source = find(environment, "Worker/Messages")
    assert source["ScalingConfig"] == {"MaximumConcurrency": count}
    assert "ReservedConcurrentExecutions" not in find(environment, "Worker/Worker")
    reserving = resolved(environment, ReservesConcurrency="true")
    assert properties(reserving, "Worker/Worker")["ReservedConcurrentExecutions"] == count


@pytest.mark.parametrize(
    ("environment", "kind", "count"),
    [
        ("dev", "AWS::AutoScaling::AutoScalingGroup", 1),
        ("staging", "AWS::EC2::NatGateway", 1),
        ("prod", "AWS::EC2::NatGateway", 3),
    ],
)
def test_way_out_is_the_cheapest_in_dev_and_one_for_each_zone_in_prod(
    systems: dict[str, System], environment: str, kind: str, count: int
) -> None:
    ways = {"AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::NatGateway"}
    found = {one: len(paths(systems[environment], one)) for one in ways}
    assert found == {**dict.fromkeys(ways, 0), kind: count}


@pytest.mark.parametrize(("environment", "zones"), [("dev", 2), ("staging", 2), ("prod", 3)])
def test_each_zone_has_a_public_a_private_and_an_isolated_subnet_of_256_addresses(
    systems: dict[str, System], environment: str, zones: int
) -> None:
    subnets = list(systems[environment].resources("AWS::EC2::Subnet"))
    assert len(subnets) == 3 * zones
    ranges = [str(plain(subnet.properties["CidrBlock"])) for subnet in subnets]
    assert len(set(ranges)) == len(ranges)
    assert all(one.startswith("10.0.") and one.endswith(".0/24") for one in ranges)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_database_stands_in_isolated_subnets_tasks_and_worker_in_private_ones(
    find: Find, environment: str
) -> None:
    def tier(ids: Any) -> set[str]:
        return {str(one).rstrip(">").rpartition("/")[2][:-1] for one in ids}

    assert tier(find(environment, "Database/SubnetGroup")["SubnetIds"]) == {"IsolatedSubnet"}
    network = find(environment, "Api/Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert tier(network["Subnets"]) == {"PrivateSubnet"}
    assert tier(find(environment, "Worker/Worker")["VpcConfig"]["SubnetIds"]) == {"PrivateSubnet"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_isolated_subnets_have_no_route_to_the_internet(
    systems: dict[str, System], environment: str
) -> None:
    tables = {str(plain(r.properties["RouteTableId"])) for r in routes(systems[environment])}
    assert tables
    assert not [table for table in tables if "Isolated" in table]


def routes(system: System) -> list[Any]:
    return list(system.resources("AWS::EC2::Route"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_api_gets_its_variables_and_the_url_of_the_database_from_its_secret(
    find: Find, environment: str
) -> None:
    (app,) = find(environment, "Api/TaskDefinition")["ContainerDefinitions"]
    variables = {item["Name"]: item["Value"] for item in app["Environment"]}
    assert variables == {
        "QUEUE_URL": "<Queue/Queue>",
        "AWS_REGION": "us-east-1",
        "NODE_ENV": "production",
        "LOG_LEVEL": "debug" if environment == "dev" else "info",
        "OTEL_SERVICE_NAME": f"myorg-{environment}-express",
    }
    (secret,) = app["Secrets"]
    assert secret == {"Name": "DATABASE_URL", "ValueFrom": "<Database/Connection>:url::"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_load_balancer_asks_health_on_port_3000(find: Find, environment: str) -> None:
    targets = find(environment, "Api/Targets")
    assert (str(targets["Port"]), targets["HealthCheckPath"]) == ("3000", "/health")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_api_scales_on_cpu_memory_and_requests(
    systems: dict[str, System], environment: str
) -> None:
    aims = {
        policy.logical_id: str(
            plain(policy.properties["TargetTrackingScalingPolicyConfiguration"])["TargetValue"]
        )
        for policy in systems[environment].resources("AWS::ApplicationAutoScaling::ScalingPolicy")
    }
    assert aims == {"CpuScaling": "70", "MemoryScaling": "80", "RequestsScaling": "1000"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_api_may_send_to_exactly_this_queue_and_worker_consumes_it(
    systems: dict[str, System], environment: str
) -> None:
    granted = {
        (path, statement["Sid"]): statement["Resource"]
        for path in ("Api/TaskRole", "Worker/WorkerRole")
        for policy in properties(systems[environment], path)["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid")
    }
    assert granted == {
        ("Api/TaskRole", "SendQueueUrl"): "<Queue/Queue.Arn>",
        ("Worker/WorkerRole", "ConsumeQueueUrl"): "<Queue/Queue.Arn>",
        ("Worker/WorkerRole", "ConnectDatabaseUrl"): "<Database/Connection>",
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_connects_carries_the_group_that_the_database_admits(
    find: Find, environment: str
) -> None:
    group = "<Database/ClientSecurityGroup.GroupId>"
    network = find(environment, "Api/Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert group in network["SecurityGroups"]
    assert group in find(environment, "Worker/Worker")["VpcConfig"]["SecurityGroupIds"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_messages_stay_hidden_for_six_times_as_long_as_a_batch_may_take(
    systems: dict[str, System], find: Find, environment: str
) -> None:
    hidden = int(find(environment, "Queue/Queue")["VisibilityTimeout"])
    assert hidden >= 6 * int(find(environment, "Worker/Worker")["Timeout"])
    assert checks.run(systems[environment]) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_longer_batch_is_a_finding_of_the_build_before_it_loses_messages(
    resolved: Resolve, environment: str
) -> None:
    (found,) = checks.run(resolved(environment, WorkerTimeoutSeconds="61"))
    assert "visibility timeout of 360 s for Worker/Worker" in found.message
    assert "make it 366 s or more" in found.message


def test_a_blocked_runtime_is_an_error_and_a_deprecated_one_a_warning(resolved: Resolve) -> None:
    (blocked,) = checks.run(resolved("dev", WorkerRuntime="nodejs12.x"))
    assert not blocked.warning
    (deprecated,) = checks.run(resolved("dev", WorkerRuntime="nodejs20.x"))
    assert deprecated.warning
    assert "nodejs24.x" in deprecated.message


def test_queue_worker_and_window_become_fifo_together(resolved: Resolve) -> None:
    system = resolved("dev", Fifo="true")
    for path in ("Queue/Queue", "Queue/DeadLetterQueue"):
        assert properties(system, path)["FifoQueue"] is True
    assert "MaximumBatchingWindowInSeconds" not in properties(system, "Worker/Messages")


def test_without_nat_everything_that_is_called_has_an_endpoint(resolved: Resolve) -> None:
    system = resolved("dev", Nat="none", DesiredCount="0", Tracing="true")
    services = {
        str(plain(one.properties["ServiceName"])).partition("us-east-1.")[2]
        for one in system.resources("AWS::EC2::VPCEndpoint")
    }
    assert services == {
        *("s3", "ecr.api", "ecr.dkr", "ecs", "logs", "secretsmanager", "sqs", "ssmmessages"),
        "xray",
    }


def test_dev_speaks_plain_http_and_others_tls_of_1_2_or_more(
    systems: dict[str, System], find: Find
) -> None:
    assert paths(systems["dev"], "AWS::CertificateManager::Certificate") == []
    for environment in ("staging", "prod"):
        (redirect,) = find(environment, "LoadBalancer/HttpListener")["DefaultActions"]
        assert redirect["RedirectConfig"]["Protocol"] == "HTTPS"
        policy = find(environment, "LoadBalancer/HttpsListener")["SslPolicy"]
        assert policy.startswith("ELBSecurityPolicy-TLS13-1-2")


def test_database_of_prod_is_kept_from_deletion_and_backed_up_for_two_weeks(find: Find) -> None:
    cluster = find("prod", "Database/Database")
    assert str(cluster["DeletionProtection"]).lower() == "true"
    assert str(cluster["BackupRetentionPeriod"]) == "14"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_rotation_keeps_the_connection_true_and_rolls_the_api(find: Find, environment: str) -> None:
    variables = find(environment, "Rotation/RotationFunction")["Environment"]["Variables"]
    assert variables["CONNECTION_SECRET_ARN"] == "<Database/Connection>"
    assert variables["SERVICE_ARNS"] == "<Api/Service>"


@pytest.mark.parametrize(
    "path",
    [
        *("Api/ServerErrorsAlarm", "Api/ResponseTimeAlarm", "LoadBalancer/ElbErrorsAlarm"),
        *("Database/ConnectionsAlarm", "Database/CpuAlarm", "Database/CapacityAlarm"),
        *("Queue/DepthAlarm", "Queue/AgeAlarm", "Queue/DeadLetterAlarm"),
        *("Worker/ErrorRateAlarm", "Worker/DurationAlarm", "Worker/ThrottleAlarm"),
    ],
)
def test_what_the_documents_watch_is_watched(find: Find, path: str) -> None:
    assert find("prod", path)["AlarmActions"] == ["<Alerts/AlarmTopic>"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_dashboard_shows_api_database_queue_and_worker(find: Find, environment: str) -> None:
    body = str(find(environment, "Monitoring/Dashboard")["DashboardBody"])
    for metric in (
        *("TargetResponseTime", "HTTPCode_Target_5XX_Count", "RequestCount"),
        *("DatabaseConnections", "CPUUtilization", "CommitThroughput"),
        *("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"),
        *("Duration", "Errors", "Throttles"),
    ):
        assert f'"{metric}"' in body, metric


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_logs_are_kept_for_thirty_days(systems: dict[str, System], environment: str) -> None:
    groups = list(systems[environment].resources("AWS::Logs::LogGroup"))
    assert len(groups) == 4
    assert {str(plain(one.properties["RetentionInDays"])) for one in groups} == {"30"}


def test_api_and_worker_are_traced_together_by_choice(resolved: Resolve) -> None:
    traced = resolved("dev", Tracing="true")
    containers = properties(traced, "Api/TaskDefinition")["ContainerDefinitions"]
    assert [one["Name"] for one in containers] == ["app", "collector"]
    assert properties(traced, "Worker/Worker")["TracingConfig"] == {"Mode": "Active"}
    sampled = properties(traced, "TraceSampling/SamplingRule")["SamplingRule"]
    assert sampled["ServiceName"] == "myorg-dev-express"


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_dev_and_staging_keep_office_hours(systems: dict[str, System], environment: str) -> None:
    found = {item.logical_id for item in systems[environment].resources("AWS::Scheduler::Schedule")}
    whats = ("Database", "Service", "Worker")
    assert found == {f"{verb}{what}" for verb in ("Sleep", "Wake") for what in whats}


def test_prod_never_sleeps_and_every_alarm_of_dev_is_quiet_at_night(
    systems: dict[str, System], find: Find
) -> None:
    assert not list(systems["prod"].resources("AWS::Scheduler::Schedule"))
    alarms = list(systems["dev"].resources("AWS::CloudWatch::Alarm"))
    for rule in ("QuietNights", "QuietDaysOff"):
        quiet = find("dev", f"OfficeHours/{rule}")["MuteTargets"]["AlarmNames"]
        assert {f"<{alarm.path}>" for alarm in alarms} == set(quiet)
