"""Drift on the embedded account."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.revert import prepare
from stackyard.errors import DeployError
from stackyard.observe.drift import detect
from tests.deployed.small import run, single


def test_what_was_changed_in_a_nested_stack_is_found(account: Account, dist: Path) -> None:
    run(account, dist)
    stack = cloudformation.describe(account, "worker-dev")
    assert stack
    assert list(detect(account, stack.id)) == []
    account.client("sqs").set_queue_attributes(
        QueueUrl=stack.outputs["QueueUrl"], Attributes={"VisibilityTimeout": "31"}
    )
    (found,) = detect(account, stack.id)
    assert found.name == "Jobs/WorkQueue"
    assert [(one.path, one.actual) for one in found.properties] == [("VisibilityTimeout", "31")]


def test_a_resource_that_somebody_deleted_is_found(account: Account, dist: Path) -> None:
    run(account, dist)
    stack = cloudformation.describe(account, "worker-dev")
    assert stack
    account.client("sqs").delete_queue(QueueUrl=stack.outputs["QueueUrl"])
    (found,) = detect(account, stack.id)
    assert found.status == "DELETED"


def test_a_secret_that_is_there_has_not_drifted(account: Account) -> None:
    single(
        account,
        {"Resources": {"Key": {"Type": "AWS::SecretsManager::Secret", "Properties": {}}}},
    )
    stack = cloudformation.describe(account, "single-dev")
    assert stack
    assert list(detect(account, stack.id)) == []


def test_where_drift_cannot_be_reverted_that_is_said(account: Account, dist: Path) -> None:
    run(account, dist)
    with pytest.raises(DeployError, match="has no drift-aware change sets"):
        prepare(account, "worker-dev")
