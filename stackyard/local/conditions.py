"""Conditions over any function that AWS takes there.

MiniStack's conditions know references to parameters and Fn::Select; whatever else they compare
(Fn::Join of a list, Fn::FindInMap, a reference to ``AWS::Region``) they take for text, and go on
with the wrong resources. Its functions for resources know them all and are asked first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackyard.local import ministack

# Each has its own reference to the function
MODULES = ("engine", "stacks", "changesets", "handlers")
EVALUATE = "_evaluate_conditions"
LOGIC = ("Fn::And", "Fn::Or", "Fn::Not")


def install() -> None:
    """Put values for what conditions compare before MiniStack evaluates them."""
    engine = ministack.module("services.cloudformation.engine")
    native = getattr(engine, EVALUATE)

    def evaluate(template: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
        mappings = template.get("Mappings", {})

        def value(data: Any) -> Any:
            return engine._resolve_refs(data, {}, parameters, {}, mappings, "", "")

        conditions = {
            name: _valued(definition, value)
            for name, definition in template.get("Conditions", {}).items()
        }
        return native({**template, "Conditions": conditions}, parameters)

    for name in MODULES:
        setattr(ministack.module(f"services.cloudformation.{name}"), EVALUATE, evaluate)


def _valued(condition: Any, value: Any) -> Any:
    """Return *condition* with *value* of all that it compares."""
    if not isinstance(condition, dict):
        return condition
    if "Fn::Equals" in condition:
        return {"Fn::Equals": [value(side) for side in condition["Fn::Equals"]]}
    return {
        name: [_valued(one, value) for one in given] if name in LOGIC else given
        for name, given in condition.items()
    }
