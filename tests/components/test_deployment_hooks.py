"""The functions that a release asks."""

import json
from typing import Any

import pytest

from templates_src.components.deployment_hooks import deployment_hooks
from tests.components.evaluated import stack_of

GIVEN = {
    "TemplateBucket": "bucket",
    "AlarmTopicArn": "arn:topic",
    "ApplicationName": "app",
    "VpcId": "vpc-1",
    "PrivateSubnetIds": "subnet-1,subnet-2",
    "LoadBalancerSecurityGroupId": "sg-1",
    "LoadBalancerDnsName": "lb",
    "UrlScheme": "https",
    "TestListenerPort": "8443",
    "HealthCheckPath": "/health",
    "ClusterName": "cluster",
    "TaskDefinitionFamily": "family",
    "TaskSecurityGroupIds": "sg-2,sg-3",
    "TaskLogGroupName": "logs",
    "ExecutionRoleArn": "arn:execution",
    "TaskRoleArn": "arn:task",
}


@pytest.fixture(scope="module")
def resources() -> Any:
    return deployment_hooks.template().to_dict()["Resources"]


@pytest.mark.parametrize(
    ("addresses", "people", "sources"),
    [
        ("192.0.2.1", "", ["192.0.2.1/32"]),
        ("192.0.2.1,192.0.2.2,192.0.2.3", "", [f"192.0.2.{i}/32" for i in (1, 2, 3)]),
        ("192.0.2.1", "198.51.100.0/24", ["192.0.2.1/32", "198.51.100.0/24"]),
    ],
)
def test_test_listener_admits_validation_by_the_address_of_nat_and_people_by_theirs(
    addresses: str, people: str, sources: list[str]
) -> None:
    stack = stack_of(deployment_hooks, **GIVEN, NatPublicIps=addresses, TestListenerCidr=people)
    admitted = [
        resource.properties
        for resource in stack.resources.values()
        if resource.type == "AWS::EC2::SecurityGroupIngress"
    ]
    assert sorted(str(one["CidrIp"]) for one in admitted) == sources
    assert {str(one["FromPort"]) for one in admitted} == {"8443"}


def test_one_archive_has_both_functions(resources: Any) -> None:
    handlers = {
        title: resources[title]["Properties"]["Handler"]
        for title in ("ValidateFunction", "MigrateFunction")
    }
    assert handlers == {
        "ValidateFunction": "handler.validate",
        "MigrateFunction": "handler.migrate",
    }
    codes = [resources[title]["Properties"]["Code"] for title in handlers]
    assert codes[0] == codes[1]


def test_each_may_answer_for_this_deployment_group_alone(resources: Any) -> None:
    for title in ("ValidateRole", "MigrateRole"):
        (policy,) = resources[title]["Properties"]["Policies"]
        (answer,) = [
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if "codedeploy:PutLifecycleEventHookExecutionStatus" in statement["Action"]
        ]
        where = answer["Resource"]["Fn::Sub"]
        assert where.endswith(":deploymentgroup:${ApplicationName}/${ApplicationName}")


def test_migration_runs_revisions_of_this_family_as_the_tasks_themselves(resources: Any) -> None:
    text = json.dumps(resources["MigrateRole"])
    assert "task-definition/${TaskDefinitionFamily}:*" in text
    assert '"iam:PassedToService": ["ecs-tasks.amazonaws.com"]' in text
    variables = resources["MigrateFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["SECURITY_GROUP_IDS"] == {"Ref": "TaskSecurityGroupIds"}


def test_a_hook_that_gave_no_answer_raises_an_alarm(resources: Any) -> None:
    for title in ("Validate", "Migrate"):
        alarm = resources[f"{title}FailedAlarm"]["Properties"]
        assert alarm["Dimensions"][0]["Value"] == {"Ref": f"{title}Function"}
