"""FastAPI blue/green on the embedded account: it comes, is released, changes, is released, goes."""

from __future__ import annotations

import json
import shutil
import string
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

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
from stackyard.local.releases import REFUSAL
from stackyard.project import Project
from tests.deployed.census import census
from tests.deployed.codedeploy import CodeDeploy, RefusedError, served
from tests.deployed.small import EVERYTHING, outcome
from tests.deployed.test_pyshop import types
from tests.support import ROOT

NAME = "fastapi-bluegreen"
ENVIRONMENTS = ["dev", "prod", "test"]
# The only types that the embedded account cannot make for real
STAND_INS = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CE::AnomalyMonitor",
    "AWS::CE::AnomalySubscription",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::RDS::EventSubscription",
    "AWS::WAFv2::LoggingConfiguration",
}


@pytest.fixture(scope="module")
def built(project: Project) -> Build:
    made = Build(project, Options(NAME, check=True, native=False, cfn_lint=False))
    made.prepare()
    return made


@pytest.fixture(scope="module")
def sets(built: Build) -> dict[str, ParameterSet]:
    return {item.environment: item for item in built.sets[NAME]}


@pytest.fixture
def codedeploy(account: Account) -> Iterator[CodeDeploy]:
    with served(account) as running:
        yield running


def brought(
    account: Account, item: ParameterSet, dist: Path = ROOT / "dist", **values: str
) -> Outcome:
    """Deploy what is in dist/ as the command does."""
    parameters, _ = provide(account, {**item.parameters, **values})
    published = publish(account, dist, NAME)
    place = {"TemplateBucket": published.bucket, "TemplatePrefix": published.prefix}
    request = Request(
        stack_name=item.stack_name,
        template_url=published.url(f"blueprints/{NAME}.yaml"),
        parameters={**parameters, **place},
        tags=item.tags,
        termination_protection=None,
    )
    return outcome(list(deploy(account, request)))


def registered(account: Account, deployed: Outcome, environment: str, image: str) -> str:
    """Register a revision and return the AppSpec of its release, as the workflow does."""
    folder = ROOT / "dist/ci" / NAME / environment

    def filled(file: str, **more: str) -> str:
        text = (folder / file).read_text()
        return string.Template(text).substitute({**deployed.outputs, **more})

    definition = json.loads(filled("taskdef.json", Image=image))
    made = account.client("ecs").register_task_definition(**definition)["taskDefinition"]
    return filled("appspec.yaml", TaskDefinition=made["taskDefinitionArn"])


def without_hooks(app_spec: str) -> str:
    return app_spec.partition("Hooks:")[0]


def service(account: Account, deployed: Outcome) -> dict[str, Any]:
    found = account.client("ecs").describe_services(
        cluster=deployed.outputs["ClusterName"], services=[deployed.outputs["ServiceName"]]
    )
    return dict(found["services"][0])


def definition(account: Account, arn: str) -> dict[str, Any]:
    return dict(
        account.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    )


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
    system = built.resolve(NAME, item, item.regions[0])
    assert dict(types(account, item.stack_name)) == {
        one.path: one.type for one in system.resources()
    }
    assert {one.type for one in server.stand_ins(account)} == STAND_INS
    assert brought(account, item).result == "unchanged"


def test_the_api_gateway_and_the_workflows_role_come_when_they_are_wanted(
    account: Account, sets: dict[str, ParameterSet]
) -> None:
    provider = account.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ThumbprintList=["0" * 40]
    )["OpenIDConnectProviderArn"]
    end = brought(
        account,
        sets["dev"],
        HasHttpApi="true",
        GithubRepository="acme/api",
        GithubProviderArn=provider,
    )
    assert (end.result, end.cause) == ("created", None)
    assert ".execute-api." in end.outputs["GatewayUrl"]
    role = end.outputs["WorkflowRoleArn"].rpartition("/")[2]
    trust = account.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert "repo:acme/api:environment:dev" in json.dumps(trust)


CHANGES = {
    "cpu and memory": {"Cpu": "512", "MemoryMib": "1024"},
    "an environment variable": {"LogLevel": "ERROR"},
    "scaling": {"MinCount": "2", "MaxCount": "6", "CpuTargetPercent": "50"},
    "the image": {"Image": "example.com/api@sha256:" + "1" * 64},
    "listener settings": {
        "TlsPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "IdleTimeoutSeconds": "120",
    },
    "traces and a shell": {"Tracing": "true", "ExecuteCommand": "true"},
    "retention and alarms": {"LogRetentionDays": "30", "ErrorThresholdCount": "99"},
    "how it is released": {
        "DeploymentConfiguration": "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
        "TerminationWaitMinutes": "10",
        "ValidationSeconds": "60",
        "TestListenerCidr": "198.51.100.0/24",
    },
    "the way out": {"Nat": "per-az"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_an_update_between_two_releases_leaves_alone_what_is_live(
    account: Account, sets: dict[str, ParameterSet], codedeploy: CodeDeploy, what: str
) -> None:
    dev = sets["dev"]
    created = brought(account, dev)
    blue, green = codedeploy.pair(created.outputs)
    first = registered(account, created, "dev", "example.com/api@sha256:" + "a" * 64)
    codedeploy.release(created.outputs, without_hooks(first))
    live = service(account, created)["taskDefinition"]
    assert set(codedeploy.targets(created.outputs).values()) == {green}

    updated = brought(account, dev, **CHANGES[what])

    assert (updated.result, updated.cause) == ("updated", None)
    assert service(account, updated)["taskDefinition"] == live
    assert set(codedeploy.targets(updated.outputs).values()) == {green}
    assert definition(account, live)["status"] == "ACTIVE"

    second = registered(account, updated, "dev", "example.com/api@sha256:" + "b" * 64)
    codedeploy.release(updated.outputs, without_hooks(second))
    assert set(codedeploy.targets(updated.outputs).values()) == {blue}
    assert service(account, updated)["taskDefinition"] != live


def test_what_changes_the_task_registers_a_revision_and_keeps_those_before_it(
    account: Account, sets: dict[str, ParameterSet]
) -> None:
    created = brought(account, sets["dev"])
    updated = brought(account, sets["dev"], Cpu="512", MemoryMib="1024")
    before, after = (end.outputs["TaskDefinitionArn"] for end in (created, updated))
    assert before.rpartition(":")[0] == after.rpartition(":")[0]
    assert definition(account, before)["status"] == "ACTIVE"
    assert definition(account, after)["cpu"] == "512"


def test_what_ecs_would_be_asked_for_a_changed_service_is_refused(
    account: Account, sets: dict[str, ParameterSet], tmp_path: Path
) -> None:
    """Without what the template does about it, the same update fails as it does on AWS."""
    brought(account, sets["dev"])
    naive = tmp_path / "dist"
    shutil.copytree(ROOT / "dist", naive)
    api = naive / "components/fastapi_bluegreen_api.yaml"
    text = api.read_text()
    assert text.count("TaskDefinition: !Ref AWS::StackName") == 1
    api.write_text(
        text.replace("TaskDefinition: !Ref AWS::StackName", "TaskDefinition: !Ref TaskDefinition")
    )
    manifest = json.loads((naive / "manifest.json").read_text())
    prefix = manifest["blueprints"][NAME]["prefix"]
    manifest["blueprints"][NAME]["prefix"] = other = "stackyard/feedfeedfeedfeed/"
    (naive / "manifest.json").write_text(json.dumps(manifest))
    root = naive / f"blueprints/{NAME}.yaml"
    root.write_text(root.read_text().replace(prefix, other))

    end = brought(account, sets["dev"], naive)

    assert end.result == "rolled back"
    assert end.cause
    assert end.cause.name == "Api/Service"
    assert REFUSAL in end.cause.reason


def test_a_release_is_refused_when_a_listener_was_turned_back(
    account: Account, sets: dict[str, ParameterSet], codedeploy: CodeDeploy
) -> None:
    end = brought(account, sets["dev"])
    app_spec = without_hooks(registered(account, end, "dev", "example.com/api:1"))
    codedeploy.release(end.outputs, app_spec)
    blue, _ = codedeploy.pair(end.outputs)
    rule = next(iter(codedeploy.targets(end.outputs)))
    account.client("elbv2").modify_rule(
        RuleArn=rule, Actions=[{"Type": "forward", "TargetGroupArn": blue, "Order": 1}]
    )
    with pytest.raises(RefusedError, match="must be behind listener"):
        codedeploy.release(end.outputs, app_spec)


class TestListener:
    """The new tasks, as the test listener shows them."""

    def __init__(self, statuses: list[int]) -> None:
        waiting = list(statuses)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                self.send_response(status if self.path == "/health" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    __test__ = False


@pytest.fixture
def listening() -> Iterator[Callable[[list[int]], int]]:
    started: list[TestListener] = []

    def listen(statuses: list[int]) -> int:
        started.append(TestListener(statuses))
        return int(started[-1].server.server_port)

    yield listen
    for one in started:
        one.server.shutdown()
        one.server.server_close()


def told(account: Account, function: str, **variables: str) -> None:
    """Give a deployed function other variables, above all where CodeDeploy is here."""
    client = account.client("lambda")
    known = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**known, **variables}}
    )


def prepared(account: Account, end: Outcome, codedeploy: CodeDeploy, port: int) -> None:
    where = {"AWS_ENDPOINT_URL_CODEDEPLOY": codedeploy.endpoint}
    told(account, end.outputs["MigrateFunctionArn"], **where)
    here = {"LOAD_BALANCER": "127.0.0.1", "PORT": str(port), "VALIDATION_SECONDS": "9"}
    told(account, end.outputs["ValidateFunctionArn"], **where, **here)


def stopping(account: Account, end: Outcome) -> threading.Thread:
    """Let the migration end well as soon as it runs; nothing runs behind the embedded ECS."""
    ecs, cluster = account.client("ecs"), end.outputs["ClusterName"]

    def watch() -> None:
        for _ in range(200):
            for task in ecs.list_tasks(cluster=cluster, startedBy="migration")["taskArns"]:
                ecs.stop_task(cluster=cluster, task=task)
                return
            time.sleep(0.05)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    return watcher


@pytest.mark.parametrize(
    ("container", "statuses", "fails"),
    [("app", [503, 200], ""), ("none", [200], "BeforeInstall"), ("app", [500], "AfterAllowTest")],
    ids=["all is well", "the migration never runs", "the new tasks are unwell"],
)
def test_hooks_decide_whether_requests_move(
    account: Account,
    sets: dict[str, ParameterSet],
    codedeploy: CodeDeploy,
    listening: Callable[[list[int]], int],
    container: str,
    statuses: list[int],
    fails: str,
) -> None:
    end = brought(account, sets["dev"])
    prepared(account, end, codedeploy, listening(statuses))
    told(account, end.outputs["MigrateFunctionArn"], CONTAINER_NAME=container)
    app_spec = registered(account, end, "dev", "example.com/api:1")
    before, moved = service(account, end)["taskDefinition"], codedeploy.targets(end.outputs)
    watcher = stopping(account, end)
    if not fails:
        codedeploy.release(end.outputs, app_spec)
        assert service(account, end)["taskDefinition"] in app_spec
    else:
        with pytest.raises(RefusedError, match=fails):
            codedeploy.release(end.outputs, app_spec)
        assert service(account, end)["taskDefinition"] == before
        assert codedeploy.targets(end.outputs) == moved
    watcher.join()
    (task,) = account.client("ecs").list_tasks(
        cluster=end.outputs["ClusterName"], startedBy="migration", desiredStatus="STOPPED"
    )["taskArns"]
    run = account.client("ecs").describe_tasks(cluster=end.outputs["ClusterName"], tasks=[task])
    (override,) = run["tasks"][0]["overrides"]["containerOverrides"]
    assert override["command"] == ["alembic", "upgrade", "head"]
    assert run["tasks"][0]["taskDefinitionArn"] in app_spec


def test_a_hook_that_cannot_do_its_work_does_not_leave_the_deployment_hanging(
    account: Account, sets: dict[str, ParameterSet], codedeploy: CodeDeploy
) -> None:
    end = brought(account, sets["dev"])
    prepared(account, end, codedeploy, 1)
    told(account, end.outputs["ValidateFunctionArn"], PORT="no port")
    for function in ("MigrateFunctionArn", "ValidateFunctionArn"):
        deployment = codedeploy.created("this is no AppSpec")
        assert codedeploy.ask(end.outputs[function], deployment) == "Failed"


def test_destroying_it_leaves_the_account_as_it_was(
    account: Account, sets: dict[str, ParameterSet]
) -> None:
    item = sets["dev"]
    publish(account, ROOT / "dist", NAME)
    before = census(account)
    brought(account, item)
    end = outcome(list(destroy(account, item.stack_name, EVERYTHING)))
    assert (end.result, end.remaining) == ("deleted", ())
    assert census(account) == before
