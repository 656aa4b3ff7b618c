"""The alarm topic: encrypted, admits those who alarm, tells a person if there is one."""

from typing import Any

import pytest

from templates_src.components.alerts import SILENT, STATING, alerts


@pytest.fixture(scope="module")
def body() -> Any:
    return alerts.template().to_dict()


@pytest.fixture(scope="module")
def resources(body: Any) -> Any:
    return body["Resources"]


def test_topic_is_encrypted_with_a_key_that_rotates(resources: Any) -> None:
    assert resources["AlarmTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "TopicKey"}
    assert resources["TopicKey"]["Properties"]["EnableKeyRotation"] is True


def test_whoever_publishes_may_use_the_key(resources: Any) -> None:
    statements = resources["TopicKey"]["Properties"]["KeyPolicy"]["Statement"]
    encrypt = next(item for item in statements if item["Sid"] == "PublishersEncrypt")
    assert encrypt["Principal"] == {"Service": [*STATING, *SILENT]}
    assert encrypt["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert "Condition" not in encrypt


def test_cloudwatch_publishes_for_this_account_only(resources: Any) -> None:
    statements = resources["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    granted = {
        service: statement.get("Condition")
        for statement in statements
        if statement["Effect"] == "Allow"
        for service in statement["Principal"]["Service"]
    }
    this_account = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert granted["cloudwatch.amazonaws.com"] == this_account
    assert granted["events.amazonaws.com"] is None


def test_nobody_publishes_without_tls(resources: Any) -> None:
    statements = resources["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    denial = next(item for item in statements if item["Effect"] == "Deny")
    assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_mail_goes_out_only_where_there_is_an_address(body: Any) -> None:
    subscription = body["Resources"]["EmailSubscription"]
    assert subscription["Condition"] == "HasEmail"
    assert body["Conditions"]["HasEmail"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Email"}, ""]}]}
    assert body["Parameters"]["Email"]["Default"] == ""
