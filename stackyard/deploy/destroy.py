"""Delete a stack with everything that it would leave behind: the way to destroy a dev environment.

Production is not destroyed like this; see the guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.aws import cloudformation, leftovers, s3
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Resource
from stackyard.deploy import watch
from stackyard.deploy.events import (
    DeployEvent,
    Emptied,
    Outcome,
    Progress,
    Remaining,
    Removed,
    Started,
)
from stackyard.deploy.explain import first_cause
from stackyard.deploy.plan import token
from stackyard.errors import DeployError

BUCKET = "AWS::S3::Bucket"


def destroy(account: Account, stack_name: str) -> Iterator[DeployEvent]:
    """Delete a stack, what its deletion policies retain, and the snapshots that they take.

    Yields what happens; the last is an Outcome, which lists what could not be deleted.

    Raises:
        DeployError: there is no such stack, or it is protected or at work.
    """
    stack = _destroyable(account, stack_name)
    owned = list(_resources(account, stack.id))
    for resource in owned:
        # CloudFormation deletes no bucket that holds something
        if resource.type == BUCKET and s3.exists(account, resource.physical_id):
            yield Emptied(resource.physical_id, s3.empty(account, resource.physical_id))
    known = watch.known_events(account, stack.id)
    cloudformation.delete(account, stack.id, token())
    yield Started("delete", stack_name, stack.id)
    happened: list[Progress] = []
    for progress in watch.follow(account, stack.id, known):
        happened.append(progress)
        yield progress
    status = watch.settled(account, stack.id).status
    if status != "DELETE_COMPLETE":
        yield Outcome("failed", stack_name, status, cause=first_cause(happened))
        return
    remaining: list[Remaining] = []
    for kept in (*_retained(happened), *leftovers.snapshots(account, owned)):
        try:
            if leftovers.delete(account, kept.type, kept.physical_id):
                yield Removed(kept.type, kept.physical_id)
        except DeployError as error:
            remaining.append(Remaining(kept.type, kept.physical_id, str(error)))
    yield Outcome("deleted", stack_name, status, remaining=tuple(remaining))


def _destroyable(account: Account, stack_name: str) -> cloudformation.Stack:
    stack = cloudformation.describe(account, stack_name)
    where = f"{stack_name} in {account.region}"
    if stack is None:
        raise DeployError(f"{where}: there is no such stack; nothing is to be destroyed")
    if stack.termination_protection:
        raise DeployError(
            f"{where}: is protected against deletion; deploy it with termination_protection false"
        )
    if stack.status.endswith("_IN_PROGRESS") and stack.status != "REVIEW_IN_PROGRESS":
        raise DeployError(f"{where}: is in {stack.status}; wait until that has ended")
    return stack


def _resources(account: Account, stack_id: str) -> Iterator[Resource]:
    """Yield the resources of a stack and of those nested in it."""
    for resource in cloudformation.resources(account, stack_id):
        if resource.type == STACK and resource.physical_id:
            yield from _resources(account, resource.physical_id)
        elif resource.physical_id:
            yield resource


def _retained(happened: list[Progress]) -> Iterator[Resource]:
    for one in happened:
        if one.event.status == "DELETE_SKIPPED":
            event = one.event
            yield Resource(event.logical_id, event.physical_id, event.type, event.status)
