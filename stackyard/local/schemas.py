"""The provider schemas that cfn-lint ships, read without importing it, which takes seconds."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Every type that the library uses exists in this region
REGION = "us-east-1"


@functools.cache
def types() -> Mapping[str, str]:
    """Return every resource type that CloudFormation knows, with the digest of its schema."""
    text = (_folder() / "providers" / f"{REGION}.json").read_text("utf-8")
    known: dict[str, str] = json.loads(text)
    return known


@functools.cache
def schema(resource_type: str) -> Mapping[str, Any]:
    """Return the provider schema of *resource_type*."""
    path = _folder() / "resources" / f"{types()[resource_type]}.json"
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


def names(resource_type: str, section: str) -> list[str]:
    """Return the properties that *section* of a schema lists, nested ones with dots.

    Args:
        resource_type: ``AWS::EC2::EIP``.
        section: ``readOnlyProperties``, ``createOnlyProperties`` or ``primaryIdentifier``.
    """
    pointers = schema(resource_type).get(section, [])
    return [pointer.removeprefix("/properties/").replace("/", ".") for pointer in pointers]


def value(properties: Mapping[str, Any], name: str) -> Any:
    """Return the property with the dotted *name*, None if it is not given."""
    found: Any = properties
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def replaces(resource_type: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Return whether a change from *old* to *new* needs another physical resource."""
    fixed = names(resource_type, "createOnlyProperties")
    return any(value(old, name) != value(new, name) for name in fixed)


def _folder() -> Path:
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("cfn-lint is not installed")
    return Path(spec.origin).parent / "data" / "schemas"
