"""What a release asks, and that it always gets an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from templates_src.functions.deployment_hooks import handler as hooks

EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "token"}
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/api:7"
TASK = "arn:aws:ecs:eu-west-1:123456789012:task/cluster/abc"


class Context:
    """What Lambda says of the time that is left."""

    def __init__(self, seconds: float = 60) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


class CodeDeploy:
    def __init__(self) -> None:
        self.answers: list[dict[str, str]] = []
        self.revision: dict[str, Any] = {
            "appSpecContent": {"content": f"        TaskDefinition: {FAMILY}\n"}
        }

    def put_lifecycle_event_hook_execution_status(self, **answer: str) -> None:
        self.answers.append(answer)

    def get_deployment(self, *, deploymentId: str) -> dict[str, Any]:
        assert deploymentId == "d-1"
        return {"deploymentInfo": {"revision": self.revision}}


class Ecs:
    """An ECS whose task goes through *states* and ends with *code*."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []
        self.states = ["PENDING", "RUNNING", "STOPPED"]
        self.code: int | None = 0
        self.failures: list[dict[str, str]] = []
        self.refuses = False

    def run_task(self, **given: Any) -> dict[str, Any]:
        if self.refuses:
            raise ClientError({"Error": {"Code": "ClientException", "Message": "no"}}, "RunTask")
        self.started.append(given)
        return {"tasks": [] if self.failures else [{"taskArn": TASK}], "failures": self.failures}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if not state:
            return {"tasks": []}
        container = {"name": "app"} | ({} if self.code is None else {"exitCode": self.code})
        return {
            "tasks": [{"lastStatus": state, "containers": [container], "stoppedReason": "no image"}]
        }

    def stop_task(self, *, task: str, **_: str) -> None:
        self.stopped.append(task)

    def describe_task_definition(self, **_: str) -> dict[str, Any]:
        options = {"awslogs-group": "logs", "awslogs-stream-prefix": "app"}
        container = {"name": "app", "logConfiguration": {"options": options}}
        return {"taskDefinition": {"containerDefinitions": [container]}}


class Logs:
    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        assert asked["logStreamName"] == "app/app/abc"
        return {"events": [{"message": "relation exists"}, {"message": "gave up"}]}


@pytest.fixture
def codedeploy() -> CodeDeploy:
    return CodeDeploy()


@pytest.fixture
def ecs() -> Ecs:
    return Ecs()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, codedeploy: CodeDeploy, ecs: Ecs) -> None:
    clients = {"codedeploy": codedeploy, "ecs": ecs, "logs": Logs()}
    monkeypatch.setattr(boto3, "client", lambda name, **_: clients[name])
    monkeypatch.setattr(hooks, "PAUSE_SECONDS", 0.01)
    for name, value in {
        "SCHEME": "http",
        "LOAD_BALANCER": "127.0.0.1",
        "HOST_NAME": "",
        "HEALTH_CHECK_PATH": "/health",
        "HEALTHY_CODES": "200-299,404",
        "VALIDATION_SECONDS": "0.3",
        "MIGRATION_COMMAND": "alembic,upgrade,head",
        "CLUSTER_NAME": "cluster",
        "CONTAINER_NAME": "app",
        "SUBNET_IDS": "subnet-1,subnet-2",
        "SECURITY_GROUP_IDS": "sg-1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """Return a function that serves status codes, the last one for ever, and lists the hosts."""
    started: list[HTTPServer] = []

    def serve(*statuses: int) -> list[str]:
        waiting, hosts = list(statuses), []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hosts.append(self.headers["Host"])
                self.send_response(waiting.pop(0) if len(waiting) > 1 else waiting[0])
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        started.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=started[-1].serve_forever, daemon=True).start()
        monkeypatch.setenv("PORT", str(started[-1].server_port))
        return hosts

    yield serve
    for server in started:
        server.shutdown()
        server.server_close()


def statuses(codedeploy: CodeDeploy) -> list[str]:
    assert all(one["deploymentId"] == "d-1" for one in codedeploy.answers)
    assert all(one["lifecycleEventHookExecutionId"] == "token" for one in codedeploy.answers)
    return [one["status"] for one in codedeploy.answers]


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ([200], "Succeeded"),
        ([503, 502, 200], "Succeeded"),
        ([404], "Succeeded"),  # it is among the healthy codes
        ([500], "Failed"),
        ([301], "Failed"),
    ],
)
def test_tasks_have_to_be_well_several_times_in_a_row_before_the_deadline(
    serve: Callable[..., list[str]], codedeploy: CodeDeploy, given: list[int], answer: str
) -> None:
    hosts = serve(*given)
    assert hooks.validate(EVENT, Context()) == {"status": answer}
    assert statuses(codedeploy) == [answer]
    assert len(hosts) >= hooks.WELL_IN_A_ROW


def test_one_bad_answer_starts_the_count_again(serve: Callable[..., list[str]]) -> None:
    hosts = serve(200, 200, 500, 200)
    assert hooks.validate(EVENT, Context()) == {"status": "Succeeded"}
    assert len(hosts) == 3 + hooks.WELL_IN_A_ROW


def test_the_listener_is_asked_by_the_name_of_its_certificate(
    serve: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = serve(200)
    monkeypatch.setenv("HOST_NAME", "api.example.com")
    hooks.validate(EVENT, Context())
    assert set(hosts) == {"api.example.com"}
    assert hooks.tls().check_hostname
    monkeypatch.setenv("HOST_NAME", "")
    assert not hooks.tls().check_hostname


def test_nobody_listening_is_a_failure_that_says_so(
    codedeploy: CodeDeploy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(free.getsockname()[1]))
    assert hooks.validate(EVENT, Context()) == {"status": "Failed"}
    assert statuses(codedeploy) == ["Failed"]
    assert "ConnectionRefusedError" in caplog.text


def test_migration_runs_the_released_revision_where_the_tasks_run(
    codedeploy: CodeDeploy, ecs: Ecs
) -> None:
    ecs.states.insert(0, "")  # not found at first
    assert hooks.migrate(EVENT, Context()) == {"status": "Succeeded"}
    (given,) = ecs.started
    assert given["taskDefinition"] == FAMILY
    assert given["overrides"]["containerOverrides"] == [
        {"name": "app", "command": ["alembic", "upgrade", "head"]}
    ]
    network = given["networkConfiguration"]["awsvpcConfiguration"]
    assert network["subnets"] == ["subnet-1", "subnet-2"]
    assert statuses(codedeploy) == ["Succeeded"]


def test_the_same_event_starts_the_same_task(ecs: Ecs) -> None:
    for _ in range(2):
        hooks.migrate(EVENT, Context())
    first, second = (one["clientToken"] for one in ecs.started)
    assert first == second
    assert len(first) <= 64


def test_a_failed_migration_shows_its_exit_code_and_last_lines(
    codedeploy: CodeDeploy, ecs: Ecs, caplog: pytest.LogCaptureFixture
) -> None:
    ecs.code = 3
    assert hooks.migrate(EVENT, Context()) == {"status": "Failed"}
    assert "exit code 3" in caplog.text
    assert "relation exists\ngave up" in caplog.text
    assert statuses(codedeploy) == ["Failed"]


def test_a_task_that_never_ran_says_why(ecs: Ecs, caplog: pytest.LogCaptureFixture) -> None:
    ecs.code = None
    assert hooks.migrate(EVENT, Context()) == {"status": "Failed"}
    assert "no image" in caplog.text


def test_a_migration_that_takes_too_long_is_stopped(codedeploy: CodeDeploy, ecs: Ecs) -> None:
    ecs.states = ["RUNNING"]
    assert hooks.migrate(EVENT, Context(hooks.RESERVE_SECONDS + 0.1)) == {"status": "Failed"}
    assert ecs.stopped == [TASK]
    assert statuses(codedeploy) == ["Failed"]


def test_without_a_command_nothing_runs(
    monkeypatch: pytest.MonkeyPatch, codedeploy: CodeDeploy, ecs: Ecs
) -> None:
    monkeypatch.setenv("MIGRATION_COMMAND", "")
    assert hooks.migrate(EVENT, Context()) == {"status": "Succeeded"}
    assert ecs.started == []


@pytest.mark.parametrize(
    "content",
    [
        f"TaskDefinition: {FAMILY}",
        f'TaskDefinition: "{FAMILY}"',
        f'{{"Properties":{{"TaskDefinition":"{FAMILY}","X":1}}}}',
    ],
)
@pytest.mark.parametrize("key", ["appSpecContent", "string"])
def test_app_spec_is_read_as_yaml_and_as_json(
    codedeploy: CodeDeploy, content: str, key: str
) -> None:
    codedeploy.revision = {key: {"content": content}}
    assert hooks.released_definition("d-1") == FAMILY


def broken_task(_codedeploy: CodeDeploy, ecs: Ecs) -> None:
    ecs.refuses = True


def no_room(_codedeploy: CodeDeploy, ecs: Ecs) -> None:
    ecs.failures = [{"reason": "RESOURCE:MEMORY"}]


def no_definition(codedeploy: CodeDeploy, _ecs: Ecs) -> None:
    codedeploy.revision = {"appSpecContent": {"content": "version: 0.0"}}


def nonsense(codedeploy: CodeDeploy, _ecs: Ecs) -> None:
    codedeploy.revision = {"appSpecContent": None, "string": 3}


@pytest.mark.parametrize("breaks", [broken_task, no_room, no_definition, nonsense])
def test_whatever_goes_wrong_codedeploy_hears_of_it(
    codedeploy: CodeDeploy, ecs: Ecs, breaks: Callable[[CodeDeploy, Ecs], None]
) -> None:
    breaks(codedeploy, ecs)
    assert hooks.migrate(EVENT, Context()) == {"status": "Failed"}
    assert statuses(codedeploy) == ["Failed"]


def test_a_hook_without_its_variables_fails_and_says_so(
    monkeypatch: pytest.MonkeyPatch, codedeploy: CodeDeploy, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("MIGRATION_COMMAND")
    assert hooks.migrate(EVENT, Context()) == {"status": "Failed"}
    assert statuses(codedeploy) == ["Failed"]
    assert "KeyError" in caplog.text
