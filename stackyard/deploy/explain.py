"""Why an operation failed."""

from __future__ import annotations

from collections.abc import Iterable

from stackyard.aws.cloudformation import STACK
from stackyard.deploy.events import Cause, Progress

# What CloudFormation says of resources that it gave up because another failed
GIVEN_UP = ("Resource creation cancelled", "Resource update cancelled")


def first_cause(happened: Iterable[Progress]) -> Cause | None:
    """Return the first failure among what happened, None if nothing failed.

    A resource comes before the nested stack that it is in, whose reason only names it, and what
    CloudFormation gave up is no failure.
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
    return Cause(ranked[0].name, event.type, event.physical_id, event.status, event.reason)


def _distance(progress: Progress) -> int:
    """Return how far a failure is from a resource: 0 for one, more for stacks around it."""
    if progress.event.is_of_stack:
        return 2
    return 1 if progress.event.type == STACK else 0
