"""Drift, without what something else governs."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.aws.drift import Property
from stackyard.errors import DeployError
from stackyard.observe.drift import Drift, detect, folded
from tests.observe.fakes import Fake

ROOT = "arn:aws:cloudformation:eu-central-1:1:stack/root/1"
CHILD = "arn:aws:cloudformation:eu-central-1:1:stack/child/2"
SCALING = "AWS::ApplicationAutoScaling::ScalableTarget"
DEPLOYING = "AWS::CodeDeploy::DeploymentGroup"


def drifted(type: str, *paths: str) -> Drift:
    rows = [Property(path, "NOT_EQUAL", "1", "2") for path in paths]
    return Drift("Api/Thing", type, "id", "MODIFIED", rows)


@pytest.mark.parametrize(
    ("type", "path", "beside", "by"),
    [
        ("AWS::ECS::Service", "DesiredCount", SCALING, "autoscaling"),
        ("AWS::ECS::Service", "TaskDefinition", DEPLOYING, "CodeDeploy"),
        ("AWS::ECS::Service", "LoadBalancers.0.TargetGroupArn", DEPLOYING, "CodeDeploy"),
        (
            "AWS::ElasticLoadBalancingV2::Listener",
            "DefaultActions.0.TargetGroupArn",
            DEPLOYING,
            "CodeDeploy",
        ),
        (
            "AWS::DynamoDB::Table",
            "ProvisionedThroughput.ReadCapacityUnits",
            SCALING,
            "autoscaling",
        ),
        ("AWS::RDS::DBInstance", "EngineVersion", "", "automatic minor upgrades"),
    ],
)
def test_what_something_else_governs_does_not_count(
    type: str, path: str, beside: str, by: str
) -> None:
    found = folded(drifted(type, path), {beside})
    assert not found.counts
    assert [says for _, says in found.governed] == [by]


def test_a_count_that_nothing_scales_counts() -> None:
    assert folded(drifted("AWS::ECS::Service", "DesiredCount"), set()).counts


def test_the_rest_of_a_governed_resource_counts() -> None:
    found = folded(drifted("AWS::ECS::Service", "DesiredCount", "EnableExecuteCommand"), {SCALING})
    assert [one.path for one in found.properties] == ["EnableExecuteCommand"]
    assert found.counts


def test_a_deleted_resource_counts() -> None:
    assert Drift("Queue", "AWS::SQS::Queue", "q", "DELETED", []).counts


def row(logical_id: str, type: str, physical_id: str) -> dict[str, str]:
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceType": type,
        "ResourceStatus": "CREATE_COMPLETE",
    }


def nested(**answers: Any) -> Fake:
    def resources(StackName: str) -> Any:
        queue = row("Queue", "AWS::SQS::Queue", "q")
        jobs = row("Jobs", "AWS::CloudFormation::Stack", CHILD)
        return {"StackResourceSummaries": [jobs] if StackName == ROOT else [queue]}

    def drifts(StackName: str, **_: Any) -> Any:
        difference = {
            "PropertyPath": "/VisibilityTimeout",
            "DifferenceType": "NOT_EQUAL",
            "ExpectedValue": "30",
            "ActualValue": "31",
        }
        own = {**row("Queue", "AWS::SQS::Queue", "q"), "StackResourceDriftStatus": "MODIFIED"}
        stack = {
            **row("Jobs", "AWS::CloudFormation::Stack", CHILD),
            "StackResourceDriftStatus": "MODIFIED",
        }
        rows = [stack] if StackName == ROOT else [{**own, "PropertyDifferences": [difference]}]
        return {"StackResourceDrifts": rows}

    return Fake(
        {
            "cloudformation.list_stack_resources": resources,
            "cloudformation.detect_stack_drift": lambda StackName: {
                "StackDriftDetectionId": StackName
            },
            "cloudformation.describe_stack_drift_detection_status": {
                "DetectionStatus": "DETECTION_COMPLETE"
            },
            "cloudformation.describe_stack_resource_drifts": drifts,
            **{key.replace("__", "."): value for key, value in answers.items()},
        },
        is_embedded=True,
    )


def test_drift_is_looked_for_in_nested_stacks_and_told_by_their_resources() -> None:
    (found,) = detect(nested().account, ROOT)
    assert found.name == "Jobs/Queue"
    assert found.properties == [Property("VisibilityTimeout", "NOT_EQUAL", "30", "31")]


def test_a_search_that_fails_is_an_error() -> None:
    failed = {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "no permission"}
    fake = nested(cloudformation__describe_stack_drift_detection_status=failed)
    with pytest.raises(DeployError, match="drift cannot be told: no permission"):
        list(detect(fake.account, ROOT))


def test_a_search_that_failed_for_some_resources_tells_the_others() -> None:
    partly = {
        "DetectionStatus": "DETECTION_FAILED",
        "DetectionStatusReason": "Failed to detect drift on resources [Role]",
    }
    fake = nested(cloudformation__describe_stack_drift_detection_status=partly)
    assert len(list(detect(fake.account, ROOT))) == 1
