from __future__ import annotations

import re
from typing import Any

import pytest

from stackyard.library import ARCHIVED
from templates_src.components.credential_rotation import credential_rotation

Data = dict[str, Any]


@pytest.fixture(scope="module")
def body() -> Data:
    return credential_rotation.template().to_dict()


@pytest.fixture(scope="module")
def resources(body: Data) -> Data:
    return body["Resources"]


@pytest.fixture(scope="module")
def function(resources: Data) -> Data:
    return resources["RotationFunction"]["Properties"]


@pytest.fixture(scope="module")
def statements(resources: Data) -> list[Data]:
    _, policy = resources["RotationRole"]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def test_archive_comes_from_the_build_that_made_the_template(function: Data) -> None:
    assert function["Code"]["S3Bucket"] == {"Ref": "TemplateBucket"}
    key = function["Code"]["S3Key"]["Fn::Sub"]
    assert key == "${TemplatePrefix}functions/credential_rotation.zip"
    assert ARCHIVED.findall(key.encode()) == [b"credential_rotation"]


def test_database_admits_the_function_as_a_client(function: Data) -> None:
    groups = function["VpcConfig"]["SecurityGroupIds"]
    assert groups == [
        {"Fn::GetAtt": ["RotationSecurityGroup", "GroupId"]},
        {"Ref": "ClientSecurityGroupId"},
    ]


def test_function_opens_nothing_but_https_itself(resources: Data) -> None:
    group = resources["RotationSecurityGroup"]["Properties"]
    assert "SecurityGroupIngress" not in group
    (rule,) = group["SecurityGroupEgress"]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)


def test_role_reaches_exactly_the_two_secrets(statements: list[Data]) -> None:
    secrets = [item for item in statements if "secretsmanager" in str(item.get("Action"))]
    assert [item["Resource"] for item in secrets] == [
        {"Ref": "CredentialsSecretArn"},
        {"Ref": "ConnectionSecretArn"},
    ]
    assert secrets[1]["Action"] == [
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
    ]


def test_role_rolls_exactly_the_services_if_there_are_any(statements: list[Data]) -> None:
    condition, allowed, otherwise = statements[2]["Fn::If"]
    assert condition == "HasServices"
    assert allowed["Action"] == ["ecs:UpdateService"]
    assert allowed["Resource"] == {"Fn::Split": [",", {"Ref": "ServiceArns"}]}
    assert otherwise == {"Ref": "AWS::NoValue"}


def test_role_uses_a_key_through_secrets_manager_only(statements: list[Data]) -> None:
    condition, allowed, _ = statements[-1]["Fn::If"]
    assert condition == "HasKmsKey"
    assert allowed["Resource"] == {"Ref": "KmsKeyArn"}
    assert "kms:ViaService" in allowed["Condition"]["StringEquals"]


def test_only_secrets_manager_of_this_account_invokes_it_for_this_secret(resources: Data) -> None:
    permission = resources["SecretsManagerInvokes"]["Properties"]
    assert permission["Principal"] == "secretsmanager.amazonaws.com"
    assert permission["SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert permission["SourceArn"] == {"Ref": "CredentialsSecretArn"}


def test_nothing_rotates_because_a_stack_was_updated(resources: Data) -> None:
    schedule = resources["Schedule"]
    assert schedule["Properties"]["RotateImmediatelyOnUpdate"] is False
    assert schedule["DependsOn"] == ["SecretsManagerInvokes"]


def test_function_logs_to_a_group_that_expires(resources: Data, function: Data) -> None:
    assert function["LoggingConfig"] == {"LogGroup": {"Ref": "RotationLogs"}, "LogFormat": "JSON"}
    assert resources["RotationLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_a_failed_step_raises_an_alarm(resources: Data) -> None:
    alarm = resources["RotationFailedAlarm"]["Properties"]
    assert (alarm["MetricName"], alarm["Statistic"]) == ("Errors", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "RotationFunction"}}]


@pytest.mark.parametrize(
    ("arns", "taken"),
    [
        ("", True),
        ("arn:aws:ecs:us-east-1:1:service/c/api", True),
        ("arn:aws:ecs:us-east-1:1:service/c/api,arn:aws:ecs:us-east-1:1:service/c/worker", True),
        ("api", False),
        ("arn:aws:ecs:us-east-1:1:service/api", False),  # the old form, without a cluster
    ],
)
def test_services_are_given_by_arns_that_name_their_cluster(
    body: Data, arns: str, taken: bool
) -> None:
    pattern = body["Parameters"]["ServiceArns"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, arns)) is taken
