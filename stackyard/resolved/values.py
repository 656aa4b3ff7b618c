"""Values of a resolved template: JSON, and in it what only AWS knows.

A string is a ``str``, an ``Unknown``, or a ``Text`` that mixes both. ``text`` makes whichever fits,
so that code which joins and splits never asks what is in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from stackyard.declared import as_text

# How long what AWS makes up is, and of what characters, where that is certain. A nested stack's
# name ends in a suffix of 12 or 13.
SHAPES = {
    "account": (12, "0123456789"),
    "guid": (36, "0123456789abcdef-"),
    "suffix": (12, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
}
NEVER_EMPTY = {"resource", "account", "guid", "suffix", "zones"}
DYNAMIC = re.compile(r"\{\{(resolve:[^{}]*)\}\}")
FIRST_MARK = 0xE000  # private use area: no template contains these characters


@dataclass(frozen=True, slots=True)
class Unknown:
    """What only AWS knows, and only later.

    Attributes:
        kind: ``resource``, ``custom`` (a custom resource's), ``absent`` (of a resource that is not
            created), ``account``, ``guid``, ``suffix``, ``zones``, ``parameter``, ``ssm``,
            ``export``, ``dynamic``, or ``derived`` from other unknowns.
        path: path of the resource, ``Network/Vpc``, or what it is in words.
        attribute: of the resource; empty for what ``Ref`` returns.
        many: a list, or a comma-joined one.
    """

    kind: str
    path: str
    attribute: str = ""
    many: bool = False

    def __str__(self) -> str:
        dot = "." if self.attribute[:1] not in ("", "[") else ""
        return f"<{self.path}{dot}{self.attribute}>"

    @property
    def size(self) -> int:
        """How many characters it has at least."""
        return SHAPES[self.kind][0] if self.kind in SHAPES else int(self.kind in NEVER_EMPTY)

    def item(self, index: object) -> Unknown:
        """Return what stands at *index* of this list."""
        return replace(self, attribute=f"{self.attribute}[{index}]", many=False)

    def may_contain(self, separator: str) -> bool:
        """Return whether splitting at *separator* might split this."""
        if self.kind in SHAPES:
            return set(separator) <= set(SHAPES[self.kind][1])
        # lists are comma-joined in CloudFormation, so what is no list has no comma
        return self.many or separator != ","


@dataclass(frozen=True, slots=True)
class Text:
    """A string that is known in part."""

    parts: tuple[str | Unknown, ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


Scalar = str | Unknown | Text
Value = Any  # JSON with Unknown and Text in it


def text(parts: Iterable[Scalar]) -> Scalar:
    """Return the concatenation of *parts* in its simplest form."""
    merged: list[str | Unknown] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, str) and merged and isinstance(merged[-1], str):
                merged[-1] += piece
            elif piece != "":
                merged.append(piece)
    return merged[0] if len(merged) == 1 else Text(tuple(merged)) if merged else ""


def is_scalar(value: Value) -> TypeGuard[Scalar]:
    """Return whether *value* is a string, known or not."""
    return isinstance(value, str | Unknown | Text)


def scalar(value: Value) -> Scalar:
    """Return *value* as CloudFormation writes it into a string.

    Raises:
        ValueError: it is a list or an object.
    """
    if is_scalar(value):
        return value
    if isinstance(value, bool | int | float):
        return as_text(value)
    kind = "an object" if isinstance(value, dict) else "a list"
    raise ValueError(f"{shown(value)} is {kind} where one text is needed")


def derived(description: str, *, many: bool = False) -> Unknown:
    """Return the unknown that *description* says how to compute."""
    return Unknown("derived", description, many=many)


def unknowns(value: Value) -> Iterator[Unknown]:
    """Yield every unknown in *value*."""
    if isinstance(value, Unknown):
        yield value
    elif isinstance(value, Text):
        yield from (part for part in value.parts if isinstance(part, Unknown))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from unknowns(item)


def plain(value: Value) -> Any:
    """Return *value* as JSON, unknowns printed."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Unknown | Text) else value


def shown(value: Value) -> str:
    """Return *value* for a message, a lone unknown without its brackets."""
    return str(value)[1:-1] if isinstance(value, Unknown) else str(plain(value))


def join(separator: str, items: list[Value] | Unknown) -> Scalar:
    """Return ``Fn::Join``."""
    if isinstance(items, Unknown):
        return items if separator == "," else derived(f"{shown(items)} joined by {separator!r}")
    parts: list[Scalar] = []
    for item in items:
        parts += [separator, scalar(item)]
    return text(parts[1:])


def split(separator: str, source: Scalar) -> list[Scalar] | Unknown:
    """Return ``Fn::Split``: an unknown list if an unknown part might contain *separator*."""
    if isinstance(source, str):
        return list(source.split(separator))
    if any(part.may_contain(separator) for part in unknowns(source)):
        if isinstance(source, Unknown) and source.many and separator == ",":
            return source
        return derived(f"{shown(source)} split at {separator!r}", many=True)
    marked, hidden = mark(source)
    return [unmark(piece, hidden) for piece in marked.split(separator)]


def dynamic(value: Scalar) -> Scalar:
    """Return *value* with its dynamic references, ``{{resolve:...}}``, as unknowns."""
    marked, hidden = mark(value)
    pieces = DYNAMIC.split(marked)
    for position in range(1, len(pieces), 2):
        reference = Unknown("dynamic", str(unmark(pieces[position], hidden)))
        hidden.append(reference)
        pieces[position] = chr(FIRST_MARK + len(hidden) - 1)
    return unmark("".join(pieces), hidden)


def mark(value: Scalar) -> tuple[str, list[Unknown]]:
    """Return *value* as a string in which one character stands for each unknown, and these."""
    parts = value.parts if isinstance(value, Text) else (value,)
    hidden: list[Unknown] = []
    marked = ""
    for part in parts:
        if isinstance(part, Unknown):
            hidden.append(part)
            part = chr(FIRST_MARK + len(hidden) - 1)
        marked += part
    return marked, hidden


def unmark(marked: str, hidden: list[Unknown]) -> Scalar:
    """Return the value that ``mark`` made *marked* of."""
    pieces: list[Scalar] = [*re.split("([\ue000-\uf8ff])", marked)]  # every second is a mark
    pieces[1::2] = [hidden[ord(str(piece)) - FIRST_MARK] for piece in pieces[1::2]]
    return text(pieces)


def equal(left: Value, right: Value) -> bool | None:
    """Return ``Fn::Equals``, None if only AWS can tell."""
    if not (isinstance(left, list | dict) or isinstance(right, list | dict)):
        left, right = scalar(left), scalar(right)
    if left == right:
        return True
    if not any(True for side in (left, right) for _ in unknowns(side)):
        return False
    if is_scalar(left) and is_scalar(right):
        return False if _differ(left, right) or _differ(right, left) else None
    return None


def _differ(left: Scalar, right: Scalar) -> bool:
    """Return whether *left*, known, cannot be what *right* turns out to be."""
    if not isinstance(left, str) or isinstance(right, str):
        return False
    parts = right.parts if isinstance(right, Text) else (right,)
    least = sum(part.size if isinstance(part, Unknown) else len(part) for part in parts)
    first, last = parts[0], parts[-1]
    return (
        len(left) < least
        or (isinstance(first, str) and not left.startswith(first))
        or (isinstance(last, str) and not left.endswith(last))
    )
