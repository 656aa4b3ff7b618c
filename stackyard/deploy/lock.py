"""One deployment of a stack at a time: a lock that is an item of a DynamoDB table.

An owner renews its lock while it lives. Whoever waits sees that it is not renewed any more, by a
clock of its own, so that no two machines need to agree on the time.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError
from stackyard.errors import DeployError

TABLE = "stackyard-locks"
KEY = "Stack"
LEASE_SECONDS = 30.0  # without renewal, after which an owner counts as dead
RENEWALS = 3  # per lease
PATIENCE_SECONDS = 120.0  # a dead owner's lock has expired by then
POLL_SECONDS = 2.0
EMBEDDED_POLL_SECONDS = 0.1
REFUSED = "ConditionalCheckFailedException"
NO_TABLE = "ResourceNotFoundException"


@dataclass
class Lock:
    """A lock that is held.

    Attributes:
        stack_name: what is locked.
        owner: who holds it, for people.
        version: changes with each renewal.
        lost: set if somebody else has taken it.
    """

    account: Account
    table: str
    stack_name: str
    owner: str
    version: str
    lease: float
    lost: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Do nothing if it is still held.

        Raises:
            DeployError: somebody else has taken it, since it was not renewed in time.
        """
        if self.lost.is_set():
            raise DeployError(
                f"{self.stack_name}: another deployment has taken the lock, since this one did not"
                " answer in time; nothing was executed, run it again"
            )


@contextlib.contextmanager
def held(
    account: Account,
    stack_name: str,
    *,
    table: str = TABLE,
    timeout: float = PATIENCE_SECONDS,
    lease: float = LEASE_SECONDS,
) -> Iterator[Lock]:
    """Hold the lock of a stack for as long as the block runs.

    Args:
        account: the stack's.
        stack_name: of the root stack.
        table: that holds the locks; on the embedded account it is made if it does not exist.
        timeout: seconds to wait for another deployment; 0 leaves at once.
        lease: seconds without renewal after which its owner counts as dead.

    Raises:
        DeployError: another deployment holds it, or there is no table.
    """
    if account.is_embedded:
        _create_table(account, table)
    lock = Lock(account, table, stack_name, _owner(), str(uuid.uuid4()), lease)
    _acquire(lock, timeout)
    stop = threading.Event()
    renewing = threading.Thread(target=_renew, args=(lock, stop), daemon=True)
    renewing.start()
    try:
        yield lock
    finally:
        stop.set()
        # in a thread that the interpreter waits for: who presses Ctrl-C twice interrupts only us
        ending = threading.Thread(target=_end, args=(lock, renewing))
        ending.start()
        ending.join()


def _end(lock: Lock, renewing: threading.Thread) -> None:
    renewing.join()
    _release(lock)


def _acquire(lock: Lock, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    seen, seen_at = "", time.monotonic()
    while True:
        other = _holder(lock)
        if other is None:
            if _put(lock, f"attribute_not_exists({KEY})"):
                return
            continue
        if other["Version"] != seen:
            seen, seen_at = other["Version"], time.monotonic()
        lease = float(other["LeaseSeconds"])
        if _is_dead(other) or time.monotonic() - seen_at > lease:
            if _put(lock, "Version = :seen", {":seen": {"S": other["Version"]}}):
                return
            continue
        if time.monotonic() >= deadline:
            raise DeployError(
                f"{lock.stack_name} in {lock.account.region}: {other['Owner']} deploys it since "
                f"{other['Since']}; wait for that, or give a longer --lock-timeout"
            )
        time.sleep(EMBEDDED_POLL_SECONDS if lock.account.is_embedded else POLL_SECONDS)


def _holder(lock: Lock) -> dict[str, str] | None:
    try:
        answer = _client(lock).get_item(
            TableName=lock.table, Key={KEY: {"S": lock.stack_name}}, ConsistentRead=True
        )
    except AwsError as error:
        if error.code != NO_TABLE:
            raise
        raise DeployError(
            f"{lock.account.region}: there is no table {lock.table!r} for locks; "
            "run python build.py bootstrap for this account and region"
        ) from error
    item = answer.get("Item")
    return {name: next(iter(value.values())) for name, value in item.items()} if item else None


def _put(lock: Lock, condition: str, values: dict[str, Any] | None = None) -> bool:
    """Take the lock and return whether *condition* still held."""
    item = {
        KEY: {"S": lock.stack_name},
        "Owner": {"S": lock.owner},
        "Since": {"S": datetime.now(UTC).isoformat(timespec="seconds")},
        "Version": {"S": lock.version},
        "LeaseSeconds": {"N": str(lock.lease)},
    }
    return _holds(
        lambda: _client(lock).put_item(
            TableName=lock.table,
            Item=item,
            # a call that boto3 repeats may have succeeded the first time
            ConditionExpression=f"{condition} OR Version = :mine",
            ExpressionAttributeValues={":mine": {"S": lock.version}, **(values or {})},
        )
    )


def _renew(lock: Lock, stop: threading.Event) -> None:
    last = time.monotonic()
    while not stop.wait(lock.lease / RENEWALS):
        version = str(uuid.uuid4())
        try:
            renewed = _holds(
                lambda version=version: _client(lock).update_item(
                    TableName=lock.table,
                    Key={KEY: {"S": lock.stack_name}},
                    UpdateExpression="SET Version = :next",
                    ConditionExpression="Version = :mine OR Version = :next",
                    ExpressionAttributeValues={
                        ":mine": {"S": lock.version},
                        ":next": {"S": version},
                    },
                )
            )
        except DeployError:  # AWS does not answer; the next renewal may be in time
            if time.monotonic() - last > lock.lease:
                lock.lost.set()
            continue
        if not renewed:
            lock.lost.set()
            return
        lock.version, last = version, time.monotonic()


def _release(lock: Lock) -> None:
    # it expires by itself if AWS cannot be reached
    with contextlib.suppress(DeployError):
        _holds(
            lambda: _client(lock).delete_item(
                TableName=lock.table,
                Key={KEY: {"S": lock.stack_name}},
                ConditionExpression="Version = :mine",
                ExpressionAttributeValues={":mine": {"S": lock.version}},
            )
        )


def _holds(call: Any) -> bool:
    try:
        call()
    except AwsError as error:
        if error.code == REFUSED:
            return False
        raise
    return True


def _owner() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}:{os.getpid()}"


def _is_dead(holder: dict[str, str]) -> bool:
    """Return whether the owner was a process of this machine that is no more."""
    _, _, place = holder["Owner"].rpartition("@")
    host, _, pid = place.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _create_table(account: Account, table: str) -> None:
    try:
        account.client("dynamodb", table).create_table(
            TableName=table,
            AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    except AwsError as error:
        if error.code != "ResourceInUseException":
            raise


def _client(lock: Lock) -> Any:
    return lock.account.client("dynamodb", lock.stack_name)
