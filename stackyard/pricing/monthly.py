"""What a month costs, in half a sentence, before somebody says yes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stackyard.pricing import price
from stackyard.pricing.tables import Prices, Usage
from stackyard.resolved import System

LEAST_USD = 0.5  # nothing that shows in whole dollars


def told(
    before: Sequence[System], after: Sequence[System], prices: Prices, usage: Mapping[str, Usage]
) -> str:
    """Return ``about $120 a month at prices of us-east-1``, and what of it is new.

    Args:
        before: the stacks that are there now; empty if that is not known or there are none.
        after: the stacks that there shall be.
        prices: unit prices.
        usage: assumptions by environment.
    """
    then, now = (sum(price(one, prices, usage).usd for one in some) for some in (before, after))
    place = f"a month at prices of {prices.region}"
    if not before:
        return f"about ${now:,.0f} {place}"
    if abs(now - then) < LEAST_USD:
        return f"about ${now:,.0f} {place}, as before"
    sign = "+" if now > then else "-"
    return f"about ${now:,.0f} {place} ({sign}${abs(now - then):,.0f}, now ${then:,.0f})"
