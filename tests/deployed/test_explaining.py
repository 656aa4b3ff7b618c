"""Failures on the embedded account, explained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackyard.aws.account import Account
from stackyard.deploy.events import Evidence
from tests.deployed.small import QUEUE, outcome, run, single, written


def test_the_cause_is_the_resource_two_levels_down_with_what_to_do(
    account: Account, tmp_path: Path
) -> None:
    broken = {**QUEUE, "Resources": {**QUEUE["Resources"]}}
    broken["Resources"]["WorkQueue"] = {
        "Type": "AWS::SQS::Queue",
        "DependsOn": "Topic",
        "Properties": {"VisibilityTimeout": "abc"},
    }
    end = outcome(run(account, written(tmp_path / "dist", queue=broken)))
    assert end.result == "rolled back"
    assert end.cause
    assert end.cause.name == "Jobs/WorkQueue"


def test_a_common_reason_comes_with_what_to_do(account: Account) -> None:
    target = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {}}
    end = single(account, {"Resources": {"Target": target}})
    assert end.cause
    assert end.cause.advice
    assert end.cause.advice.name == "invalid-property"


def test_a_service_that_is_rolled_out_leaves_no_evidence_of_failure(account: Account) -> None:
    template: dict[str, Any] = {
        "Resources": {
            "Cluster": {"Type": "AWS::ECS::Cluster"},
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {"ContainerDefinitions": [{"Name": "app", "Image": "nginx"}]},
            },
            "Service": {
                "Type": "AWS::ECS::Service",
                "Properties": {"Cluster": {"Ref": "Cluster"}, "TaskDefinition": {"Ref": "Task"}},
            },
        }
    }
    end = single(account, template)
    assert end.result == "created"
    assert not [one for one in end.evidence if isinstance(one, Evidence)]
