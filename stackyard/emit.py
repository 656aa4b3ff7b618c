"""Templates as YAML for people: short-form intrinsics, fixed order of sections, no anchors."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
SPACED = {"Parameters", "Resources", "Outputs"}  # a blank line between their entries
NEXT_ENTRY = re.compile(r"\n(?=  \w)")
# PyYAML reads YAML 1.1; other readers take these for numbers or booleans as well
AMBIGUOUS = re.compile(r"|[-+.]?[0-9][0-9_.,:eExXoO+-]*|[yYnN~]")

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
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    parts = [comment] if comment else []
    for section, content in ordered.items():
        node = yaml.MappingNode("tag:yaml.org,2002:map", [(_scalar(section), _node(content))])
        text = yaml.serialize(node, Dumper=Dumper, width=WIDTH, allow_unicode=True)
        if section in SPACED:
            text = NEXT_ENTRY.sub("\n\n", text.partition("\n")[2])
            text = f"{section}:\n{text}"
        parts.append(f"\n{text}" if isinstance(content, dict) and parts else text)
    return "".join(parts)


def _ordered(mapping: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    known = {key: mapping[key] for key in order if key in mapping}
    return {**known, **{key: value for key, value in mapping.items() if key not in known}}


def _scalar(text: str, tag: str = "tag:yaml.org,2002:str") -> yaml.ScalarNode:
    style = "|" if "\n" in text else "'" if AMBIGUOUS.fullmatch(text) else None
    return yaml.ScalarNode(tag, text, style=style)


def _node(value: Any) -> yaml.Node:
    """Return the YAML node of JSON data; equal data gives separate nodes, so no anchors appear."""
    if isinstance(value, dict):
        return _function(value) or yaml.MappingNode(
            "tag:yaml.org,2002:map",
            [(_scalar(str(key)), _node(item)) for key, item in value.items()],
            flow_style=not value,
        )
    if isinstance(value, list | tuple):
        return yaml.SequenceNode(
            "tag:yaml.org,2002:seq",
            [_node(item) for item in value],
            flow_style=_fits_a_line(value),
        )
    if isinstance(value, bool):
        return yaml.ScalarNode("tag:yaml.org,2002:bool", "true" if value else "false")
    if isinstance(value, int):
        return yaml.ScalarNode("tag:yaml.org,2002:int", str(value))
    if isinstance(value, float):
        return yaml.ScalarNode("tag:yaml.org,2002:float", repr(value))
    return _scalar(str(value))


def _function(value: dict[str, Any]) -> yaml.Node | None:
    """Return the short form of an intrinsic function, None if *value* is none or has none."""
    if len(value) != 1:
        return None
    ((name, argument),) = value.items()
    tag = SHORT.get(name)
    if tag is None or (name == "Condition" and not isinstance(argument, str)):
        return None
    if name == "Fn::GetAtt" and isinstance(argument, list):
        if not all(isinstance(part, str) for part in argument):
            return None
        argument = ".".join(argument)
    if isinstance(argument, str):
        return _tagged(_scalar(argument), tag)
    node = _node(argument)
    # YAML has one tag per node: a function whose argument is a function keeps its long name
    return None if node.tag.startswith("!") else _tagged(node, tag)


def _tagged(node: yaml.Node, tag: str) -> yaml.Node:
    node.tag = tag
    return node


def _fits_a_line(items: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether a list is short and plain enough to be read on one line."""
    if not all(_is_simple(item) for item in items):
        return False
    return sum(len(str(item)) for item in items) + 2 * len(items) < 60


def _is_simple(item: Any) -> bool:
    if isinstance(item, dict):
        return set(item) <= {"Ref", "Condition", "Fn::GetAtt"} and len(item) == 1
    return not isinstance(item, list | tuple)
