"""Share a portfolio with an organisation: CloudFormation's own resource takes accounts only."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from stackyard.aws import servicecatalog
from stackyard.aws.account import Account
from stackyard.errors import DeployError

KINDS = {"o-": "ORGANIZATION", "ou-": "ORGANIZATIONAL_UNIT"}
POLL_SECONDS = 2.0
GIVE_UP_SECONDS = 600.0


@dataclass(frozen=True)
class Share:
    """What became of one node of the organisation.

    Attributes:
        node: its id.
        result: ``left over`` is a node that is shared with and that nobody asks for any more.
    """

    node: str
    result: Literal["shared", "was shared", "left over", "removed"]


def bring(
    account: Account, portfolio_id: str, wanted: Iterable[str], *, removes: bool = False
) -> Iterator[Share]:
    """Share a portfolio, its tags and principals included, with exactly these nodes.

    Args:
        account: the organisation's management account, or a delegated administrator's.
        portfolio_id: which.
        wanted: ids of the organisation or of units.
        removes: end the shares with other nodes; what was launched there stays.

    Raises:
        DeployError: Service Catalog refuses, or shares with some accounts only.
    """
    nodes = sorted(set(wanted))
    there = {
        node: kind
        for kind in KINDS.values()
        for node in servicecatalog.shared_with(account, portfolio_id, kind)
    }
    for node in nodes:
        if node in there:
            yield Share(node, "was shared")
            continue
        kind = KINDS[node[: node.index("-") + 1]]
        token = servicecatalog.share(account, portfolio_id, kind, node)
        _done(account, portfolio_id, node, token)
        yield Share(node, "shared")
    for node in sorted(there.keys() - set(nodes)):
        if removes:
            token = servicecatalog.unshare(account, portfolio_id, there[node], node)
            _done(account, portfolio_id, node, token)
        yield Share(node, "removed" if removes else "left over")


def _done(account: Account, portfolio_id: str, node: str, token: str) -> None:
    """Wait until a share reached every account of a node.

    Raises:
        DeployError: it did not.
    """
    deadline = time.monotonic() + GIVE_UP_SECONDS
    where = f"{portfolio_id} and {node}"
    while True:
        found = servicecatalog.share_status(account, portfolio_id, token)
        if found.status == "COMPLETED":
            return
        if found.status not in ("NOT_STARTED", "IN_PROGRESS"):
            reasons = "; ".join(found.reasons) or found.status
            raise DeployError(f"{where}: {reasons}; mend it and share again")
        if time.monotonic() > deadline:
            raise DeployError(f"{where}: is {found.status} after 10 minutes; share again later")
        time.sleep(POLL_SECONDS)
