"""A minimum is not above the maximum that goes with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.checks import finding, number
from stackyard.findings import Finding
from stackyard.resolved import System

# Rules of a template compare no numbers, so that AWS finds this after minutes, in the middle.
# MinCapacity and MaxCapacity, MinSize and MaxSize, MinimumPollers and MaximumPollers, ...
PREFIXES = {"Minimum": "Maximum", "Min": "Max"}
BEGINNING = "Min"  # of both, and of next to no other name
# ECS calls the two by other words
NAMES = {"MinimumHealthyPercent": "MaximumPercent"}

CONTAINERS = {dict, list}


def check(system: System) -> Iterator[Finding]:
    """Yield pairs of properties, the least and the most of something, that leave nothing."""
    for resource in system.resources():
        for path, least, most in _pairs(resource.properties):
            low, high = number(least[1]), number(most[1])
            if low is not None and high is not None and low > high:
                what = f"{path}{least[0]} {low:g} is above {most[0]} {high:g}"
                message = f"{what}; raise one or lower the other"
                yield finding(__name__, system, resource, message)


def _pairs(
    properties: Mapping[str, Any],
) -> Iterator[tuple[str, tuple[str, Any], tuple[str, Any]]]:
    """Yield where each pair stands, and the names and values of both."""
    waiting: list[tuple[str, Any]] = [("", properties)]
    for path, data in waiting:  # grows while it is read
        if type(data) is list:
            waiting += [(path, item) for item in data if type(item) in CONTAINERS]
            continue
        for name, value in data.items():
            if name.startswith(BEGINNING):
                other = _counterpart(name)
                if other in data:
                    yield path, (name, value), (other, data[other])
            if type(value) in CONTAINERS:
                waiting.append((f"{path}{name}.", value))


def _counterpart(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    for least, most in PREFIXES.items():
        if name.startswith(least):
            return f"{most}{name.removeprefix(least)}"
    return ""
