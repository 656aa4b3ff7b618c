"""A JSON Schema per blueprint, from which editors complete and check its parameter files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackyard.declared import Declaration, declarations
from stackyard.documents import DECIMAL, STABLE_NUMBER
from stackyard.images.source import SETTINGS as IMAGE_SETTINGS
from stackyard.settings import (
    DESTROY_RULES,
    LONGEST_STACK_NAME,
    LONGEST_TAG_KEY,
    LONGEST_TAG_VALUE,
    MOST_TAGS,
    STACK_NAME,
)

Schema = dict[str, Any]
BOUNDS = {
    "MinLength": "minLength",
    "MaxLength": "maxLength",
    "MinValue": "minimum",
    "MaxValue": "maximum",
}

SETTINGS: Schema = {
    "stack_name": {
        "description": "Name of the root stack; in the file of an environment only.",
        "type": "string",
        "pattern": f"^{STACK_NAME}$",
        "maxLength": LONGEST_STACK_NAME,
    },
    "regions": {
        "description": "Regions it is checked for; it is deployed in the first.",
        "type": "array",
        "items": {"type": "string", "pattern": "^[a-z]{2,4}(-[a-z]+)+-[0-9]+$"},
        "minItems": 1,
        "uniqueItems": True,
        "examples": [["us-east-1"]],
    },
    "tags": {
        "description": "Tags of the stack, which AWS hands on to its resources.",
        "type": "object",
        "maxProperties": MOST_TAGS,
        "propertyNames": {"pattern": f"^(?![aA][wW][sS]:).{{1,{LONGEST_TAG_KEY}}}$"},
        "additionalProperties": {
            "type": ["string", "number"],
            "minLength": 1,
            "maxLength": LONGEST_TAG_VALUE,
        },
    },
    "termination_protection": {
        "description": "Whether the stack refuses to be deleted.",
        "type": "boolean",
        "default": False,
    },
    "destroy": {
        "description": (
            "What `destroy` does with data. guarded: each resource that holds some must be named; "
            "keep-data: it is kept or snapshotted; everything: it is deleted."
        ),
        "enum": list(DESTROY_RULES),
        "default": DESTROY_RULES[0],
    },
    **IMAGE_SETTINGS,
}


def schema(blueprint: str, body: Mapping[str, Any]) -> Schema:
    """Return the schema (draft 7) of ``params/<blueprint>/common.yaml`` and ``<env>.yaml``.

    It requires nothing, since either file may hold what the other lacks.

    Args:
        blueprint: name of the blueprint.
        body: its template as plain data.
    """
    values = {name: _value(declared) for name, declared in declarations(body).items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Parameter file of the blueprint {blueprint}",
        "description": body.get("Description", ""),
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **SETTINGS,
            "parameters": {
                "description": "Values of the template's parameters.",
                "type": "object",
                "additionalProperties": False,
                "properties": values,
            },
        },
    }


def _value(declared: Declaration) -> Schema:
    described: Schema = {"description": declared.spec.get("Description", "")}
    if declared.default is not None:
        described["default"] = _as_written(declared.default, declared)[0]
    if declared.is_list:
        # the comma-joined form of a list is left to the build
        return {**described, "type": ["array", "string", "number"], "items": _one(declared)}
    bounds = {ours: declared.spec[key] for key, ours in BOUNDS.items() if key in declared.spec}
    return {**described, **_one(declared), **bounds}


def _one(declared: Declaration) -> Schema:
    """Return the schema of one value. Text may be written as a number if it has no quotes."""
    if declared.allowed:
        written = [_as_written(value, declared) for value in declared.allowed]
        return {"enum": [value for values in written for value in values]}
    if declared.kind == "number":
        return {"type": ["number", "string"], "pattern": f"^{DECIMAL.pattern}$"}
    pattern = declared.spec.get("AllowedPattern")
    anchored = {"pattern": f"^(?:{pattern})$"} if pattern else {}
    return {"type": ["string", "number"], **anchored}


def _as_written(text: str, declared: Declaration) -> list[Any]:
    """Return how *text* may be written in YAML: ``2`` also as a number, ``true`` as a boolean."""
    if declared.kind == "flag" and text in ("true", "false"):
        return [text == "true", text]
    if STABLE_NUMBER.fullmatch(text):
        return [float(text) if "." in text else int(text), text]
    return [text]
