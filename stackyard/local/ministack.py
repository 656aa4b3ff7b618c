"""MiniStack's modules, untyped as they are, imported when they are needed and only in the server.

We go deeper than its API where a template would otherwise behave unlike on AWS. It is pinned
exactly, and ``tests/local/test_ministack.py`` holds every name that we use.
"""

from __future__ import annotations

import importlib
from typing import Any


def module(name: str) -> Any:
    """Return the module *name* of MiniStack, as ``services.cloudformation``."""
    return importlib.import_module(f"ministack.{name}")


def stacks() -> Any:
    """Return the stacks of the current account and region by name, a mapping."""
    return module("services.cloudformation")._stacks
