"""Conditions and values that depend on them, in one form for every template."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, Equals, If, Not, NoValue, Template

from templates_src.contract import Value


def is_true(value: Value) -> AWSHelperFn:
    """Return the condition that a flag is set."""
    return Equals(value, "true")


def is_given(value: Value) -> AWSHelperFn:
    """Return the condition that a string parameter is not empty."""
    return Not(Equals(value, ""))


def condition(t: Template, name: str, holds: AWSHelperFn) -> str:
    """Add the condition *name* to the template; return the name, for ``Condition`` and ``If``."""
    t.add_condition(name, holds)
    return name


def only_if(name: str, value: Any) -> AWSHelperFn:
    """Return *value* where the condition *name* holds; elsewhere the property is left out."""
    return If(name, value, NoValue)
