"""Who runs which version of which product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stackyard.aws import servicecatalog
from stackyard.aws.account import Account
from stackyard.aws.servicecatalog import Provisioned, Version


@dataclass(frozen=True)
class Row:
    """A provisioned product.

    Attributes:
        product: its name.
        name: that its owner has given.
        version: that it runs.
        newest: that is offered.
        is_deprecated: whether the catalog advises against its version.
        owner: ARN of who launched it.
        status: of Service Catalog, ``AVAILABLE`` or ``TAINTED``.
        reason: why, if something is wrong.
        stack_id: its stack.
    """

    product: str
    name: str
    version: str
    newest: str
    is_deprecated: bool
    owner: str
    status: str
    reason: str
    stack_id: str

    @property
    def is_current(self) -> bool:
        """Whether it runs the newest version."""
        return self.version == self.newest


def status(account: Account, product: str = "") -> list[Row]:
    """Return every provisioned product of the account, by product and name.

    Args:
        account: which.
        product: only those of this product.

    Raises:
        DeployError: Service Catalog cannot be asked.
    """
    found = [one for one in servicecatalog.provisioned(account) if product in ("", one.product)]
    offered = {
        one: servicecatalog.versions(account, one) for one in {one.product_id for one in found}
    }
    rows = [_row(one, offered[one.product_id]) for one in found]
    return sorted(rows, key=lambda row: (row.product, row.name))


def newest(versions: list[Version]) -> str:
    """Return the name of the newest version that can be launched, empty if there is none."""
    return next((one.name for one in reversed(versions) if one.active), "")


def deprecate(account: Account, product_id: str) -> Iterator[tuple[str, str]]:
    """Set the guidance of each version and yield those that get another.

    The newest is the default, every other deprecated; CloudFormation has no property for this.

    Raises:
        DeployError: Service Catalog refuses.
    """
    versions = servicecatalog.versions(account, product_id)
    for one in versions:
        wanted = "DEFAULT" if one.name == newest(versions) else "DEPRECATED"
        if one.guidance != wanted:
            servicecatalog.guide(account, product_id, one.id, wanted)
            yield one.name, wanted


def _row(one: Provisioned, versions: list[Version]) -> Row:
    guidance = {version.id: version.guidance for version in versions}
    return Row(
        product=one.product,
        name=one.name,
        version=one.version,
        newest=newest(versions),
        is_deprecated=guidance.get(one.version_id) == "DEPRECATED",
        owner=one.owner,
        status=one.status,
        reason=one.reason,
        stack_id=one.stack_id,
    )
