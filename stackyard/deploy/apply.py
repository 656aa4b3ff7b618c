"""Deploy: plan, execute, watch, and say how it ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Stack
from stackyard.deploy import gate, protect, watch
from stackyard.deploy import plan as planning
from stackyard.deploy.events import DeployEvent, Outcome, Planned, Started
from stackyard.deploy.gate import Loss
from stackyard.deploy.lock import Lock
from stackyard.deploy.plan import Plan, Request
from stackyard.deploy.witness import attach, witness


def deploy(account: Account, request: Request, lock: Lock | None = None) -> Iterator[DeployEvent]:
    """Bring a stack to what *request* says and yield what happens; the last is an Outcome.

    Closing the generator before ``Started`` discards the change set; after it, the operation goes
    on without being watched.

    Args:
        account: where.
        request: what.
        lock: of the stack; it is checked once more before anything is executed.

    Raises:
        DataLossError: it would lose data that nobody has named.
        DeployError: AWS refuses, cannot be reached, or the stack is in no state to be changed.
    """
    running = cloudformation.describe(account, request.stack_name)
    if running and running.status.endswith("_IN_PROGRESS") and running.status != planning.NEW:
        for event in attach(account, running):
            if isinstance(event, Outcome) and event.is_good:
                break  # what was interrupted has come to its end; see whether more is to be done
            yield event
            if isinstance(event, Outcome):
                return
    _lift(account, request)
    try:
        prepared = planning.prepare(account, request)
    except planning.GuardedError as error:
        losses = error.preview.losses
        yield Planned("update", request.stack_name, (), error.preview, _refused(request, losses))
        _guard(account, request, cloudformation.describe(account, request.stack_name))
        gate.check(losses, request.allow_data_loss, request.stack_name, request.prefix)
        raise
    except BaseException:
        _guard(account, request, cloudformation.describe(account, request.stack_name))
        raise
    if prepared is None:
        stack = watch.settled(account, request.stack_name)
        _protect(account, request, stack)
        yield Outcome("unchanged", stack.name, stack.status, stack.outputs)
        return
    yield from carry_out(account, prepared, lock)


def carry_out(account: Account, prepared: Plan, lock: Lock | None = None) -> Iterator[DeployEvent]:
    """Announce a plan, execute it unless it would lose data, and yield what happens.

    Raises:
        DataLossError: as ``deploy``; the change set is discarded.
        DeployError: likewise.
    """
    request, lost = prepared.request, prepared.preview.losses
    refused = _refused(request, lost)
    try:
        yield Planned(
            prepared.operation, request.stack_name, prepared.changes, prepared.preview, refused
        )
        gate.check(lost, request.allow_data_loss, request.stack_name, request.prefix)
        if prepared.approved:
            _lift(account, request)
        if lock:
            lock.check()
    except BaseException:
        _discard(account, prepared)
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
        _discard(account, prepared)
        raise
    yield Started(prepared.operation, request.stack_name, stack_id)
    for event in witness(account, stack_id, prepared.operation, known):
        # an update that failed may have begun with policies lifted
        if isinstance(event, Outcome) and (event.is_good or prepared.operation == "update"):
            _protect(account, request, watch.settled(account, stack_id))
        yield event


def _discard(account: Account, prepared: Plan) -> None:
    if not prepared.approved:
        planning.discard(account, prepared.change_set, prepared.operation)
    _guard(account, prepared.request, prepared.stack)


def _refused(request: Request, losses: Sequence[Loss]) -> bool:
    return any(loss.path not in request.allow_data_loss for loss in losses)


def _guard(account: Account, request: Request, stack: Stack | None) -> None:
    """Undo what ``_lift`` has done."""
    if request.allow_data_loss and request.desired and stack and request.termination_protection:
        protect.apply(account, stack.id, protect.policies(request.desired))


def _protect(account: Account, request: Request, stack: Stack) -> None:
    """Give a stack the protection of its environment."""
    wanted = request.termination_protection
    if wanted is None:
        return
    if wanted != stack.termination_protection:
        cloudformation.protect(account, request.stack_name, on=wanted)
    if request.desired:
        protect.apply(account, stack.id, protect.policies(request.desired) if wanted else {})


def _lift(account: Account, request: Request) -> None:
    """Let stack policies admit the losses that the person has named.

    They are checked when a change set is made as well as when it is executed.
    """
    stack = cloudformation.describe(account, request.stack_name)
    if request.allow_data_loss and request.desired and stack and request.termination_protection:
        guards = protect.policies(request.desired, request.allow_data_loss)
        protect.apply(account, stack.id, guards)
