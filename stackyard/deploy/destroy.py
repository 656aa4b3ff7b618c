"""Destroy an environment, by the rule of its parameter file: its data with it, or not."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stackyard.aws import cloudformation, leftovers, protection, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Resource, Stack
from stackyard.deploy import orphan
from stackyard.deploy.events import (
    DeployEvent,
    Emptied,
    Noticed,
    Outcome,
    Remaining,
    Removed,
)
from stackyard.deploy.holdings import KEEPING, Holding, is_passing
from stackyard.deploy.operations import Followed
from stackyard.deploy.plan import READY, token
from stackyard.deploy.survey import SNAPSHOTTED, Consent, Survey, check, goes, must_yield, survey
from stackyard.errors import DeployError

ATTEMPTS = 6
# Network interfaces of functions and load balancers go minutes after what they served:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
PAUSE_SECONDS = 60.0
EMBEDDED_PAUSE_SECONDS = 0.05


def destroy(account: Account, stack_name: str, consent: Consent) -> Iterator[DeployEvent]:
    """Delete a stack by the rule of its environment and yield what happens.

    The last event is an Outcome, which lists what remains and what of that costs money.

    Raises:
        DataLossError: as ``check``.
        DeployError: as ``check``; AWS refuses or cannot be reached.
    """
    found, end = None, Outcome("absent", stack_name, "there is no such stack")
    if stack := deleting(account, stack_name):
        # a run that was killed has begun it, or somebody else; what goes is decided
        followed = Followed(account, stack.id)
        yield from followed.attach()
        end = Outcome("deleted", stack_name, followed.status)
        if followed.status != "DELETE_COMPLETE":
            found = survey(account, stack_name)
    else:
        found = survey(account, stack_name)
    if found is None:
        yield from _resumed(account, end, consent)
        return
    check(found, consent)
    yield from _lifted(account, found, consent)
    if consent.rule != "everything":
        yield from _kept(account, found, consent)
    going = [one for one in found.held if goes(one, consent)]
    followed = Followed(account, found.stack.id)
    yield from _deleted(account, followed, going)
    if followed.status != "DELETE_COMPLETE":
        yield Outcome(
            "failed",
            found.stack.name,
            followed.status,
            cause=followed.cause,
            evidence=followed.evidence,
        )
        return
    yield from _cleared(account, found, consent)


def _lifted(account: Account, found: Survey, consent: Consent) -> Iterator[DeployEvent]:
    for one in found.protected:
        if must_yield(one, consent):
            protection.lift(account, one.type, one.physical_id)
            yield Noticed(f"{one.path}: its deletion protection is lifted")
    if found.stack.termination_protection:
        cloudformation.protect(account, found.stack.name, on=False)
        yield Noticed(f"{found.stack.name}: its termination protection is lifted")


def _kept(account: Account, found: Survey, consent: Consent) -> Iterator[DeployEvent]:
    """Make CloudFormation keep the data that is to be kept where the template says otherwise."""
    chosen: dict[str, dict[str, str]] = {}
    for one in found.stateful:
        policy = "Snapshot" if one.type in SNAPSHOTTED else "Retain"
        if one.policy == "Delete" and (policy == "Snapshot" or not goes(one, consent)):
            chosen.setdefault(one.stack_id, {})[one.resource.logical_id] = policy
            yield Noticed(f"{one.path}: its data is kept; its deletion policy becomes {policy}")
    for stack_id, policies in chosen.items():
        stack = cloudformation.describe(account, stack_id)
        if stack and stack.status in READY:
            yield from orphan.retain(account, stack, policies)
        else:
            status = stack.status if stack else "no more"
            raise DeployError(
                f"{found.stack.name}: {', '.join(policies)} cannot be kept because the stack is in "
                f"{status}; recover it first"
            )


def _deleted(
    account: Account, followed: Followed, going: Sequence[Holding]
) -> Iterator[DeployEvent]:
    """Delete the stack, again while that gets it further."""

    def begin() -> None:
        recovery.delete(account, followed.stack_id, (), token())

    for attempt in range(1, ATTEMPTS + 1):
        yield from _emptied(account, going)
        yield from followed.run("delete", begin)
        if followed.status == "DELETE_COMPLETE" or attempt == ATTEMPTS:
            return
        reason = followed.cause
        if reason is None or not is_passing(reason.reason):
            return
        pause = EMBEDDED_PAUSE_SECONDS if account.is_embedded else PAUSE_SECONDS
        yield Noticed(f"{reason.name}: {reason.reason}; trying again in {pause:g} s")
        time.sleep(pause)


def _emptied(account: Account, going: Sequence[Holding]) -> Iterator[DeployEvent]:
    for one in going:
        if one.policy not in KEEPING:
            count = leftovers.empty(account, one.type, one.physical_id)
            if count or one.type == leftovers.BUCKET:
                yield Emptied(one.physical_id, count)


def _cleared(account: Account, found: Survey, consent: Consent) -> Iterator[DeployEvent]:
    """Remove what the stack has left behind, as far as that was agreed to, and list the rest."""
    paths = {one.physical_id: one for one in found.held}
    remaining: list[Remaining] = []
    for kept in _skipped(account, found.stack.id):
        held = paths.get(kept.physical_id)
        if consent.rule == "everything" or (held and goes(held, consent)):
            yield from _removed(account, kept, remaining)
        else:
            remaining.append(_remaining(kept, f"{held.path if held else ''} is kept".strip()))
    for snapshot in leftovers.snapshots(account, [one.resource for one in found.held]):
        if snapshot.physical_id in found.snapshots:
            remaining.append(_remaining(snapshot, "was there before and is not the stack's"))
        elif consent.rule == "everything":
            yield from _removed(account, snapshot, remaining)
        else:
            remaining.append(_remaining(snapshot, "is the final snapshot"))
    yield Outcome("deleted", found.stack.name, "DELETE_COMPLETE", remaining=tuple(remaining))


def _resumed(account: Account, end: Outcome, consent: Consent) -> Iterator[DeployEvent]:
    """Finish what a deletion that was not ours to its end has left to do, and list the rest.

    What another stack has taken over since is left alone. Whether a snapshot is the deletion's or
    older nobody can tell any more, so none is deleted.
    """
    deleted = recovery.last_deleted(account, end.stack_name)
    remaining: list[Remaining] = []
    happened = list(_deletion(account, deleted)) if deleted else []
    for kept in (one for one in happened if one.status == "DELETE_SKIPPED"):
        if owner := recovery.owner(account, kept.physical_id):
            yield Noticed(f"{kept.physical_id}: belongs to {owner} now and stays")
        elif consent.rule != "everything":
            if leftovers.exists(account, kept.type, kept.physical_id):
                remaining.append(_remaining(kept, f"{kept.logical_id} is kept"))
        else:
            yield from _removed(account, kept, remaining)
    for snapshot in leftovers.snapshots(account, happened):
        remaining.append(
            _remaining(snapshot, "is left of a database; delete it if nobody needs it")
        )
    yield replace(end, remaining=tuple(remaining))


def _removed(account: Account, kept: Resource, remaining: list[Remaining]) -> Iterator[DeployEvent]:
    try:
        if count := leftovers.empty(account, kept.type, kept.physical_id):
            yield Emptied(kept.physical_id, count)
        if leftovers.delete(account, kept.type, kept.physical_id):
            yield Removed(kept.type, kept.physical_id)
    except DeployError as error:
        remaining.append(_remaining(kept, str(error)))


def _remaining(one: Resource, reason: str) -> Remaining:
    return Remaining(one.type, one.physical_id, f"{reason}; {leftovers.cost(one.type)}")


def deleting(account: Account, stack_name: str) -> Stack | None:
    """Return the stack if its deletion has begun and not ended."""
    stack = cloudformation.describe(account, stack_name)
    return stack if stack and stack.status == "DELETE_IN_PROGRESS" else None


def _skipped(account: Account, stack_id: str) -> Iterator[Resource]:
    """Yield what a deleted stack and those nested in it have left behind."""
    yield from (one for one in _deletion(account, stack_id) if one.status == "DELETE_SKIPPED")


def _deletion(account: Account, stack_id: str) -> Iterator[Resource]:
    """Yield what became of each resource when a stack and those nested in it were deleted.

    Their events are there for 90 days, so a later run finds it too. What updates before the
    deletion have left behind, such as an orphan, is not the stack's any more.
    """
    begun = False
    nested: dict[str, None] = {}
    for event in cloudformation.events(account, stack_id):
        if event.is_of_stack:
            begun = begun or event.status == "DELETE_IN_PROGRESS"
        elif begun and event.type == STACK and event.physical_id.startswith("arn:"):
            nested[event.physical_id] = None
        elif begun and event.status in ("DELETE_SKIPPED", "DELETE_COMPLETE"):
            yield Resource(event.logical_id, event.physical_id, event.type, event.status)
    for inner in nested:
        yield from _deletion(account, inner)
