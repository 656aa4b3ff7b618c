"""Deploy: plan, execute, watch, and say how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy import plan as planning
from stackyard.deploy import watch
from stackyard.deploy.events import DeployEvent, Outcome, Planned, Progress, Result, Started
from stackyard.deploy.explain import first_cause
from stackyard.deploy.plan import Plan, Request

RESULTS: dict[str, Result] = {"CREATE_COMPLETE": "created", "UPDATE_COMPLETE": "updated"}


def deploy(account: Account, request: Request) -> Iterator[DeployEvent]:
    """Bring a stack to what *request* says and yield what happens; the last is an Outcome.

    Closing the generator before ``Started`` discards the change set; after it, the operation goes
    on without being watched.

    Raises:
        DeployError: AWS refuses, cannot be reached, or the stack is in no state to be changed.
    """
    prepared = planning.prepare(account, request)
    if prepared is None:
        stack = watch.settled(account, request.stack_name)
        _protect(account, request, stack.termination_protection)
        yield Outcome("unchanged", stack.name, stack.status, stack.outputs)
        return
    try:
        yield Planned(prepared.operation, request.stack_name, prepared.changes)
    except BaseException:
        planning.discard(account, prepared.change_set, prepared.operation)
        raise
    yield from execute(account, prepared)


def execute(account: Account, prepared: Plan) -> Iterator[DeployEvent]:
    """Execute a plan and yield what happens; the last is an Outcome.

    Raises:
        DeployError: AWS refuses or cannot be reached.
    """
    request, stack_id = prepared.request, prepared.change_set.stack_id
    known = watch.known_events(account, stack_id)
    try:
        cloudformation.execute(account, prepared.change_set, planning.token())
    except BaseException:
        planning.discard(account, prepared.change_set, prepared.operation)
        raise
    yield Started(prepared.operation, request.stack_name, stack_id)
    happened: list[Progress] = []
    for progress in watch.follow(account, stack_id, known):
        happened.append(progress)
        yield progress
    stack = watch.settled(account, stack_id)
    result = RESULTS.get(stack.status)
    if result:
        _protect(account, request, stack.termination_protection)
        yield Outcome(result, stack.name, stack.status, stack.outputs)
    else:
        rolled_back = stack.status.endswith("ROLLBACK_COMPLETE")
        yield Outcome(
            "rolled back" if rolled_back else "failed",
            stack.name,
            stack.status,
            stack.outputs,
            first_cause(happened),
        )


def _protect(account: Account, request: Request, now: bool) -> None:
    wanted = request.termination_protection
    if wanted is not None and wanted != now:
        cloudformation.protect(account, request.stack_name, on=wanted)
