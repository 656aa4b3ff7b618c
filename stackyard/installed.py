"""What is installed beside this tool, read from the names of folders.

``importlib.metadata`` knows as much and takes as long to import as a whole build of nothing.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path

INFO = ".dist-info"


def version(distribution: str) -> str:
    """Return the version of an installed distribution, empty if there is none."""
    found = info(distribution)
    return found.name.removesuffix(INFO).partition("-")[2] if found else ""


def info(distribution: str) -> Path | None:
    """Return the ``.dist-info`` folder of a distribution, None if it is not installed."""
    return _folders().get(_normal(distribution))


@cache
def _folders() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:  # a zip file, or nothing at all
            continue
        for name in names:
            if name.endswith(INFO):
                found.setdefault(_normal(name.partition("-")[0]), Path(folder, name))
    return found


def _normal(name: str) -> str:
    # https://packaging.python.org/en/latest/specifications/name-normalization/
    return re.sub(r"[-_.]+", "-", name).lower()
