"""The tables that a bill is made from: prices, assumed usage, and what others promised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackyard.errors import BuildError

Usage = Mapping[str, float]
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Price:
    """The list price of one unit, and the page that states it."""

    usd: float
    unit: str
    source: str


@dataclass(frozen=True)
class Prices:
    """The prices of one region on one day."""

    region: str
    date: str
    rows: Mapping[str, Price]


@dataclass(frozen=True)
class Promise:
    """A figure of a system's own documents.

    Attributes:
        row: its number in the list of promises, ``S3.92``.
        text: as the document puts it.
        least: US dollars a month.
        most: the same unless the document gives a range.
        kinds: of our lines, what it covers.
        reason: why ours differs, where it does.
    """

    row: str
    text: str
    least: float
    most: float
    kinds: tuple[str, ...]
    reason: str = ""


def prices(path: Path = HERE / "prices.yaml") -> Prices:
    """Return the price table.

    Raises:
        BuildError: it cannot be read.
    """
    data = _read(path)
    rows = {name: Price(**row) for name, row in data["prices"].items()}
    return Prices(data["region"], str(data["date"]), rows)


def usage(path: Path) -> dict[str, Usage]:
    """Return the assumptions by environment.

    Raises:
        BuildError: the file cannot be read, or assumes something that no price asks for, or that
            is no number.
    """
    data = _read(path)
    known = data.get("all") or {}
    for environment, values in data.items():
        for name, value in (values or {}).items():
            if name not in known:
                raise BuildError(
                    f"{path.name}: {environment}: nothing asks for {name!r}; "
                    f"known: {', '.join(known)}"
                )
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise BuildError(f"{path.name}: {environment}: {name} is {value!r}; write a number")
    return data


def promises(blueprint: str, environment: str) -> list[Promise]:
    """Return what a system's own documents say an environment costs."""
    listed = _read(HERE / "promises.yaml").get(blueprint, {}).get(environment, [])
    found = []
    for row in listed:
        least, most = row["usd"] if isinstance(row["usd"], list) else (row["usd"], row["usd"])
        kinds = tuple(row.get("kinds", ()))
        found.append(Promise(row["row"], row["text"], least, most, kinds, row.get("reason", "")))
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise BuildError(f"{path.name}: {error.strerror}; restore the file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BuildError(f"{path.name}: {' '.join(str(error).split())}; correct it") from None
    if not isinstance(data, dict):
        raise BuildError(f"{path.name}: is no mapping; write one section per environment")
    return data
