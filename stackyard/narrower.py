"""Whether rules between parameters refuse what an earlier version of their template accepted.

Rules only compare texts for equality, so a few values stand for all: those that a rule names, those
that are allowed, and one or two that neither names. Trying all combinations of them is a proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

from stackyard.declared import Declaration, members
from stackyard.rules import FUNCTIONS, Value, verdict

MOST = 20_000  # combinations; the rules of this library need a few hundred
OTHER = "any other"  # value that no rule names
Values = dict[str, str]


def refusals(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rules of *new* that refuse what *old* accepted, and what that is.

    Args:
        old: what a template promised, with ``parameters`` and ``rules``.
        new: what it promises now. Parameters that are new have their default: no caller of the old
            one gives another.
    """
    for name, rule in new["rules"].items():
        if rule not in old["rules"].values():
            refused = _refused(rule, old, new)
            if refused is not None:
                yield name, refused


def _refused(rule: Any, old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    names = sorted(_refs(rule))
    # the others are about more parameters, and may let this one accept a little less than it does
    before = [one for one in old["rules"].values() if _refs(one) <= {*names}]
    constants = sorted({text for one in (rule, *before) for text in _constants(one)})
    known = {name: _declaration(name, old, new) for name in names}
    choices = [_choices(one, one.name in old["parameters"], constants) for one in known.values()]
    if math.prod(map(len, choices)) > MOST or not _functions(rule) <= FUNCTIONS.keys():
        return "what cannot be compared"
    for texts in product(*choices):
        values = {name: _value(known[name], text) for name, text in zip(names, texts, strict=True)}
        if verdict(rule, values) is False and all(verdict(one, values) for one in before):
            given = zip(names, texts, strict=True)
            return ", ".join(f"{name} {_shown(text)}" for name, text in given)
    return None


def _declaration(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Declaration:
    pseudo = {"Type": "String"}  # AWS::Region
    return Declaration(name, {**new["parameters"], **old["parameters"]}.get(name, pseudo))


def _choices(declared: Declaration, is_old: bool, constants: Sequence[str]) -> list[str]:
    """Return values of a parameter that stand for all that callers of the old version give."""
    if not is_old and "::" not in declared.name:
        return [declared.default or ""]
    if declared.allowed:
        return declared.allowed
    # one that two parameters may share and one that they do not
    single = [*(one for one in constants if _is_one(declared, one)), OTHER, f"{OTHER} "]
    single[-1] += declared.name
    pairs = combinations(single, 2) if declared.is_list else ()
    return [*single, *(",".join(pair) for pair in pairs)]


def _is_one(declared: Declaration, text: str) -> bool:
    return not any(declared.problems(text))


def _value(declared: Declaration, text: str) -> Value:
    return members(text) if declared.is_list else text


def _shown(text: str) -> str:
    return OTHER if text.startswith(OTHER) else f'"{text}"'


def _refs(data: Any) -> set[str]:
    return {operand for name, operand in _calls(data) if name == "Ref"}


def _functions(data: Any) -> set[str]:
    return {name for name, _ in _calls(data) if name.startswith("Fn::")}


def _calls(data: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield name, value
            yield from _calls(value)
    elif isinstance(data, list):
        for item in data:
            yield from _calls(item)


def _constants(data: Any) -> Iterator[str]:
    """Yield the texts in a rule that are no names."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name != "Ref":
                yield from _constants(value)
    elif isinstance(data, list):
        for item in data:
            yield from _constants(item)
    else:
        yield str(data)
