"""What happened to a stack and those nested in it."""

from __future__ import annotations

from datetime import datetime

from stackyard.aws.account import Account
from stackyard.deploy import watch
from stackyard.deploy.events import Progress


def happened(account: Account, stack_id: str, since: datetime | None = None) -> list[Progress]:
    """Return what happened since *since*, or in the last operation, in the order of time.

    Raises:
        DeployError: AWS cannot be asked.
    """
    if since is None:
        begun = watch.start(account, stack_id)
        since = begun.time if begun else None
    return next(watch.rounds(account, stack_id, set(), since)).news
