"""Get a stack out of where it is stuck, the way that its diagnosis proposes."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

from stackyard.aws import cloudformation, leftovers, recovery
from stackyard.aws.account import Account
from stackyard.deploy import orphan
from stackyard.deploy.diagnosis import Diagnosis, spared
from stackyard.deploy.events import DeployEvent, Emptied, Noticed, Outcome, Remaining
from stackyard.deploy.holdings import Holding, nested_stacks
from stackyard.deploy.operations import Followed
from stackyard.deploy.plan import token
from stackyard.errors import DeployError

COMPLETE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


def recover(
    account: Account,
    diagnosis: Diagnosis,
    *,
    skips: bool = True,
    named: frozenset[str] = frozenset(),
) -> Iterator[DeployEvent]:
    """Do what is proposed and yield what happens; the last event is an Outcome.

    Args:
        account: the stack's.
        diagnosis: of just now.
        skips: whether a rollback leaves out what blocks it.
        named: paths of what holds data and may be emptied and deleted all the same.

    Raises:
        DeployError: AWS refuses, or going on would delete what once worked.
    """
    match diagnosis.state.action:
        case "watch":
            yield from _watched(account, diagnosis)
        case "roll back":
            yield from _rolled_back(account, diagnosis)
        case "continue":
            yield from _continued(account, diagnosis, skips=skips)
        case "remove":
            yield from _tidied(account, diagnosis)
        case "delete":
            yield from _deleted(account, diagnosis)
        case "finish deletion":
            yield from _finished(account, diagnosis, named)
        case _:
            stack = diagnosis.stack
            yield Outcome("unchanged", stack.name, stack.status, stack.outputs)


def _watched(account: Account, diagnosis: Diagnosis) -> Iterator[DeployEvent]:
    followed = Followed(account, diagnosis.stack.id)
    yield from followed.attach()
    yield _outcome(diagnosis, followed)


def _rolled_back(account: Account, diagnosis: Diagnosis) -> Iterator[DeployEvent]:
    followed = Followed(account, diagnosis.stack.id)
    stack_id = diagnosis.stack.id
    yield from followed.run("recover", lambda: recovery.roll_back(account, stack_id, token()))
    yield _outcome(diagnosis, followed)


def _continued(account: Account, diagnosis: Diagnosis, *, skips: bool) -> Iterator[DeployEvent]:
    followed = Followed(account, diagnosis.stack.id)
    skip = [one.skip for one in diagnosis.blocking] if skips else []
    yield from followed.run(
        "recover",
        lambda: recovery.continue_rollback(account, followed.stack_id, skip, token()),
    )
    yield _outcome(diagnosis, followed)


def _tidied(account: Account, diagnosis: Diagnosis) -> Iterator[DeployEvent]:
    """Remove change sets, and the shell of a stack if they are all that it has."""
    stack = diagnosis.stack
    for one in diagnosis.change_sets:
        recovery.delete_change_set(account, stack.id, one.id)
        yield Noticed(f"{stack.name}: change set {one.name} is removed")
    if stack.status != "REVIEW_IN_PROGRESS":
        yield Outcome("recovered", stack.name, stack.status, stack.outputs)
        return
    now = cloudformation.describe(account, stack.id)
    if now and now.status == "REVIEW_IN_PROGRESS":
        if cloudformation.resources(account, stack.id):
            raise DeployError(f"{stack.name}: the shell holds resources; look at it in the console")
        recovery.delete(account, stack.id, (), token())
    yield Outcome("recovered", stack.name, "DELETE_COMPLETE")


def _deleted(account: Account, diagnosis: Diagnosis) -> Iterator[DeployEvent]:
    stack = diagnosis.stack
    for event in cloudformation.events(account, stack.id):
        if event.is_of_stack and event.status in COMPLETE:
            raise DeployError(
                f"{stack.name}: was {event.status} on {event.time:%Y-%m-%d %H:%M}, and what once "
                "worked is not deleted to get it unstuck; ask AWS support, or destroy it"
            )
    followed = Followed(account, stack.id)
    # somebody may have deleted it while the proposal was read
    yield from followed.attach()
    if followed.status != "DELETE_COMPLETE":
        yield from followed.run("delete", lambda: recovery.delete(account, stack.id, (), token()))
    yield _outcome(diagnosis, followed)


def _finished(
    account: Account, diagnosis: Diagnosis, named: frozenset[str]
) -> Iterator[DeployEvent]:
    """Delete the rest of a stack, nested stacks first, without what stops that or holds data."""
    for one in diagnosis.held:
        if one.path in named:
            count = leftovers.empty(account, one.type, one.physical_id)
            yield Emptied(one.physical_id, count)
    kept = spared(diagnosis, named)
    followed = Followed(account, diagnosis.stack.id)
    for stack in list(nested_stacks(account, diagnosis.stack.id)):
        retain = [one.resource.logical_id for one in kept if one.stack_id == stack.id]
        is_root = stack.id == diagnosis.stack.id
        if retain and stack.status != "DELETE_FAILED":
            # CloudFormation takes a list of what to keep only for a deletion that has failed
            yield from orphan.retain(account, stack, dict.fromkeys(retain, "Retain"))
        elif retain or is_root:
            followed = Followed(account, stack.id)
            begin = functools.partial(recovery.delete, account, stack.id, retain, token())
            yield from followed.run("delete", begin)
            if followed.status != "DELETE_COMPLETE":
                break
    yield _outcome(diagnosis, followed, [_remaining(one) for one in kept])


def _remaining(one: Holding) -> Remaining:
    return Remaining(one.type, one.physical_id, f"{one.path} is kept; {leftovers.cost(one.type)}")


def _outcome(
    diagnosis: Diagnosis, followed: Followed, remaining: Sequence[Remaining] = ()
) -> Outcome:
    status, name = followed.status, diagnosis.stack.name
    good = (*COMPLETE, "DELETE_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")
    if status in good and not followed.undone:
        return Outcome("recovered", name, status, remaining=tuple(remaining))
    return Outcome("failed", name, status, cause=followed.cause, evidence=followed.evidence)
