"""How the instances of a fleet are, and why those that failed did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from stackyard.aws import stacksets
from stackyard.aws.account import Account
from stackyard.aws.stacksets import Instance
from stackyard.errors import DeployError

UNDER_WAY = ("PENDING", "RUNNING")
GOOD = ("SUCCEEDED", "")


@dataclass(frozen=True)
class Status:
    """How a fleet is.

    Attributes:
        name: of the StackSet.
        status: of the StackSet.
        counts: instances by status.
        failures: instances that need a person, with AWS's reason.
    """

    name: str
    status: str
    counts: Mapping[str, int]
    failures: tuple[Instance, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing here needs a person."""
        return not self.failures


def status(account: Account, name: str, call_as: str, since: datetime | None = None) -> Status:
    """Return how the instances of a StackSet are.

    Args:
        account: that administers it.
        name: of the StackSet.
        call_as: ``SELF`` or ``DELEGATED_ADMIN``.
        since: count what failed in an operation after that, even if a rollback has mended it.

    Raises:
        DeployError: there is no such StackSet.
    """
    found = stacksets.describe(account, name, call_as)
    if found is None:
        raise DeployError(
            f"{name} in {account.region}: there is no such StackSet; run fleet deploy first"
        )
    rows = sorted(
        stacksets.instances(account, name, call_as), key=lambda one: (one.region, one.account)
    )
    failed = [
        one
        for one in rows
        if one.detail not in UNDER_WAY and (one.status != "CURRENT" or one.detail not in GOOD)
    ]
    return Status(
        name,
        found.status,
        dict(Counter(one.status for one in rows)),
        (
            *_explained(account, name, call_as, failed),
            *_mended(account, name, call_as, since, failed),
        ),
    )


def by_reason(failures: Iterable[Instance]) -> dict[str, list[Instance]]:
    """Return instances by the reason that AWS gives, the most frequent first."""
    found: dict[str, list[Instance]] = {}
    for one in failures:
        found.setdefault(one.reason or one.detail or one.status, []).append(one)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _explained(
    account: Account, name: str, call_as: str, failed: list[Instance]
) -> Iterable[Instance]:
    """Yield instances with the reasons of their last operation, where they state none."""
    silent = {one.operation for one in failed if one.operation and not one.reason}
    reasons = {
        (operation, where, region): reason
        for operation in sorted(silent)
        for where, region, reason in stacksets.failures(account, name, operation, call_as)
    }
    for one in failed:
        reason = one.reason or reasons.get((one.operation, one.account, one.region), "")
        yield Instance(**{**vars(one), "reason": reason})


def _mended(
    account: Account, name: str, call_as: str, since: datetime | None, failed: list[Instance]
) -> Iterable[Instance]:
    """Yield what failed in the operations of late and is well again."""
    seen = {(one.account, one.region) for one in failed}
    if since is None:
        return
    for operation in stacksets.failed_operations(account, name, call_as, since):
        for where, region, reason in stacksets.failures(account, name, operation, call_as):
            if (where, region) not in seen:
                seen.add((where, region))
                yield Instance(where, region, "", "FAILED", reason, operation, "", "")
