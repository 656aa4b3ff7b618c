"""Deploying small nested templates to the embedded account, well and badly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import Outcome, Planned, Progress, Started
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.errors import DeployError
from tests.deployed.small import (
    QUEUE,
    left,
    outcome,
    request,
    run,
    written,
)


def test_deploying_creates_nested_stacks_and_tells_every_resource(
    account: Account, dist: Path
) -> None:
    events = run(account, dist)
    assert isinstance(events[0], Planned)
    assert isinstance(events[1], Started)
    done = {
        one.name
        for one in events
        if isinstance(one, Progress) and one.event.status == "CREATE_COMPLETE"
    }
    assert {"Network/Vpc", "Network/Ingress", "Jobs/WorkQueue", "Network", ""} <= done
    assert outcome(events).result == "created"
    assert outcome(events).outputs["QueueUrl"].startswith("http")
    assert left(account) == {"vpcs": 1, "addresses": 1, "topics": 1, "queues": 1}


def test_a_nested_stack_is_seen_at_work_before_it_is_complete(account: Account, dist: Path) -> None:
    names = [
        (one.name, one.event.status) for one in run(account, dist) if isinstance(one, Progress)
    ]
    assert names.index(("Network/Vpc", "CREATE_COMPLETE")) < names.index(
        ("Network", "CREATE_COMPLETE")
    )


def test_deploying_the_same_again_changes_nothing_and_leaves_no_change_set(
    account: Account, dist: Path
) -> None:
    first = outcome(run(account, dist))
    (second,) = run(account, dist)
    assert isinstance(second, Outcome)
    assert second.result == "unchanged"
    assert second.outputs == first.outputs
    client = account.client("cloudformation")
    sets = client.list_change_sets(StackName="worker-dev")["Summaries"]
    assert [one["ExecutionStatus"] for one in sets] in ([], ["EXECUTE_COMPLETE"])


def test_a_changed_parameter_reaches_the_nested_resource_in_place(
    account: Account, dist: Path
) -> None:
    url = outcome(run(account, dist)).outputs["QueueUrl"]
    changed = outcome(run(account, dist, Visibility="45"))
    assert changed.result == "updated"
    assert changed.outputs["QueueUrl"] == url
    found = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert found["Attributes"]["VisibilityTimeout"] == "45"


def test_a_failing_creation_names_the_nested_resource_and_leaves_nothing(
    account: Account, dist: Path
) -> None:
    end = outcome(run(account, dist, Visibility="abc"))
    assert end.result == "rolled back"
    assert end.status == "ROLLBACK_COMPLETE"
    assert end.cause
    assert end.cause.name == "Jobs/WorkQueue"
    assert end.cause.status == "CREATE_FAILED"
    assert not any(left(account).values())


def test_a_failing_nested_update_is_rolled_back_through_all_stacks(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    url = outcome(run(account, dist)).outputs["QueueUrl"]
    more = {"Extra": {"Type": "AWS::SNS::Topic"}, **QUEUE["Resources"]}
    broken = written(tmp_path / "broken", "feedfeedfeedfeed", queue={**QUEUE, "Resources": more})
    end = outcome(run(account, broken, Visibility="abc"))
    assert end.result == "rolled back"
    assert end.status == "UPDATE_ROLLBACK_COMPLETE"
    assert end.cause
    assert end.cause.name == "Jobs/WorkQueue"
    found = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    assert found["Attributes"]["VisibilityTimeout"] == "30"
    assert left(account) == {"vpcs": 1, "addresses": 1, "topics": 1, "queues": 1}


def test_a_rolled_back_update_can_be_deployed_again(account: Account, dist: Path) -> None:
    run(account, dist)
    run(account, dist, Visibility="abc")
    assert outcome(run(account, dist, Visibility="60")).result == "updated"


def test_a_stack_whose_creation_failed_is_not_deployed_over(account: Account, dist: Path) -> None:
    run(account, dist, Visibility="abc")
    with pytest.raises(DeployError, match=r"worker-dev in us-east-1: is in ROLLBACK_COMPLETE .*;"):
        run(account, dist)


def test_a_deployment_that_is_dropped_before_it_starts_leaves_no_stack(
    account: Account, dist: Path
) -> None:
    events = deploy(account, request(publish(account, dist, "root")))
    assert isinstance(next(events), Planned)
    events.close()  # type: ignore[attr-defined]
    assert cloudformation.describe(account, "worker-dev") is None


def test_a_refused_template_leaves_no_stack(account: Account) -> None:
    body = json.dumps({"Resources": {"Thing": {"Type": "AWS::No::Such"}}})
    with pytest.raises(DeployError, match=r"worker-dev in .*: CreateChangeSet: ValidationError: "):
        list(deploy(account, Request(stack_name="worker-dev", template_body=body)))
    assert cloudformation.describe(account, "worker-dev") is None
