"""What a system costs in a month, line by line, from the resources that AWS would see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stackyard.pricing.items import FREE, PRICED, UNPRICED
from stackyard.pricing.tables import Prices, Usage
from stackyard.resolved import System

__all__ = ["Bill", "Line", "price"]


@dataclass(frozen=True)
class Line:
    """One thing that AWS bills.

    Attributes:
        path: resource, ``Database/Database``.
        item: what is billed, ``2 x 0.5 vCPU``.
        quantity: how many units in a month.
        unit: what is counted.
        unit_usd: list price of one.
        usd: of a month.
        kind: what it is to a person, such as ``nat``; bills are compared by it.
    """

    path: str
    item: str
    quantity: float
    unit: str
    unit_usd: float
    usd: float
    kind: str


@dataclass(frozen=True)
class Bill:
    """A month of one environment.

    Attributes:
        blueprint: which system.
        environment: which of its environments.
        region: whose prices.
        date: of the prices.
        lines: in the order of the stacks.
        unpriced: resources that may cost something and have no price here, with their type
            and the reason where there is one.
    """

    blueprint: str
    environment: str
    region: str
    date: str
    lines: Sequence[Line]
    unpriced: Sequence[tuple[str, str]]

    @property
    def usd(self) -> float:
        """The total of what is priced."""
        return sum(line.usd for line in self.lines)

    def by_kind(self) -> dict[str, float]:
        """Return the total per kind, the dearest first."""
        totals: dict[str, float] = {}
        for line in self.lines:
            totals[line.kind] = totals.get(line.kind, 0) + line.usd
        return dict(sorted(totals.items(), key=lambda item: -item[1]))

    def data(self) -> dict[str, Any]:
        """Return the bill as JSON data."""
        return {**asdict(self), "usd": round(self.usd, 2), "by_kind": self.by_kind()}


def price(system: System, prices: Prices, usage: Mapping[str, Usage]) -> Bill:
    """Return what a resolved system costs in a month.

    Args:
        system: as AWS would see it.
        prices: unit prices.
        usage: assumptions by environment; those of ``all`` where an environment says nothing.
    """
    assumed = {**usage.get("all", {}), **usage.get(system.environment, {})}
    lines, unpriced = [], []
    for resource in system.resources():
        if resource.type in FREE:
            continue
        items = PRICED.get(resource.type)
        if items is None:
            reason = UNPRICED.get(resource.type)
            kind = f"{resource.type}: {reason}" if reason else resource.type
            unpriced.append((resource.path, kind))
            continue
        for item in items(system, resource, assumed):
            row = prices.rows.get(item.price)
            if row is None:
                unpriced.append((resource.path, f"{resource.type} ({item.price})"))
                continue
            usd = item.quantity * row.usd * item.factor
            lines.append(
                Line(resource.path, item.text, item.quantity, row.unit, row.usd, usd, item.kind)
            )
    return Bill(
        blueprint=system.blueprint,
        environment=system.environment,
        region=prices.region,
        date=prices.date,
        lines=lines,
        unpriced=unpriced,
    )
