"""Releasing a resource from its stack, nested or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.deploy import orphan
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.plan import Request
from stackyard.errors import DeployError
from tests.deployed.small import EVERYTHING, NETWORK, left, outcome, run, single, written

ALONE: dict[str, Any] = {
    "Resources": {
        "Logs": {"Type": "AWS::Logs::LogGroup"},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "WorkQueue": {"Type": "AWS::SQS::Queue"},
    },
    "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
}


def group_names(account: Account) -> list[str]:
    rows = account.client("logs").describe_log_groups()["logGroups"]
    return [row["logGroupName"] for row in rows]


def test_an_orphan_exists_on_and_is_in_no_stack(account: Account) -> None:
    single(account, ALONE)
    (name,) = group_names(account)
    release = orphan.prepare(account, "single-dev", "Logs")
    end = outcome(list(orphan.orphan(account, release)))
    assert end.result == "orphaned"
    assert [one.physical_id for one in end.remaining] == [name]
    stack = cloudformation.describe(account, "single-dev")
    assert stack
    assert stack.status == "UPDATE_COMPLETE"
    held = {one.logical_id for one in cloudformation.resources(account, stack.id)}
    assert held == {"Topic", "WorkQueue"}
    assert group_names(account) == [name]


def test_nothing_else_in_the_stack_changes(account: Account) -> None:
    single(account, ALONE)
    before = recovery.template(account, "single-dev")
    arn = single(account, ALONE).outputs["TopicArn"]
    list(orphan.orphan(account, orphan.prepare(account, "single-dev", "Logs")))
    after = recovery.template(account, "single-dev")
    del before["Resources"]["Logs"]
    assert after == before
    found = cloudformation.describe(account, "single-dev")
    assert found
    assert found.outputs["TopicArn"] == arn


def test_a_nested_resource_leaves_its_own_stack(account: Account, tmp_path: Path) -> None:
    logs = {"Logs": {"Type": "AWS::Logs::LogGroup"}, **NETWORK["Resources"]}
    run(account, written(tmp_path / "dist", network={**NETWORK, "Resources": logs}))
    release = orphan.prepare(account, "worker-dev", "Network/Logs")
    end = outcome(list(orphan.orphan(account, release)))
    assert end.result == "orphaned"
    assert left(account) == {"vpcs": 1, "addresses": 1, "topics": 1, "queues": 1}
    assert group_names(account) == [release.resource.physical_id]


def test_an_orphan_outlives_a_stack_that_is_destroyed_with_everything(account: Account) -> None:
    single(account, ALONE)
    list(orphan.orphan(account, orphan.prepare(account, "single-dev", "Logs")))
    (name,) = group_names(account)
    assert outcome(list(destroy(account, "single-dev", EVERYTHING))).result == "deleted"
    assert group_names(account) == [name]


def test_an_orphan_can_be_imported_again(account: Account) -> None:
    single(account, ALONE)
    release = orphan.prepare(account, "single-dev", "Logs")
    list(orphan.orphan(account, release))
    template = json.loads(json.dumps(ALONE))
    template["Resources"]["Logs"]["DeletionPolicy"] = "Retain"
    client = account.client("cloudformation")
    made = client.create_change_set(
        StackName="single-dev",
        ChangeSetName="back",
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(template),
        ResourcesToImport=json.loads(orphan.importing(release)),
    )
    client.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"])
    client.execute_change_set(ChangeSetName=made["Id"])
    client.get_waiter("stack_import_complete").wait(StackName="single-dev")
    stack = cloudformation.describe(account, "single-dev")
    assert stack
    assert "Logs" in {one.logical_id for one in cloudformation.resources(account, stack.id)}


def test_a_resource_that_others_refer_to_is_refused_with_their_names(account: Account) -> None:
    single(account, ALONE)
    with pytest.raises(DeployError, match=r"^Topic: is used by output TopicArn of the same stack"):
        orphan.prepare(account, "single-dev", "Topic")


def test_a_misspelt_path_is_told_with_what_there_is(account: Account, dist: Path) -> None:
    run(account, dist)
    with pytest.raises(DeployError, match=r"no resource 'Netwrok'; it has Jobs, Network"):
        orphan.prepare(account, "worker-dev", "Netwrok/Vpc")
    with pytest.raises(DeployError, match="is a nested stack; name a resource in it"):
        orphan.prepare(account, "worker-dev", "Network")


def test_a_stack_that_is_stuck_is_not_touched(account: Account) -> None:
    broken = {**ALONE["Resources"]["WorkQueue"], "Properties": {"VisibilityTimeout": "abc"}}
    body = {"Resources": {**ALONE["Resources"], "WorkQueue": broken}}
    list(deploy(account, Request(stack_name="single-dev", template_body=json.dumps(body))))
    with pytest.raises(DeployError, match="is in ROLLBACK_COMPLETE; recover it"):
        orphan.prepare(account, "single-dev", "Logs")
