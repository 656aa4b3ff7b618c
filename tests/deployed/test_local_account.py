"""The embedded account where MiniStack alone would not behave like AWS."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import cloudformation, s3
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.local.account import LocalServer
from tests.deployed.small import (
    EVERYTHING,
    ROOT,
    child,
    left,
    outcome,
    run,
    single,
    written,
)


def test_two_accounts_hold_a_stack_of_the_same_name(
    new_account: Callable[[], Account], dist: Path
) -> None:
    one, other = new_account(), new_account()
    run(one, dist)
    assert cloudformation.describe(other, "worker-dev") is None
    run(other, dist, Visibility="abc")
    assert left(one) == {"vpcs": 1, "addresses": 1, "topics": 1, "queues": 1}


def test_stand_ins_are_reported_and_refuse_what_their_schema_forbids(
    account: Account, server: LocalServer
) -> None:
    def template(**properties: Any) -> Request:
        scaling = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": properties}
        return Request(
            stack_name="scaling-dev", template_body=json.dumps({"Resources": {"Target": scaling}})
        )

    known = {
        "ResourceId": "service/one/two",
        "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
    }
    end = outcome(list(deploy(account, template(**known))))
    assert end.cause
    assert "required key [MaxCapacity] not found" in end.cause.reason
    list(destroy(account, "scaling-dev", EVERYTHING))
    list(deploy(account, template(**known, MaxCapacity=4)))
    (stand_in,) = server.stand_ins(account)
    assert stand_in.logical_id == "Target"
    assert stand_in.type == "AWS::ApplicationAutoScaling::ScalableTarget"
    assert "/scaling-dev/" in stand_in.stack_id


def test_a_nested_template_with_an_unknown_parameter_is_refused(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    wrong = {**ROOT, "Resources": {"Network": child("network", Cider="10.0.0.0/8")}, "Outputs": {}}
    end = outcome(run(account, written(tmp_path / "wrong", root=wrong)))
    assert end.cause
    assert end.cause.name == "Network"
    assert "Parameters: [Cider] do not exist in the template" in end.cause.reason


def test_a_nested_stack_that_failed_without_rollback_goes_with_its_parent(
    account: Account, dist: Path
) -> None:
    published = publish(account, dist, "root")
    client = account.client("cloudformation")
    parameters = {"TemplateBucket": published.bucket, "Visibility": "abc"}
    client.create_stack(
        StackName="worker-dev",
        TemplateURL=published.url("blueprints/root.yaml"),
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        DisableRollback=True,
    )
    while any(
        one["StackStatus"].endswith("_PROGRESS") for one in client.describe_stacks()["Stacks"]
    ):
        time.sleep(0.05)
    assert left(account)["topics"] == 1
    assert outcome(list(destroy(account, "worker-dev", EVERYTHING))).result == "deleted"
    assert not any(left(account).values())


@pytest.mark.parametrize(("names", "count"), [("", 0), ("one,two", 1)])
def test_a_condition_may_join_a_list(account: Account, names: str, count: int) -> None:
    joined = {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Names"}]}, ""]}
    template = {
        "Parameters": {"Names": {"Type": "CommaDelimitedList"}},
        "Conditions": {"HasNames": {"Fn::Not": [joined]}},
        "Resources": {
            "Always": {"Type": "AWS::SQS::Queue"},
            "Topic": {"Type": "AWS::SNS::Topic", "Condition": "HasNames"},
        },
    }
    assert single(account, template, Names=names).result == "created"
    assert left(account)["topics"] == count


def test_a_condition_may_depend_on_region_and_mapping(account: Account) -> None:
    found = {"Fn::FindInMap": ["Regions", {"Ref": "AWS::Region"}, "Home"]}
    template = {
        "Mappings": {"Regions": {"us-east-1": {"Home": "yes"}}},
        "Conditions": {"IsHome": {"Fn::Equals": [found, "yes"]}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "IsHome"}},
    }
    assert single(account, template).result == "created"
    assert left(account)["topics"] == 1


ROTATION = """
import boto3

def handler(event, context):
    client = boto3.client("secretsmanager")
    which = {"SecretId": event["SecretId"]}
    version = event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        try:
            client.get_secret_value(**which, VersionId=version, VersionStage="AWSPENDING")
        except client.exceptions.ResourceNotFoundException:
            client.put_secret_value(
                **which, ClientRequestToken=version, SecretString="rotated",
                VersionStages=["AWSPENDING"],
            )
    if event["Step"] == "finishSecret":
        stages = client.describe_secret(**which)["VersionIdsToStages"]
        current = next(one for one in stages if "AWSCURRENT" in stages[one])
        client.update_secret_version_stage(
            **which, VersionStage="AWSCURRENT", MoveToVersionId=version,
            RemoveFromVersionId=current,
        )
"""


def test_a_secret_is_rotated_at_once_by_its_function_from_an_archive(account: Account) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("rotation.py", ROTATION)
    s3.create(account, "code")
    s3.put_once(account, "code", "rotation.zip", archive.getvalue(), there=False)
    trusted = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    function = {
        "Runtime": "python3.13",
        "Handler": "rotation.handler",
        "Code": {"S3Bucket": "code", "S3Key": "rotation.zip"},
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
    }
    schedule = {
        "SecretId": {"Ref": "Secret"},
        "RotationLambdaARN": {"Fn::GetAtt": ["Function", "Arn"]},
        "RotationRules": {"ScheduleExpression": "rate(30 days)"},
    }
    trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]}
    template = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Secret": {
                "Type": "AWS::SecretsManager::Secret",
                "Properties": {"SecretString": "first"},
            },
            "Rotation": {"Type": "AWS::SecretsManager::RotationSchedule", "Properties": schedule},
        },
        "Outputs": {"SecretArn": {"Value": {"Ref": "Secret"}}},
    }
    arn = single(account, template).outputs["SecretArn"]
    assert arn.startswith("arn:aws:secretsmanager:")
    client = account.client("secretsmanager")
    for _ in range(100):
        if client.get_secret_value(SecretId=arn)["SecretString"] == "rotated":
            break
        time.sleep(0.1)
    assert client.get_secret_value(SecretId=arn)["SecretString"] == "rotated"
    assert outcome(list(destroy(account, "single-dev", EVERYTHING))).result == "deleted"
    assert client.list_secrets()["SecretList"] == []
