"""The lock in the embedded account's DynamoDB."""

from __future__ import annotations

import multiprocessing
import threading
import time
from pathlib import Path

import pytest

from stackyard.aws.account import Account
from stackyard.deploy.lock import KEY, TABLE, held
from stackyard.errors import DeployError
from tests.deployed.small import outcome, run


def test_the_table_is_made_by_need_and_empty_afterwards(account: Account) -> None:
    with held(account, "worker-dev"):
        assert account.client("dynamodb").scan(TableName=TABLE)["Count"] == 1
    assert account.client("dynamodb").scan(TableName=TABLE)["Count"] == 0


def test_two_stacks_are_locked_independently(account: Account) -> None:
    with held(account, "worker-dev"), held(account, "worker-staging", timeout=0):
        assert account.client("dynamodb").scan(TableName=TABLE)["Count"] == 2


def test_a_second_deployment_leaves_if_asked(account: Account) -> None:
    with (
        held(account, "worker-dev"),
        pytest.raises(DeployError, match="deploys it since"),
        held(account, "worker-dev", timeout=0),
    ):
        raise AssertionError


def test_two_deployments_at_once_come_one_after_the_other(account: Account, dist: Path) -> None:
    spans: list[tuple[float, float]] = []
    results = []

    def one(visibility: str) -> None:
        with held(account, "worker-dev", timeout=60):
            begun = time.monotonic()
            results.append(outcome(run(account, dist, Visibility=visibility)).result)
            spans.append((begun, time.monotonic()))

    threads = [threading.Thread(target=one, args=(value,)) for value in ("30", "45")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["created", "updated"]
    first, second = sorted(spans)
    assert first[1] <= second[0]


def hold(account: Account, ready: object) -> None:
    with held(account, "worker-dev"):
        ready.set()  # type: ignore[attr-defined]
        time.sleep(600)


def test_the_lock_of_a_deployment_that_was_killed_is_taken_over(account: Account) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=hold, args=(account, ready))
    process.start()
    assert ready.wait(60)
    process.kill()
    process.join()
    assert account.client("dynamodb").scan(TableName=TABLE)["Count"] == 1
    with held(account, "worker-dev", timeout=0) as lock:
        key = {KEY: {"S": "worker-dev"}}
        item = account.client("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
        assert item["Owner"]["S"] == lock.owner
