"""Templates as YAML for people: short-form intrinsics, fixed order of sections, no anchors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import yaml

SECTIONS = (
    *("AWSTemplateFormatVersion", "Description", "Transform", "Metadata", "Parameters", "Rules"),
    *("Mappings", "Conditions", "Resources", "Outputs"),
)
ATTRIBUTES = (
    *("Type", "Condition", "DependsOn", "CreationPolicy", "UpdatePolicy", "DeletionPolicy"),
    *("UpdateReplacePolicy", "Metadata", "Properties"),
)
# Functions that have a short form; those of Rules do not:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
SHORT = {
    "Ref": "!Ref",
    "Condition": "!Condition",
    **{
        f"Fn::{name}": f"!{name}"
        for name in (
            *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAtt", "GetAZs", "If"),
            *("ImportValue", "Join", "Not", "Or", "Select", "Split", "Sub"),
        )
    },
}
WIDTH = 100
YAML = "tag:yaml.org,2002:"
TEXT = f"{YAML}str"
SIMPLE = {"Ref", "Condition", "Fn::GetAtt"}  # short enough for a list on one line
SPACED = {"Parameters", "Resources", "Outputs"}  # a blank line between their entries
NEXT_SECTION = re.compile(r"\n(?=\w)")
NEXT_ENTRY = re.compile(r"\n(?=  \w)")
# PyYAML reads YAML 1.1; other readers take these for numbers or booleans as well
AMBIGUOUS = re.compile(r"|[-+.]?[0-9][0-9_.,:eExXoO+-]*|[yYnN~]")

END_OF_MAPPING, END_OF_SEQUENCE = yaml.MappingEndEvent(), yaml.SequenceEndEvent()

try:
    from yaml import CSafeDumper as Dumper
except ImportError:  # PyYAML built without libyaml: slower, same text
    from yaml import SafeDumper as Dumper  # type: ignore[assignment]


def yaml_text(body: Mapping[str, Any], header: str = "") -> str:
    """Return a template as YAML.

    Args:
        body: the template as JSON data, intrinsics in their long form.
        header: lines for a comment on top, without the ``#``.
    """
    ordered = _ordered(body, SECTIONS)
    ordered["Resources"] = {
        title: _ordered(resource, ATTRIBUTES) for title, resource in body["Resources"].items()
    }
    events: list[yaml.Event] = [yaml.StreamStartEvent(), yaml.DocumentStartEvent()]
    _add(events, ordered)
    events += [yaml.DocumentEndEvent(), yaml.StreamEndEvent()]
    text: str = yaml.emit(events, Dumper=Dumper, width=WIDTH, allow_unicode=True)
    parts = [f"# {line}\n" for line in header.splitlines()]
    sections = NEXT_SECTION.split(text.removesuffix("\n"))
    for (section, content), part in zip(ordered.items(), sections, strict=True):
        if section in SPACED:
            title, _, rest = part.partition("\n")
            part = f"{title}\n{NEXT_ENTRY.sub(chr(10) * 2, rest)}"
        gap = "\n" if isinstance(content, dict) and parts else ""
        parts.append(f"{gap}{part}\n")
    return "".join(parts)


def _ordered(mapping: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    known = {key: mapping[key] for key in order if key in mapping}
    return {**known, **{key: value for key, value in mapping.items() if key not in known}}


def _add(events: list[yaml.Event], value: Any, tag: str | None = None) -> None:
    """Append what writes JSON data to *events*.

    Events, unlike nodes, may be written more than once: those of names and short texts are kept,
    which halves the time.

    Args:
        events: where to.
        value: the data.
        tag: of a function in its short form whose argument this is.
    """
    kind = type(value)
    if kind is dict:
        function = _short(value) if len(value) == 1 and not tag else None
        if function:
            tag, value = function
            if type(value) is str:
                events.append(_scalar(value, tag))
            else:
                _add(events, value, tag)
            return
        events.append(_start(yaml.MappingStartEvent, tag, not value))
        for key, item in value.items():
            events.append(_scalar(key))
            if type(item) is str:  # most are; here and above it spares half of the calls
                events.append(_scalar(item))
            else:
                _add(events, item)
        events.append(END_OF_MAPPING)
    elif kind is list:
        events.append(_start(yaml.SequenceStartEvent, tag, _fits_a_line(value)))
        for item in value:
            if type(item) is str:
                events.append(_scalar(item))
            else:
                _add(events, item)
        events.append(END_OF_SEQUENCE)
    elif kind is bool:
        events.append(_event("true" if value else "false", tag, "bool"))
    elif kind is int or kind is float:
        events.append(_event(repr(value), tag, kind.__name__))
    else:
        events.append(_scalar(str(value), tag))


@cache
def _start(kind: type[yaml.CollectionStartEvent], tag: str | None, flow: bool) -> yaml.Event:
    return kind(None, tag, tag is None, flow_style=flow)


@lru_cache(maxsize=4096)
def _scalar(text: str, tag: str | None = None) -> yaml.Event:
    style = "|" if "\n" in text else None
    if not tag and text[:1] not in Dumper.yaml_implicit_resolvers:  # as most do, none begins so
        return yaml.ScalarEvent(None, TEXT, (True, True), text, style=style)
    return _event(text, tag, "str", style or ("'" if AMBIGUOUS.fullmatch(text) else None))


def _event(text: str, tag: str | None, kind: str, style: str | None = None) -> yaml.Event:
    """Return the event that writes a scalar.

    Args:
        text: how it is written.
        tag: of a function, or None.
        kind: YAML's name of the type that readers must take it for.
        style: how it is quoted; chosen by the emitter if None.
    """
    if tag:
        return yaml.ScalarEvent(None, tag, (False, False), text, style=style)
    resolvers = Dumper.yaml_implicit_resolvers
    candidates = [*resolvers.get(text[:1], ()), *resolvers.get(None, ())]
    found = (name for name, pattern in candidates if pattern.match(text))
    plain = next(found, f"{YAML}str") == f"{YAML}{kind}"
    return yaml.ScalarEvent(None, f"{YAML}{kind}", (plain, kind == "str"), text, style=style)


def _short(value: dict[str, Any]) -> tuple[str, Any] | None:
    """Return tag and argument of an intrinsic function, None if it is none or has no short form.

    Args:
        value: a mapping of one key.
    """
    ((name, argument),) = value.items()
    tag = SHORT.get(name)
    if tag is None or (name == "Condition" and not isinstance(argument, str)):
        return None
    if name == "Fn::GetAtt" and isinstance(argument, list):
        if not all(isinstance(part, str) for part in argument):
            return None
        return tag, ".".join(argument)
    # YAML has one tag per node: a function whose argument is a function keeps its long name
    is_function = isinstance(argument, dict) and len(argument) == 1 and _short(argument)
    return None if is_function else (tag, argument)


def _fits_a_line(items: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a list is short and plain enough to be read on one line."""
    room = 60 - 2 * len(items)
    for item in items:
        if not _is_simple(item):
            return False
        room -= len(str(item))
    return room > 0


def _is_simple(item: Any) -> bool:
    if isinstance(item, dict):
        return len(item) == 1 and not SIMPLE.isdisjoint(item)
    return not isinstance(item, list | tuple)
