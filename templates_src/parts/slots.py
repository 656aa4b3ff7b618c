"""Resources for the members of a list, which a template cannot count: a fixed number of slots."""

from __future__ import annotations

from collections.abc import Iterator

from troposphere import AWSHelperFn, Join, Select, Split, Template

from templates_src.contract import Value
from templates_src.parts.logic import condition, is_given

NUMBERS = ("First", "Second", "Third", "Fourth", "Fifth")


def slots(t: Template, role: str, values: Value) -> Iterator[tuple[str, str, AWSHelperFn]]:
    """Yield logical id, condition and value of each slot; the condition is added to the template.

    Args:
        t: the template.
        role: what a member is, ``Principal``: the ids are ``FirstPrincipal`` and so on.
        values: a parameter that is a list of at most five.
    """
    padded = Split(",", Join(",", [Join(",", values), *[""] * len(NUMBERS)]))
    for index, number in enumerate(NUMBERS):
        value = Select(index, padded)
        yield f"{number}{role}", condition(t, f"Has{number}{role}", is_given(value)), value
