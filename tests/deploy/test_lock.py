"""A lock whose table is in the process: who may take it, and when."""

from __future__ import annotations

import _thread
import os
import signal
import socket
import threading
import time
from typing import Any

import pytest

from stackyard.aws.errors import AwsError
from stackyard.deploy import lock as locking
from stackyard.deploy.lock import Lock, held
from stackyard.errors import DeployError

DEAD = 2**22 + 1  # more than any process id of Linux


class Table:
    """The few calls of DynamoDB that a lock makes."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.broken = threading.Event()

    def get_item(self, Key: dict[str, Any], **_: Any) -> dict[str, Any]:
        found = self.items.get(Key["Stack"]["S"])
        return {"Item": dict(found)} if found else {}

    def put_item(
        self,
        Item: dict[str, Any],
        ConditionExpression: str,
        ExpressionAttributeValues: Any,
        **_: Any,
    ) -> None:
        there = self.items.get(Item["Stack"]["S"])
        values = ExpressionAttributeValues
        free = there is None and "attribute_not_exists" in ConditionExpression
        if not free and (there or {}).get("Version") not in values.values():
            raise AwsError("x", locking.REFUSED, "no", "PutItem")
        self.items[Item["Stack"]["S"]] = Item

    def update_item(self, Key: dict[str, Any], ExpressionAttributeValues: Any, **_: Any) -> None:
        if self.broken.is_set():
            raise AwsError("x", "InternalServerError", "no", "UpdateItem")
        there = self.items.get(Key["Stack"]["S"], {})
        if there.get("Version") != ExpressionAttributeValues[":mine"]:
            raise AwsError("x", locking.REFUSED, "no", "UpdateItem")
        there["Version"] = ExpressionAttributeValues[":next"]

    def delete_item(self, Key: dict[str, Any], ExpressionAttributeValues: Any, **_: Any) -> None:
        there = self.items.get(Key["Stack"]["S"], {})
        if there.get("Version") != ExpressionAttributeValues[":mine"]:
            raise AwsError("x", locking.REFUSED, "no", "DeleteItem")
        del self.items[Key["Stack"]["S"]]


class Account:
    region = "us-east-1"
    is_embedded = False

    def __init__(self, table: Table) -> None:
        self.table = table

    def client(self, *_: str) -> Table:
        return self.table


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr(locking, "POLL_SECONDS", 0.01)
    return Table()


@pytest.fixture
def account(table: Table) -> Any:
    return Account(table)


def taken(owner: str, lease: float = 30) -> dict[str, Any]:
    return {
        "Stack": {"S": "shop"},
        "Owner": {"S": owner},
        "Since": {"S": "2026-01-01T00:00:00+00:00"},
        "Version": {"S": "1"},
        "LeaseSeconds": {"N": str(lease)},
    }


def test_the_lock_is_there_during_the_block_and_gone_after_it(account: Any, table: Table) -> None:
    with held(account, "shop"):
        assert str(os.getpid()) in table.items["shop"]["Owner"]["S"]
    assert table.items == {}


def test_the_lock_goes_with_an_exception_too(account: Any, table: Table) -> None:
    with pytest.raises(ZeroDivisionError), held(account, "shop"):
        raise ZeroDivisionError
    assert table.items == {}


class Interrupted(Table):
    """A table during whose last call somebody presses Ctrl-C."""

    def delete_item(self, *given: Any, **named: Any) -> None:
        _thread.interrupt_main()
        time.sleep(0.1)
        super().delete_item(*given, **named)


def test_the_lock_goes_even_if_its_owner_is_interrupted_again() -> None:
    table = Interrupted()
    # where these tests run in the background it is ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), held(Account(table), "shop"):  # type: ignore[arg-type]
            raise KeyboardInterrupt
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join(5)
    finally:
        signal.signal(signal.SIGINT, before)
    assert table.items == {}


def test_a_second_deployment_leaves_at_once_if_asked_and_says_whose_it_is(
    account: Any, table: Table
) -> None:
    table.items["shop"] = taken("ann@elsewhere:7")
    with (
        pytest.raises(DeployError, match=r"ann@elsewhere:7 deploys it since 2026.*--lock-timeout"),
        held(account, "shop", timeout=0),
    ):
        raise AssertionError
    assert table.items["shop"] == taken("ann@elsewhere:7")


def test_a_second_deployment_waits_until_the_first_is_through(account: Any, table: Table) -> None:
    with held(account, "shop") as first:
        timer = threading.Timer(0.1, lambda: table.items.pop("shop"))
        timer.start()
        with held(account, "shop", timeout=5) as second:
            assert second.version != first.version
    timer.join()


def test_a_lock_that_nobody_renews_expires_whatever_the_clocks_say(
    account: Any, table: Table
) -> None:
    table.items["shop"] = taken("ann@elsewhere:7", lease=0.05)
    with held(account, "shop", timeout=5):
        assert "ann" not in table.items["shop"]["Owner"]["S"]


def test_the_lock_of_a_process_of_this_machine_that_is_no_more_is_taken_at_once(
    account: Any, table: Table
) -> None:
    table.items["shop"] = taken(f"ann@{socket.gethostname()}:{DEAD}")
    with held(account, "shop", timeout=0):
        pass


def test_the_owner_renews_while_it_works(account: Any, table: Table) -> None:
    with held(account, "shop", lease=0.06) as lock:
        first = lock.version
        threading.Event().wait(0.1)
        assert table.items["shop"]["Version"]["S"] == lock.version != first
        lock.check()


def test_an_owner_learns_that_somebody_has_taken_its_lock(account: Any, table: Table) -> None:
    with held(account, "shop", lease=0.03) as lock:
        table.items["shop"] = taken("ann@elsewhere:7")
        assert lock.lost.wait(5)
        with pytest.raises(DeployError, match="another deployment has taken the lock"):
            lock.check()
    assert table.items["shop"] == taken("ann@elsewhere:7"), "it is not ours to release"


def test_an_owner_that_cannot_renew_in_time_has_lost_its_lock(account: Any, table: Table) -> None:
    with held(account, "shop", lease=0.03) as lock:
        table.broken.set()
        assert lock.lost.wait(5)


def test_an_account_without_the_table_is_to_be_bootstrapped(account: Any, table: Table) -> None:
    def missing(**_: Any) -> None:
        raise AwsError("x", locking.NO_TABLE, "no", "GetItem")

    table.get_item = missing  # type: ignore[assignment]
    with pytest.raises(DeployError, match="bootstrap"), held(account, "shop"):
        raise AssertionError


def test_a_renewal_that_was_repeated_is_no_loss(account: Any) -> None:
    lock = Lock(account, "locks", "shop", "me", "1", 30)
    lock.check()
