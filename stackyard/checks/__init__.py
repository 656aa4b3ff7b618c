"""Checks of a resolved system: what a template that every linter accepts would do in AWS.

One module is one check: its docstring is its description, ``check(system)`` yields what it finds.
Put another module here and it runs with the next build.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from stackyard.findings import Finding
from stackyard.resolved import Dangling, Resource, Stack, System, Value

Check = Callable[[System], Iterator[Finding]]


@cache
def all_checks() -> Mapping[str, Check]:
    """Return every check by the name of its module."""
    names = sorted(module.name for module in iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").check for name in names}


def run(system: System) -> list[Finding]:
    """Return what all checks find, in order and each once."""
    return sorted({finding for check in all_checks().values() for finding in check(system)})


def finding(
    module: str,
    system: System,
    place: Resource | Stack | Dangling,
    message: str,
    *,
    warning: bool = False,
) -> Finding:
    """Return a finding about a resource, a stack or a reference.

    Args:
        module: ``__name__`` of the check.
        system: what is checked.
        place: where in it.
        message: what is wrong, with the value, and what to do.
        warning: AWS still takes it.
    """
    subject = f"{system.environment} {place.path}".strip()
    file = f"dist/{place.template}.yaml"
    return Finding(file, 0, 0, module.rpartition(".")[2], message, subject, warning)


def is_true(value: Value) -> bool:
    """Return whether *value* is what AWS takes for true."""
    return str(value).lower() == "true"


def number(value: Any) -> float | None:
    """Return *value* as a number, None if it is none that is known."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
