"""Two bills side by side: what a month costs more, by kind and line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stackyard.pricing import Bill, Line

CENT = 0.005  # US dollars; less is no difference


@dataclass(frozen=True)
class Difference:
    """What something costs in one bill and in the other, in US dollars a month."""

    what: str
    old: float
    new: float

    @property
    def usd(self) -> float:
        """How much more it is."""
        return self.new - self.old

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        rounded = {"old": round(self.old, 2), "new": round(self.new, 2), "usd": round(self.usd, 2)}
        return {"what": self.what, **rounded}


@dataclass(frozen=True)
class Comparison:
    """Two bills, and what they are called."""

    old: Bill
    new: Bill
    old_name: str
    new_name: str

    @property
    def kinds(self) -> list[Difference]:
        """By kind, the dearest first."""
        before, after = self.old.by_kind(), self.new.by_kind()
        kinds = sorted(before.keys() | after.keys(), key=lambda kind: (-after.get(kind, 0), kind))
        return [Difference(kind, before.get(kind, 0.0), after.get(kind, 0.0)) for kind in kinds]

    @property
    def lines(self) -> list[Difference]:
        """What differs by a cent or more, by resource and price, in the order of the stacks."""
        before, after = _by_line(self.old.lines), _by_line(self.new.lines)
        names = dict.fromkeys((*after, *before))
        rows = [Difference(name, before.get(name, 0.0), after.get(name, 0.0)) for name in names]
        return [row for row in rows if abs(row.usd) >= CENT]

    @property
    def total(self) -> Difference:
        """Of everything that has a price."""
        return Difference("total", self.old.usd, self.new.usd)

    def data(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "old": {"name": self.old_name, **self.old.data()},
            "new": {"name": self.new_name, **self.new.data()},
            "total": self.total.data(),
            "kinds": [row.data() for row in self.kinds],
            "lines": [row.data() for row in self.lines],
        }


def _by_line(lines: Sequence[Line]) -> dict[str, float]:
    totals: dict[str, float] = {}
    for line in lines:
        name = f"{line.path} ({line.unit})"
        totals[name] = totals.get(name, 0) + line.usd
    return totals
