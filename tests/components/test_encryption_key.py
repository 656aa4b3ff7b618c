from __future__ import annotations

from typing import Any

import pytest

from stackyard.resolved import plain
from templates_src.components.encryption_key import encryption_key
from tests.components.evaluated import stack_of


@pytest.fixture(scope="module")
def statements() -> dict[str, Any]:
    policy: Any = plain(stack_of(encryption_key).resources["Key"].properties["KeyPolicy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_key_rotates_and_outlives_the_stack() -> None:
    key = stack_of(encryption_key, RotationDays="180").resources["Key"]
    assert key.properties["EnableKeyRotation"] is True
    assert plain(key.properties["RotationPeriodInDays"]) == "180"
    assert (key.deletion_policy, key.update_replace_policy) == ("RetainExceptOnCreate", "Retain")


def test_logs_use_it_for_groups_of_this_account_and_region(statements: dict[str, Any]) -> None:
    logs = statements["LogsEncrypt"]
    assert logs["Principal"]["Service"] == "logs.us-east-1.amazonaws.com"
    (context,) = logs["Condition"]["ArnLike"].values()
    assert context == "arn:aws:logs:us-east-1:123456789012:log-group:*"


def test_the_name_of_the_logs_service_is_that_of_the_partition() -> None:
    key = stack_of(encryption_key, "cn-north-1").resources["Key"]
    assert "logs.cn-north-1.amazonaws.com.cn" in str(plain(key.properties["KeyPolicy"]))


def test_who_sends_by_itself_may_encrypt(statements: dict[str, Any]) -> None:
    senders = statements["SendersEncrypt"]
    assert {"cloudwatch.amazonaws.com", "s3.amazonaws.com", "budgets.amazonaws.com"} <= set(
        senders["Principal"]["Service"]
    )
    assert senders["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    # its messages would be lost: it does not say for which account it speaks
    assert statements["RulesEncrypt"]["Principal"] == {"Service": ["events.amazonaws.com"]}
    assert "Condition" not in statements["RulesEncrypt"]


def test_alias_is_there_only_with_a_name() -> None:
    assert "Alias" not in stack_of(encryption_key).resources
    alias = stack_of(encryption_key, AliasName="myorg-dev").resources["Alias"]
    assert plain(alias.properties["AliasName"]) == "alias/myorg-dev"
