"""Prices of today, asked of AWS, against those of the table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from stackyard.aws.account import Account
from stackyard.aws.price_list import on_demand
from stackyard.pricing.tables import HERE, Prices

DIGITS = 10  # of a price that counts


@dataclass(frozen=True)
class Asked:
    """A row of the table and what AWS answers.

    Attributes:
        name: of the row.
        old: in the table.
        new: asked for today; None if that is not known.
        problem: why not; empty if it is.
    """

    name: str
    old: float
    new: float | None
    problem: str = ""

    @property
    def differs(self) -> bool:
        """Whether the table is out of date."""
        return self.new is not None and self.new != self.old


def queries(path: Path = HERE / "queries.yaml") -> dict[str, Any]:
    """Return how to ask for each row: the service, the product's attributes, units per unit."""
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def ask(account: Account, prices: Prices, known: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield every row of the table with today's price.

    What fits no product, or several at different prices, is no price: it is said, not guessed.

    Raises:
        DeployError: AWS cannot be asked.
    """
    for name, row in prices.rows.items():
        if name not in known:
            yield Asked(name, row.usd, None, "no query; compare it with its page")
            continue
        query = known[name]
        fields = {"regionCode": prices.region, **query["fields"]}
        found = on_demand(account, query["service"], fields) - {0.0}
        if len(found) == 1:
            yield Asked(name, row.usd, round(found.pop() * query.get("times", 1), DIGITS))
        else:
            several = f"{len(found)} prices: {', '.join(f'{one:g}' for one in sorted(found)[:4])}"
            yield Asked(name, row.usd, None, several if found else "no product fits the query")


def rewritten(text: str, asked: Sequence[Asked], today: date) -> str:
    """Return the table with new prices, everything else as it is.

    The date changes only when every row is known: it says how old the oldest of them is.
    """
    for row in asked:
        if row.differs:
            pattern = re.compile(rf"^(  {re.escape(row.name)}: {{usd: )[0-9.]+", re.MULTILINE)
            text = pattern.sub(rf"\g<1>{row.new:.10f}".rstrip("0").rstrip("."), text)
    if all(row.new is not None for row in asked):
        text = re.sub(r"^date: .*$", f"date: {today.isoformat()}", text, flags=re.MULTILINE)
    return text
