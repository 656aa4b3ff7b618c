"""Why an operation failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from stackyard.aws.cloudformation import STACK, Stack
from stackyard.aws.ecs import SERVICE
from stackyard.deploy.events import Cause, Evidence, Operation, Outcome, Progress, Result
from stackyard.deploy.reasons import advice

# What CloudFormation says of resources that it gave up because another failed
GIVEN_UP = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancel")
RESULTS: dict[str, Result] = {
    "CREATE_COMPLETE": "created",
    "UPDATE_COMPLETE": "updated",
    "IMPORT_COMPLETE": "updated",
    "DELETE_COMPLETE": "deleted",
}


def first_cause(happened: Iterable[Progress], evidence: Sequence[Evidence] = ()) -> Cause | None:
    """Return the first failure among what happened, None if nothing failed.

    A resource comes before the nested stack that it is in, whose reason only names it, and what
    CloudFormation gave up is no failure.

    Args:
        happened: in any order, each once or several times.
        evidence: what was gathered of it; a task says more than the service that it belongs to.
    """
    failed = [
        one
        for one in happened
        if one.event.status.endswith("_FAILED") and not one.event.reason.startswith(GIVEN_UP)
    ]
    ranked = sorted(failed, key=lambda one: (_distance(one), one.event.time))
    if not ranked:
        return None
    event = ranked[0].event
    cause = Cause(ranked[0].name, event.type, event.physical_id, event.status, event.reason)
    return advised(cause, evidence)


def advised(cause: Cause, evidence: Sequence[Evidence] = ()) -> Cause:
    """Return *cause* with what people do about it, by its evidence before its own words."""
    own = [item for item in evidence if item.name == cause.name]
    says = [item.title for item in own] + ["\n".join(item.lines) for item in own]
    # the tasks of a service say why it failed, and the lines of a log what the task's end was
    texts = [*reversed(says), cause.reason] if cause.type == SERVICE else [cause.reason, *says]
    found = [known for known in map(advice, texts) if known]
    specific = [known for known in found if known.name not in GENERAL]
    return replace(cause, advice=next(iter(specific or found), None))


# Entries that stand for something else which may be known too
GENERAL = {
    *("application-ended", "circuit-breaker", "custom-resource-failed"),
    *("custom-resource-silent", "not-stabilized"),
    *("invalid-property", "already-exists", "permission"),
}


def ended(
    stack: Stack,
    operation: Operation,
    happened: Sequence[Progress],
    evidence: Sequence[Evidence] = (),
    reverted: Sequence[Cause] = (),
) -> Outcome:
    """Return how an operation ended.

    Args:
        stack: as it is now.
        operation: what was asked for.
        happened: all of it.
        evidence: gathered meanwhile.
        reverted: services that ECS rolled back behind CloudFormation's back.
    """
    result = RESULTS.get(stack.status)
    if result and (result == "deleted") == (operation == "delete"):
        if not reverted:
            return Outcome(result, stack.name, stack.status, stack.outputs)
        cause: Cause | None = advised(reverted[0], evidence)
        result = "failed"
    elif result == "deleted":
        reason = "the stack was deleted by somebody else meanwhile"
        result, cause = "failed", Cause("", STACK, stack.id, stack.status, reason)
    else:
        result = "rolled back" if stack.status.endswith("ROLLBACK_COMPLETE") else "failed"
        cause = first_cause(happened, evidence)
    return Outcome(result, stack.name, stack.status, stack.outputs, cause, evidence=tuple(evidence))


def _distance(progress: Progress) -> int:
    """Return how far a failure is from a resource: 0 for one, more for stacks around it."""
    if progress.event.is_of_stack:
        return 2
    return 1 if progress.event.type == STACK else 0
