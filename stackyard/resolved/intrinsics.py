"""The intrinsic functions that depend on nothing but their arguments."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from stackyard.resolved.values import (
    FIRST_MARK,
    Unknown,
    Value,
    derived,
    is_scalar,
    join,
    mark,
    scalar,
    shown,
    split,
    unknowns,
    unmark,
)

MOST_BLOCKS = 256  # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html


def _join(argument: Value) -> Value:
    separator, items = argument
    return join(separator, items)


def _split(argument: Value) -> Value:
    separator, source = argument
    return split(separator, scalar(source))


def _select(argument: Value) -> Value:
    index, items = argument
    if isinstance(items, Unknown):
        return items.item(shown(index))
    if not isinstance(items, list):
        raise ValueError(f"{shown(items)} is no list")
    if not isinstance(index, str | int):
        return derived(f"item {shown(index)} of {shown(items)}")
    if not 0 <= int(index) < len(items):
        raise ValueError(f"there is no item {index} among {len(items)}")
    return items[int(index)]


def _cidr(argument: Value) -> Value:
    """Return ``Fn::Cidr``: *bits* counts the host bits of a block, not its prefix."""
    from ipaddress import ip_network  # 3 ms that most templates need not pay

    block, count, bits = argument
    if any(True for _ in unknowns([count, bits])):
        return derived(f"blocks of {shown(block)}", many=True)
    number = int(count)
    if not 1 <= number <= MOST_BLOCKS:
        raise ValueError(f"{number} blocks are asked for; AWS gives 1 to {MOST_BLOCKS}")
    if not isinstance(block, str):
        blocks = derived(f"blocks of {shown(block)}", many=True)
        return [blocks.item(index) for index in range(number)]
    network = ip_network(block, strict=False)
    prefix = network.max_prefixlen - int(bits)
    if prefix < network.prefixlen or number > 1 << (prefix - network.prefixlen):
        raise ValueError(f"{block} has no {number} blocks of {bits} host bits")
    subnets = network.subnets(new_prefix=prefix)
    return [str(next(subnets)) for _ in range(number)]


def _base64(argument: Value) -> Value:
    source = scalar(argument)
    if isinstance(source, str):
        return base64.b64encode(source.encode()).decode()
    return derived(f"base64 of {shown(source)}")


def _import(argument: Value) -> Value:
    return Unknown("export", f"export {shown(argument)}")


def _length(argument: Value) -> Value:
    return len(argument) if isinstance(argument, list) else derived(f"length of {shown(argument)}")


def _to_json(argument: Value) -> Value:
    hidden: list[Unknown] = []
    written = json.dumps(_marked(argument, hidden), ensure_ascii=False, separators=(",", ":"))
    return unmark(written, hidden)


def _marked(value: Value, hidden: list[Unknown]) -> Any:
    """Return *value* with one character for each unknown, which goes to *hidden*."""
    if isinstance(value, dict):
        return {key: _marked(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, hidden) for item in value]
    if not is_scalar(value) or isinstance(value, str):
        return value
    marked, found = mark(value)
    for position in reversed(range(len(found))):
        mine = chr(FIRST_MARK + len(hidden) + position)
        marked = marked.replace(chr(FIRST_MARK + position), mine)
    hidden += found
    return marked


FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::ImportValue": _import,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::ToJsonString": _to_json,
}
