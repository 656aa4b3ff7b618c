"""What destroying an environment would lose, and whether somebody has agreed to that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stackyard.aws import cloudformation, leftovers, protection
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Stack
from stackyard.deploy.holdings import KEEPING, Holding, holdings
from stackyard.errors import DataLossError, DeployError

Rule = Literal["everything", "keep-data", "guarded"]
SNAPSHOTTED = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::ElastiCache::ReplicationGroup")


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What a person agreed to.

    Attributes:
        rule: of the environment. ``everything``: nothing remains. ``keep-data``: what holds data
            is kept or snapshotted. ``guarded``: what holds data goes only if it is named.
        named: paths of what holds data and may go all the same: ``Database/Instance``.
        lifts_protection: whether what refuses to be deleted may be made to accept it.
        prefix: what stands before such a path on the command line.
    """

    rule: Rule = "guarded"
    named: frozenset[str] = frozenset()
    lifts_protection: bool = False
    prefix: str = ""


@dataclass(frozen=True)
class Survey:
    """What a stack holds before it is destroyed.

    Attributes:
        stack: the root stack.
        held: its resources through all nesting.
        protected: those of *held* that refuse to be deleted.
        snapshots: of its databases, which exist already.
    """

    stack: Stack
    held: Sequence[Holding]
    protected: Sequence[Holding]
    snapshots: frozenset[str]

    @property
    def stateful(self) -> list[Holding]:
        """Return what holds data."""
        return [one for one in self.held if one.is_stateful]


def survey(account: Account, stack_name: str) -> Survey | None:
    """Return what a stack holds, None if there is no such stack.

    Raises:
        DeployError: something is at work on it.
    """
    stack = cloudformation.describe(account, stack_name)
    if stack is None:
        return None
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        raise DeployError(
            f"{stack_name} in {account.region}: is in {stack.status}; recover watches it to its end"
        )
    held = list(holdings(account, stack.id))
    protected = [one for one in held if protection.is_protected(account, one.type, one.physical_id)]
    existing = leftovers.snapshots(account, [one.resource for one in held])
    return Survey(stack, held, protected, frozenset(one.physical_id for one in existing))


def check(found: Survey, consent: Consent) -> None:
    """Raise unless *consent* covers what would be destroyed.

    Raises:
        DataLossError: something holds data and was not named; the message names it.
        DeployError: something is protected.
    """
    name = found.stack.name
    if unknown := sorted(consent.named - {one.path for one in found.stateful}):
        there = ", ".join(one.path for one in found.stateful) or "nothing"
        raise DeployError(f"{name}: {', '.join(unknown)} holds no data; what does is {there}")
    protected = [name] if found.stack.termination_protection else []
    protected += [one.path for one in found.protected if must_yield(one, consent)]
    if protected and not consent.lifts_protection:
        raise DeployError(
            f"{name}: {', '.join(protected)} is protected against deletion; "
            "add --lift-protection if it shall go all the same"
        )
    if consent.rule == "guarded":
        silent = [one for one in found.stateful if one.path not in consent.named]
        if silent:
            listed = "".join(
                f"\n  --delete-data {consent.prefix}{one.path}  # {one.loss}" for one in silent
            )
            raise DataLossError(
                f"{name}: is guarded and holds data; name each of these to destroy it, "
                f"or orphan it first to keep it:{listed}"
            )


def goes(one: Holding, consent: Consent) -> bool:
    """Return whether a resource is destroyed with its data."""
    if not one.is_stateful or one.path in consent.named:
        return True
    return consent.rule == "everything"


def fate(one: Holding, consent: Consent) -> str:
    """Return what becomes of something that holds data: deleted, kept, or deleted and kept."""
    snapshot = one.type in SNAPSHOTTED and one.policy not in KEEPING
    if snapshot and consent.rule != "everything":
        return "deleted, with a final snapshot"
    return "deleted" if goes(one, consent) else "kept"


def must_yield(one: Holding, consent: Consent) -> bool:
    """Return whether the protection of a resource stands in the way.

    A database that is kept as a snapshot is deleted itself.
    """
    return goes(one, consent) or (one.type in SNAPSHOTTED and one.policy not in KEEPING)
