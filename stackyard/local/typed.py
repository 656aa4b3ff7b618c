"""Values in the types that the provider schemas want, as CloudFormation converts them.

A parameter is text, and so is what a template makes of it; AWS converts, MiniStack does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackyard.local import schemas

Schema = Mapping[str, Any]


def typed(resource_type: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a resource with numbers and booleans for such text."""
    whole = schemas.schema(resource_type)
    return {
        name: _converted(value, whole.get("properties", {}).get(name, {}), whole)
        for name, value in properties.items()
    }


def _converted(value: Any, schema: Schema, whole: Schema) -> Any:
    schema = _pointed(schema, whole)
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        return {key: _converted(item, known.get(key, {}), whole) for key, item in value.items()}
    if isinstance(value, list):
        return [_converted(item, schema.get("items", {}), whole) for item in value]
    return _scalar(value, schema.get("type")) if isinstance(value, str) else value


def _pointed(schema: Schema, whole: Schema) -> Schema:
    """Follow a reference to a definition of the same schema."""
    pointer = schema.get("$ref", "")
    if not pointer.startswith("#/definitions/"):
        return schema
    found: Schema = whole.get("definitions", {}).get(pointer.rpartition("/")[2], {})
    return found


def _scalar(text: str, kind: object) -> Any:
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
    except ValueError:
        return text  # left to whoever checks it
    return text == "true" if kind == "boolean" and text in ("true", "false") else text
