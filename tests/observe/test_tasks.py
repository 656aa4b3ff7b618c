"""A shell in a task, and a task of one's own."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.errors import DeployError
from stackyard.observe.exec import Shell, shell
from stackyard.observe.run import Began, Ran, run
from tests.observe.fakes import (
    FAILED_TASK,
    NEW,
    SERVICE,
    TASK,
    Fake,
    definition,
    deployment,
    log,
    refused,
    service,
    task,
)

AGENT = {"managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"}]}
RUNNING = task(
    lastStatus="RUNNING",
    containers=[
        {"name": "collector", "lastStatus": "RUNNING"},
        {"name": "app", "lastStatus": "RUNNING", **AGENT},
    ],
)
NETWORK = {"awsvpcConfiguration": {"subnets": ["s-1"], "securityGroups": ["sg-1"]}}
LIVE = service(
    deployment("PRIMARY", NEW),
    networkConfiguration=NETWORK,
    capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 3}],
    launchType="FARGATE",
    loadBalancers=[{"containerName": "app"}],
)


def opened(answers: dict[str, Any] | None = None, **options: Any) -> Shell:
    given = {
        "ecs.describe_services": LIVE,
        "ecs.list_tasks": {"taskArns": [TASK]},
        "ecs.describe_tasks": RUNNING,
        **(answers or {}),
    }
    return shell(Fake(given).account, SERVICE, **{"which": lambda name: name, **options})


def ended(answers: dict[str, Any] | None = None, **options: Any) -> tuple[Fake, list[Began | Ran]]:
    given = FAILED_TASK | {
        "ecs.describe_services": LIVE,
        "ecs.run_task": {"tasks": [{"taskArn": TASK}], "failures": []},
        **(answers or {}),
    }
    fake = Fake(given)
    return fake, list(run(fake.account, SERVICE, ["migrate"], **options))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackyard.observe.run.time.sleep", lambda _: None)


def test_a_shell_opens_in_the_container_whose_agent_runs() -> None:
    ready = opened()
    assert ready.missing == ()
    assert " ".join(ready.argv) == (
        "aws ecs execute-command --region eu-central-1 --cluster shop --task 3f2a91d0c1 "
        "--container app --interactive --command /bin/sh"
    )


def test_everything_that_hinders_a_shell_is_said_at_once() -> None:
    off = {"ecs.describe_services": service(deployment("PRIMARY", NEW), enableExecuteCommand=False)}
    missing = opened(off, which=lambda _: None).missing
    assert [text.partition(" ")[0] for text in missing] == ["aws", "session-manager-plugin", "the"]
    assert "ExecuteCommand true" in missing[2]


def test_a_task_from_before_the_switch_has_no_agent() -> None:
    old = task(lastStatus="RUNNING", containers=[{"name": "app", "lastStatus": "RUNNING"}])
    (text,) = opened({"ecs.describe_tasks": old}).missing
    assert text.startswith("the agent in task 3f2a91d0 is absent")


def test_without_a_running_task_there_is_no_shell() -> None:
    with pytest.raises(DeployError, match=r"^api: no running task; 2 are wanted, none runs$"):
        opened({"ecs.list_tasks": {"taskArns": []}})


def test_an_unknown_container_is_answered_with_those_there_are() -> None:
    with pytest.raises(DeployError, match="no container 'web'; there are: collector, app"):
        opened(container="web")


def test_a_one_off_task_is_like_those_of_the_service() -> None:
    fake, _ = ended()
    (asked,) = fake.asked("ecs.run_task")
    assert asked["networkConfiguration"] == NETWORK
    assert asked["capacityProviderStrategy"][0]["capacityProvider"] == "FARGATE_SPOT"
    assert "launchType" not in asked  # AWS takes one of the two
    assert asked["overrides"] == {"containerOverrides": [{"name": "app", "command": ["migrate"]}]}


def test_its_exit_code_and_log_are_told() -> None:
    _, (began, over) = ended()
    assert began == Began(TASK, "api:12")
    assert isinstance(over, Ran)
    assert over.exit_code == 1
    assert over.lines == ["connecting", "KeyError: 'DATABASE_URL'"]


def test_it_is_waited_for() -> None:
    states = [task(lastStatus="PENDING"), task(lastStatus="RUNNING"), task()]
    fake, _ = ended({"ecs.describe_tasks": states})
    assert len(fake.asked("ecs.describe_tasks")) == 3


def test_a_container_that_never_ran_has_no_code_and_no_log() -> None:
    never = task(
        stoppedReason="CannotPullContainerError: not found",
        containers=[{"name": "app", "lastStatus": "STOPPED"}],
    )
    gone = refused("ResourceNotFoundException")
    _, (_, over) = ended({"ecs.describe_tasks": never, "logs.get_log_events": gone})
    assert isinstance(over, Ran)
    assert over.exit_code is None
    assert over.lines == ()
    assert over.reason.startswith("CannotPullContainerError")


def test_what_ecs_refuses_is_said() -> None:
    none = {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time"}]}
    with pytest.raises(DeployError, match="ECS starts no task: Capacity is unavailable"):
        ended({"ecs.run_task": none})


def test_the_log_of_a_task_has_the_definitions_group() -> None:
    fake, _ = ended(
        {"ecs.describe_task_definition": definition("/other"), "logs.get_log_events": log("x")}
    )
    assert fake.asked("logs.get_log_events")[0]["logGroupName"] == "/other"
