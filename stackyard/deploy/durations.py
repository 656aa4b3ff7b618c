"""How long things usually take: by earlier runs of the same stack, then by type, then a guess."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

FILE = Path(__file__).with_name("durations.yaml")
KEPT = 5  # runs


@dataclass(frozen=True)
class Usual:
    """Seconds, and whether nobody has measured them here."""

    seconds: float
    is_estimate: bool


class Durations:
    """What a folder remembers of how long operations took.

    Args:
        path: of the file; nothing is remembered without one.
        stack: whose runs count before all others: account, region and name, with slashes.
    """

    def __init__(self, path: Path | None, stack: str) -> None:
        self.path = path
        self.stack = stack
        self._known: dict[str, dict[str, list[float]]] = _read(path)

    def usual(self, operation: str, name: str, type: str) -> Usual | None:
        """Return how long ``create`` of ``Network/Nat`` usually takes, None if nobody knows."""
        own = self._known.get(self.stack, {}).get(f"{operation} {name}")
        if own:
            return Usual(median(own), False)
        same = self._known.get("types", {}).get(f"{operation} {type}")
        if same:
            return Usual(median(same), False)
        guess = estimates().get(type, {}).get(operation)
        return None if guess is None else Usual(float(guess), True)

    def remember(self, took: Mapping[tuple[str, str, str], float]) -> None:
        """Keep what took how long, by operation, name and type."""
        if self.path is None or not took:
            return
        known = _read(self.path)  # another deployment may have ended meanwhile
        for (operation, name, type), seconds in took.items():
            for folder, key in ((self.stack, name), ("types", type)):
                runs = known.setdefault(folder, {}).setdefault(f"{operation} {key}", [])
                runs.append(round(seconds, 1))
                del runs[:-KEPT]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        aside = self.path.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps(known), "utf-8")
        aside.replace(self.path)


@functools.cache
def estimates() -> Mapping[str, Mapping[str, int]]:
    """Return seconds by type and operation, as people remember them."""
    found: Mapping[str, Mapping[str, int]] = yaml.safe_load(FILE.read_text("utf-8"))
    return found


def _read(path: Path | None) -> dict[str, Any]:
    if path:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text("utf-8"))
            return found if isinstance(found, dict) else {}
    return {}
