"""What the templates of a library promise to those who use them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.library import DIGEST_LENGTH, NESTED, Library
from stackyard.local import schemas
from stackyard.rules import expanded
from stackyard.stateful import stateful_types

STACK = "AWS::CloudFormation::Stack"
# Of a parameter, what a caller may rely on
CALLER = (
    *("Type", "Default", "AllowedValues", "AllowedPattern", "MinValue", "MaxValue"),
    *("MinLength", "MaxLength"),
)
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


def freeze(library: Library) -> dict[str, Any]:
    """Return what every template of a library promises now."""
    paths = [f"blueprints/{name}" for name in library.blueprints]
    paths += [f"components/{name}" for name in library.components]
    return {path: _template(library, path) for path in sorted(paths)}


def _template(library: Library, path: str) -> dict[str, Any]:
    rendered = library.template(path)
    body = rendered.body
    declared = {
        name: {key: spec[key] for key in CALLER if key in spec}
        for name, spec in body.get("Parameters", {}).items()
    }
    return {
        "parameters": declared,
        "rules": {name: _rule(data) for name, data in sorted(body.get("Rules", {}).items())},
        "outputs": sorted(body.get("Outputs", {})),
        "resources": {name: item["Type"] for name, item in sorted(body["Resources"].items())},
        "stateful": dict(sorted(_stateful(library, body))),
    }


def _rule(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a rule asks, without what it says to whom."""
    asked = [{"Assert": assertion["Assert"]} for assertion in data["Assertions"]]
    return {**data, "Assertions": asked}


def _stateful(
    library: Library, body: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path of each resource with data, and what makes it another one if it changes."""
    kinds = stateful_types()
    for name, item in body["Resources"].items():
        condition = {"condition": expanded(item["Condition"], body)} if "Condition" in item else {}
        if item["Type"] == STACK:
            nested = NESTED.search(json.dumps(item["Properties"]["TemplateURL"]).encode())
            if nested:
                child = library.template(nested[1].decode()).body
                for path, one in _stateful(library, child, f"{above}{name}/"):
                    outer = [condition["condition"]] if condition else []
                    yield path, _under(one, outer)
        elif item["Type"] in kinds:
            fixed = dict(_fixed(item["Type"], item.get("Properties", {})))
            policies = [item.get(policy, "Delete") for policy in POLICIES]
            facts = {"type": item["Type"], "fixed": fixed, "policies": policies}
            yield f"{above}{name}", {**facts, **condition}


def _under(one: dict[str, Any], outer: list[Any]) -> dict[str, Any]:
    """Return a resource with the conditions of the stack that it is in."""
    return {**one, "stacks": [*outer, *one.get("stacks", [])]} if outer else one


def _fixed(kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the properties that cannot change without another physical resource.

    Each with a digest of its value and the parameters in it.
    """
    for name in schemas.names(kind, "createOnlyProperties") if kind in schemas.types() else ():
        value: Any = properties
        for part in name.split("."):
            if not _is_function(value):
                value = value.get(part, {}) if isinstance(value, Mapping) else {}
        if value != {}:
            text = json.dumps(value, sort_keys=True)
            refs = re.findall(r'"Ref": "(\w+)"|\$\{(\w+)\}', text)
            named = dict.fromkeys(sorted(one or other for one, other in refs))
            yield name, [hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH], *named]


def _is_function(value: Any) -> bool:
    names = list(value) if isinstance(value, Mapping) else []
    return len(names) == 1 and (names[0] == "Ref" or names[0].startswith("Fn::"))
