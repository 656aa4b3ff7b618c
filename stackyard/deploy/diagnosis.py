"""Where a stack is stuck: what its status means, what stops it, and what is proposed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Event, Stack
from stackyard.deploy.holdings import Holding, holdings, is_passing

Action = Literal[
    "nothing", "watch", "delete", "roll back", "continue", "remove", "finish deletion", "by hand"
]


class State(NamedTuple):
    """What a status means and what is done about it."""

    meaning: str
    action: Action
    proposal: str


NEVER_CREATED = "delete it, since its creation never succeeded, and deploy again"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
STATES: Mapping[str, State] = {
    "CREATE_FAILED": State("its creation failed and was not rolled back", "delete", NEVER_CREATED),
    "ROLLBACK_COMPLETE": State(
        "its creation failed and was rolled back; it can only be deleted", "delete", NEVER_CREATED
    ),
    "ROLLBACK_FAILED": State(
        "its creation failed, and so did the rollback of that", "delete", NEVER_CREATED
    ),
    "UPDATE_FAILED": State(
        "an update failed and was not rolled back",
        "roll back",
        "roll it back to what it was before the update",
    ),
    "UPDATE_ROLLBACK_FAILED": State(
        "an update failed, and so did the rollback to what was before",
        "continue",
        "continue the rollback",
    ),
    "REVIEW_IN_PROGRESS": State(
        "it is the empty shell of a change set that was never executed",
        "remove",
        "remove the shell with its change sets",
    ),
    "DELETE_FAILED": State(
        "its deletion was begun and stopped; CloudFormation knows no way back from that",
        "finish deletion",
        "finish the deletion and keep what stops it",
    ),
    "IMPORT_ROLLBACK_FAILED": State(
        "an import failed, and so did the rollback of that",
        "by hand",
        "read the reasons in its events and ask AWS support; Stackyard imports nothing itself",
    ),
}
AT_WORK = State("something is at work on it", "watch", "watch it to its end")
AT_REST = State("nothing is wrong with it", "nothing", "")
LEFTOVERS = State("nothing is wrong with it, but change sets were left", "remove", "remove them")
SKIPPING = (
    "a resource that is skipped stays as it is now while its template says otherwise: make the two "
    "agree before the next deployment, or that may fail for good"
)


@dataclass(frozen=True)
class Blocking:
    """A resource that stops an operation.

    Attributes:
        path: ``Network/Ingress``.
        stack_id: of the stack that it is directly in.
        logical_id: in that stack.
        type: of the resource.
        physical_id: of the resource.
        reason: AWS's words.
        skip: what CloudFormation calls it in a list of resources to skip.
    """

    path: str
    stack_id: str
    logical_id: str
    type: str
    physical_id: str
    reason: str
    skip: str


@dataclass(frozen=True)
class Diagnosis:
    """Where a stack is stuck and the way out.

    Attributes:
        stack: the root stack.
        state: what its status means and what is proposed.
        blocking: what stops the operation that it is stuck in.
        held: what would be deleted with it, or by its deletion.
        change_sets: that were never executed.
        warnings: what to know before saying yes.
    """

    stack: Stack
    state: State
    blocking: Sequence[Blocking] = ()
    held: Sequence[Holding] = ()
    change_sets: Sequence[recovery.LeftoverChangeSet] = ()
    warnings: Sequence[str] = ()

    @property
    def endangered(self) -> list[Holding]:
        """Return what holds data and would be deleted without a snapshot."""
        return [one for one in self.held if one.is_stateful and one.policy == "Delete"]


def diagnose(account: Account, stack_name: str) -> Diagnosis | None:
    """Return where a stack is stuck, None if there is no such stack.

    Raises:
        DeployError: AWS cannot be asked.
    """
    stack = cloudformation.describe(account, stack_name)
    if stack is None:
        return None
    is_new = stack.status == "REVIEW_IN_PROGRESS"
    if stack.status.endswith("_IN_PROGRESS") and not is_new:
        return Diagnosis(stack, AT_WORK)
    sets = recovery.change_sets(account, stack.id)
    state = STATES.get(stack.status, LEFTOVERS if sets else AT_REST)
    if state.action == "continue":
        blocking = list(_blocking(account, stack.id, "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE"))
        warnings = (SKIPPING,) if blocking else ()
        return Diagnosis(stack, state, blocking, change_sets=sets, warnings=warnings)
    if state.action == "finish deletion":
        blocking = list(_blocking(account, stack.id, "DELETE_IN_PROGRESS", "DELETE"))
        return Diagnosis(stack, state, blocking, list(holdings(account, stack.id)), sets)
    held = list(holdings(account, stack.id)) if state.action == "delete" else []
    return Diagnosis(stack, state, held=held, change_sets=sets)


def spared(diagnosis: Diagnosis, named: frozenset[str] = frozenset()) -> list[Holding]:
    """Return what the end of a deletion keeps: what stops it, and data that nobody named."""
    stopping = {one.path for one in diagnosis.blocking if not is_passing(one.reason)}
    chosen = {one.path for one in diagnosis.endangered} | stopping
    return [one for one in diagnosis.held if one.path in chosen - named]


def _blocking(
    account: Account, stack_id: str, since: str, operation: str, path: tuple[str, ...] = ()
) -> Iterator[Blocking]:
    """Yield what failed in a stack and in those nested in it since an operation last began.

    What failed before, in the update itself, CloudFormation refuses to skip.
    """
    name = cloudformation.name_of(stack_id)
    last: dict[str, Event] = {}
    for event in cloudformation.events(account, stack_id):
        if event.is_of_stack:
            last = {} if event.status == since else last
        else:
            last[event.logical_id] = event
    for event in last.values():
        if event.status != f"{operation}_FAILED":
            continue
        inner: list[Blocking] = []
        if event.type == STACK and event.physical_id.startswith("arn:"):
            outer = (*path, event.logical_id)
            inner = list(_blocking(account, event.physical_id, since, operation, outer))
        yield from inner or [
            Blocking(
                "/".join((*path, event.logical_id)),
                *(stack_id, event.logical_id, event.type, event.physical_id, event.reason),
                # CloudFormation wants the nested stack's name, not its logical id:
                # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
                f"{name}.{event.logical_id}" if path else event.logical_id,
            )
        ]
