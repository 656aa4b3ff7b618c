from __future__ import annotations

from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.worker import worker
from templates_src.contract import Value, contract, parameter
from templates_src.parts.access import Connect
from tests.components.evaluated import stack_of

QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:jobs"
GIVEN = {
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
    "TemplateBucket": "templates",
    "QueueGrant": f"{QUEUE_ARN},https://sqs/jobs",
    "VpcId": "vpc-1",
    "PrivateSubnetIds": "subnet-1,subnet-2",
}


@contract
class Connected(worker.takes):  # type: ignore[name-defined, misc]
    database_grant: Value = parameter("Grant of the database.", bind=Connect("DATABASE_URL"))


connected = worker.extended("connected_worker", Connected)
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:one"


def evaluated(**given: str) -> Stack:
    return stack_of(worker, **{**GIVEN, **given})


def properties(stack: Stack, title: str) -> dict[str, Any]:
    return {name: plain(value) for name, value in stack.resources[title].properties.items()}


def statements(stack: Stack) -> list[dict[str, Any]]:
    policies = properties(stack, "WorkerRole")["Policies"]
    return [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]


@pytest.fixture(scope="module")
def plainly() -> Stack:
    return evaluated()


@pytest.fixture(scope="module")
def with_database() -> Stack:
    return stack_of(connected, **GIVEN, DatabaseGrant=f"{SECRET_ARN},sg-clients")


def test_function_is_the_starter_of_the_same_build(plainly: Stack) -> None:
    function = properties(plainly, "Worker")
    assert function["Code"]["S3Key"] == "stackyard/functions/worker.zip"
    assert (function["PackageType"], function["Runtime"]) == ("Zip", "nodejs24.x")


def test_image_takes_the_place_of_archive_runtime_and_handler() -> None:
    function = properties(evaluated(Image="123.dkr.ecr.us-east-1.amazonaws.com/w:1"), "Worker")
    assert function["Code"] == {"ImageUri": "123.dkr.ecr.us-east-1.amazonaws.com/w:1"}
    assert function["PackageType"] == "Image"
    assert not {"Runtime", "Handler"} & function.keys()


def test_ten_messages_or_five_seconds_make_a_batch_and_only_what_failed_comes_again(
    plainly: Stack,
) -> None:
    source = properties(plainly, "Messages")
    assert source["EventSourceArn"] == QUEUE_ARN
    assert (source["BatchSize"], source["MaximumBatchingWindowInSeconds"]) == ("10", "5")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_fifo_queue_has_no_batch_window() -> None:
    source = properties(evaluated(Fifo="true"), "Messages")
    assert "MaximumBatchingWindowInSeconds" not in source


def test_concurrency_is_capped_and_not_reserved_unless_it_is_asked_for() -> None:
    capped = evaluated(MaxConcurrencyCount="50")
    assert properties(capped, "Messages")["ScalingConfig"] == {"MaximumConcurrency": "50"}
    assert "ReservedConcurrentExecutions" not in properties(capped, "Worker")
    reserved = evaluated(MaxConcurrencyCount="50", ReservesConcurrency="true")
    assert properties(reserved, "Worker")["ReservedConcurrentExecutions"] == "50"


def test_role_may_do_nothing_but_log_stand_in_the_vpc_and_consume(plainly: Stack) -> None:
    own, interfaces, consume = statements(plainly)
    assert own["Resource"] == "<WorkerLogs.Arn>"
    assert own["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert all(action.startswith("ec2:") for action in interfaces["Action"])
    assert (consume["Sid"], consume["Resource"]) == ("ConsumeQueueUrl", QUEUE_ARN)
    assert "ManagedPolicyArns" not in properties(plainly, "WorkerRole")


def test_connecting_to_a_database_brings_secret_permission_and_group(with_database: Stack) -> None:
    function = properties(with_database, "Worker")
    assert function["Environment"]["Variables"]["DATABASE_URL_SECRET"] == f"{SECRET_ARN}:url::"
    groups = function["VpcConfig"]["SecurityGroupIds"]
    assert groups == ["<WorkerSecurityGroup.GroupId>", "sg-clients"]
    (read,) = [one for one in statements(with_database) if "Connect" in one.get("Sid", "")]
    assert read["Action"] == ["secretsmanager:GetSecretValue"]
    assert read["Resource"] == SECRET_ARN


def test_a_customers_key_is_used_through_secrets_manager_only() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/one"
    (decrypt,) = [
        one for one in statements(evaluated(SecretsKeyArn=key)) if one["Action"] == ["kms:Decrypt"]
    ]
    assert decrypt["Resource"] == key
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]


@pytest.mark.parametrize(("tracing", "mode"), [("false", "PassThrough"), ("true", "Active")])
def test_tracing_is_by_choice_with_its_permissions(tracing: str, mode: str) -> None:
    stack = evaluated(Tracing=tracing)
    assert properties(stack, "Worker")["TracingConfig"] == {"Mode": mode}
    traces = [one for one in statements(stack) if "xray:PutTraceSegments" in one["Action"]]
    assert len(traces) == (mode == "Active")


def test_log_is_json_of_the_chosen_level_in_a_group_of_its_own() -> None:
    logging = properties(evaluated(LogLevel="warn"), "Worker")["LoggingConfig"]
    assert logging == {
        "LogGroup": "<WorkerLogs>",
        "LogFormat": "JSON",
        "ApplicationLogLevel": "WARN",
    }


def test_server_certificates_of_databases_are_trusted_by_the_runtimes_own_list(
    plainly: Stack,
) -> None:
    variables = properties(plainly, "Worker")["Environment"]["Variables"]
    assert variables["NODE_EXTRA_CA_CERTS"] == "/var/runtime/ca-cert.pem"


def test_error_rate_duration_and_throttles_raise_alarms(plainly: Stack) -> None:
    rate = properties(plainly, "ErrorRateAlarm")
    assert [query["Id"] for query in rate["Metrics"] if query["ReturnData"]] == ["rate"]
    assert rate["Threshold"] == "5"
    assert properties(plainly, "DurationAlarm")["ExtendedStatistic"] == "p95"
    assert properties(plainly, "ThrottleAlarm")["MetricName"] == "Throttles"
