"""A template's text, as CloudFormation hands it back, and its data."""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    """Reads YAML as CloudFormation does: short forms of functions, and dates that are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
PLAIN = ("Ref", "Condition")


def parsed(text: str) -> dict[str, Any]:
    """Return the data of a template in YAML or JSON, with every function in its long form."""
    # a subclass of a safe loader, which makes nothing but plain data
    data: dict[str, Any] = yaml.load(text, _Loader)
    return data


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in PLAIN else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)
