"""A system on a laptop: the Compose file has its shape and is one by the specification."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from stackyard import start
from stackyard.commands.composing import _yaml
from stackyard.compose import Images, compose, feeder
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System
from tests.checks.systems import resource, system
from tests.support import ROOT

# of https://github.com/compose-spec/compose-spec, Apache License 2.0
SCHEMA = json.loads((ROOT / "tests" / "data" / "compose-spec.json").read_text())
ENVIRONMENTS = [
    (name, folder.stem)
    for name in Library(Project(ROOT)).blueprints
    for folder in sorted((ROOT / "params" / name).glob("*.yaml"))
    if folder.stem != "common"
]


def composed(found: System, **images: str) -> dict[str, Any]:
    return dict(compose(found, Images(**images)).data)


def shop(**more: Any) -> System:
    """Return a system with a database, a queue, an API and a worker."""
    connection = {
        "Fn::Sub": "{"
        + '"url":"postgresql://shop:{{resolve:secretsmanager:x:SecretString:password}}'
        + '@${Db.Endpoint.Address}:${Db.Endpoint.Port}/shop?sslmode=require"}'
    }
    address = {"Fn::Sub": "${Connection}:url::"}
    resources = {
        "Db": resource(
            "RDS::DBInstance",
            Engine="postgres",
            EngineVersion="16.9",
            DBName="shop",
            MasterUsername="shop",
        ),
        "Connection": resource("SecretsManager::Secret", SecretString=connection),
        "SigningKey": resource("SecretsManager::Secret", GenerateSecretString={}),
        "DeadLetters": resource("SQS::Queue", FifoQueue=True),
        "WorkQueue": resource(
            "SQS::Queue",
            FifoQueue=True,
            VisibilityTimeout=360,
            RedrivePolicy={
                "deadLetterTargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]},
                "maxReceiveCount": 5,
            },
        ),
        "Task": resource(
            "ECS::TaskDefinition",
            ContainerDefinitions=[
                {
                    "PortMappings": [{"ContainerPort": 3000}],
                    "Environment": [
                        {"Name": "QUEUE_URL", "Value": {"Ref": "WorkQueue"}},
                        {"Name": "PRICE", "Value": "$5"},
                        {"Name": "TOPIC", "Value": {"Ref": "Topic"}},
                    ],
                    "Secrets": [
                        {"Name": "DATABASE_URL", "ValueFrom": address},
                        {"Name": "SIGNING", "ValueFrom": {"Fn::Sub": "${SigningKey}:password::"}},
                    ],
                }
            ],
        ),
        "Topic": resource("SNS::Topic"),
        "Worker": resource(
            "Lambda::Function",
            Handler="handler.handler",
            Runtime="nodejs24.x",
            Environment={"Variables": {"DATABASE_URL_SECRET": address}},
        ),
        "Messages": resource(
            "Lambda::EventSourceMapping",
            FunctionName={"Ref": "Worker"},
            EventSourceArn={"Fn::GetAtt": ["WorkQueue", "Arn"]},
            BatchSize=10,
        ),
        **more,
    }
    return system(resources)


@pytest.mark.parametrize(("blueprint", "environment"), ENVIRONMENTS)
def test_every_environment_becomes_a_file_by_the_specification(
    project: Project, blueprint: str, environment: str
) -> None:
    data = composed(start.resolved(project, blueprint, environment))
    assert not [error.message for error in Draft7Validator(SCHEMA).iter_errors(data)]
    assert yaml.safe_load(_yaml(data)) == data


def test_the_database_is_postgresql_of_the_same_major_version() -> None:
    service = composed(shop())["services"]["database"]
    assert service["image"] == "postgres:16"
    assert service["environment"]["POSTGRES_DB"] == "shop"


def test_the_api_reaches_the_database_by_the_address_that_its_secret_would_hold() -> None:
    variables = composed(shop())["services"]["task"]["environment"]
    assert variables["DATABASE_URL"] == "postgresql://shop:local@database:5432/shop?sslmode=disable"
    assert variables["QUEUE_URL"] == "http://queue:9324/000000000000/work-queue.fifo"
    assert len(variables["SIGNING"]) >= 32


def test_what_looks_like_a_variable_of_compose_is_none() -> None:
    assert composed(shop())["services"]["task"]["environment"]["PRICE"] == "$$5"


def test_what_exists_in_aws_only_is_said() -> None:
    made = compose(shop())
    assert made.notes == ("Topic exists in AWS only; a name stands for it",)


def test_images_are_given_on_the_command_line_or_by_variables() -> None:
    services = composed(shop(), api="shop:7", worker="jobs:7")["services"]
    assert services["task"]["image"] == "${API_IMAGE:-shop:7}"
    assert services["worker"]["image"] == "${WORKER_IMAGE:-jobs:7}"
    assert "volumes" not in services["worker"]


def test_queues_redrive_as_they_do_in_aws() -> None:
    text = composed(shop())["configs"]["queue"]["content"]
    assert "defaultVisibilityTimeout = 360 seconds" in text
    assert 'deadLettersQueue { name = "dead-letters.fifo", maxReceiveCount = 5 }' in text
    assert text.count("fifo = true") == 2


def test_nothing_is_reached_from_outside_this_machine() -> None:
    for name, service in composed(shop())["services"].items():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), name


class Answers(BaseHTTPRequestHandler):
    """A queue with two messages, and a function that fails the second."""

    asked: list[tuple[str, Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        action = self.headers.get("X-Amz-Target", "invoke")
        self.asked.append((action.rpartition(".")[2], body))
        messages = [
            {"MessageId": name, "ReceiptHandle": f"r-{name}", "Body": "{}"} for name in ("a", "b")
        ]
        known = {
            "AmazonSQS.ReceiveMessage": {"Messages": messages},
            "invoke": {"batchItemFailures": [{"itemIdentifier": "b"}]},
        }
        content = json.dumps(known.get(action, {})).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    calls: list[tuple[str, Any]] = []
    handler = type("Handler", (Answers,), {"asked": calls})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("QUEUE_URL", f"{url}/000000000000/queue")
    monkeypatch.setenv("QUEUE_ARN", "arn:aws:sqs:us-east-1:000000000000:queue")
    monkeypatch.setenv("FUNCTION_URL", f"{url}/function")
    monkeypatch.setenv("BATCH_SIZE", "10")
    yield calls
    server.shutdown()
    server.server_close()


def test_the_feeder_hands_a_batch_over_and_deletes_what_did_not_fail(
    asked: list[tuple[str, Any]],
) -> None:
    assert feeder.feed() == 2
    assert [action for action, _ in asked] == ["ReceiveMessage", "invoke", "DeleteMessage"]
    records = asked[1][1]["Records"]
    assert [one["messageId"] for one in records] == ["a", "b"]
    assert records[0]["eventSourceARN"].endswith(":queue")
    assert asked[2][1]["ReceiptHandle"] == "r-a"


def test_a_batch_whose_function_fails_comes_again_as_a_whole() -> None:
    records = [{"messageId": "a", "receiptHandle": "r-a"}]
    assert feeder.handled(records, {"errorMessage": "broken"}) == []
