"""What people do about the reasons that AWS gives most often."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from stackyard.deploy.events import Advice

FILE = Path(__file__).with_name("reasons.yaml")


@dataclass(frozen=True)
class Reason:
    """One entry of ``reasons.yaml``."""

    pattern: re.Pattern[str]
    sample: str
    advice: Advice


@functools.cache
def reasons() -> tuple[Reason, ...]:
    """Return all entries, in the order in which they are tried."""
    return tuple(
        Reason(
            re.compile(row["pattern"], re.IGNORECASE | re.DOTALL),
            row["sample"],
            Advice(row["name"], row["meaning"], row["remedy"], row["source"]),
        )
        for row in yaml.safe_load(FILE.read_text("utf-8"))
    )


def advice(text: str) -> Advice | None:
    """Return what to do about a reason in AWS's words, None if it is not a common one."""
    found = (reason.advice for reason in reasons() if reason.pattern.search(text))
    return next(found, None)
