"""Conditions and values that depend on them, in one form for every template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from troposphere import AWSHelperFn, Equals, If, Not, NoValue, Template
from troposphere import GenericHelperFn as Function

from templates_src.contract import Value, plain


def is_true(value: Value) -> AWSHelperFn:
    """Return the condition that a flag is set."""
    return Equals(value, "true")


def is_given(value: Value) -> AWSHelperFn:
    """Return the condition that a string parameter is not empty."""
    return Not(Equals(value, ""))


def is_among(value: Value, allowed: Sequence[str]) -> AWSHelperFn:
    """Return the assertion of a ``Rule`` that a parameter is one of *allowed*; no condition."""
    return Function({"Fn::Contains": [list(allowed), value]})


def has_members(value: Value) -> AWSHelperFn:
    """Return the assertion or condition of a ``Rule`` that a list is not empty; no condition."""
    return Not(Function({"Fn::EachMemberEquals": [value, ""]}))


def condition(t: Template, name: str, holds: AWSHelperFn) -> str:
    """Add the condition *name* to the template; return the name, for ``Condition`` and ``If``.

    The same condition may be added again, so that each part that needs it can say so.

    Raises:
        ValueError: the template has another condition of this name.
    """
    known = t.conditions.get(name)
    if known is None or plain(known) != plain(holds):
        t.add_condition(name, holds)
    return name


def only_if(name: str, value: Any) -> AWSHelperFn:
    """Return *value* where the condition *name* holds; elsewhere the property is left out."""
    return If(name, value, NoValue)


def where_nested(value: Value) -> AWSHelperFn:
    """Return an output of ``nest_if`` for a list, which lacks it where it is not nested."""
    return only_if(plain(value)["Fn::If"][0], as_nested(value))


def as_nested(value: Value) -> AWSHelperFn:
    """Return an output of ``nest_if`` for what exists under the same condition alone."""
    return Function(plain(value)["Fn::If"][1])
