"""Share a portfolio with an organisation: CloudFormation's own resource takes accounts only."""

from __future__ import annotations

from stackyard.aws import servicecatalog
from stackyard.aws.account import Account
from stackyard.errors import UsageError

KINDS = {"o-": "ORGANIZATION", "ou-": "ORGANIZATIONAL_UNIT"}


def share(account: Account, portfolio_id: str, node: str) -> bool:
    """Share a portfolio, its tags and principals included; return whether it was not before.

    Args:
        account: the organisation's management account, or a delegated administrator's.
        portfolio_id: which.
        node: id of the organisation or of a unit.

    Raises:
        UsageError: it is the id of neither.
        DeployError: Service Catalog refuses.
    """
    kind = next((kind for begin, kind in KINDS.items() if node.startswith(begin)), "")
    if not kind:
        raise UsageError(f"catalog share: {node!r} is no organisation or unit; write o- or ou-")
    if node in servicecatalog.shared_with(account, portfolio_id, kind):
        return False
    servicecatalog.share(account, portfolio_id, kind, node)
    return True
