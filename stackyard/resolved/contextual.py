"""The intrinsic functions that depend on the template and stack they stand in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stackyard.resolved.values import Scalar, Unknown, Value, scalar, text
from stackyard.resolved.world import NESTED

if TYPE_CHECKING:
    from stackyard.resolved.scope import Scope

PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")


def get_att(scope: Scope, argument: Any) -> Value:
    """Return ``Fn::GetAtt``, through the outputs of nested stacks."""
    logical_id, name = argument.split(".", 1) if isinstance(argument, str) else argument
    attribute = str(scope.value(name))
    found = scope.target(logical_id, attribute, "Fn::GetAtt")
    nested = scope.resources[logical_id]["Type"] == NESTED and attribute.startswith("Outputs.")
    if not nested or found.kind == "absent":
        return found
    output = attribute.removeprefix("Outputs.")
    child = scope.child(logical_id)
    if output not in child.body.get("Outputs", {}):
        raise scope.fail(f"{child.template} has no output {output!r}; correct the name")
    value = child.output(output)
    if value is None:
        condition = child.body["Outputs"][output]["Condition"]
        return scope.absent(f"{found.path}.{attribute}", "Fn::GetAtt", condition)
    return value


def sub(scope: Scope, argument: Any) -> Value:
    """Return ``Fn::Sub`` in both forms."""
    template, variables = (argument, {}) if isinstance(argument, str) else argument
    parts: list[Scalar] = list(PLACEHOLDER.split(template))  # every second is a name
    for position in range(1, len(parts), 2):
        name = str(parts[position]).strip()
        if name.startswith("!"):
            parts[position] = f"${{{name[1:]}}}"
        elif name in variables:
            parts[position] = scalar(scope.value(variables[name]))
        else:
            found = get_att(scope, name) if "." in name else scope.ref(name)
            parts[position] = scalar(found)
    return text(parts)


def choose(scope: Scope, argument: Any) -> Value:
    """Return ``Fn::If``: what only AWS can tell counts as true, as for resources."""
    name, then, otherwise = argument
    return scope.value(otherwise if scope.condition(name) is False else then)


def find_in_map(scope: Scope, argument: Any) -> Value:
    """Return ``Fn::FindInMap``."""
    name, *keys = (scope.value(item) for item in argument[:3])
    if any(not isinstance(key, str) for key in (name, *keys)):
        return Unknown("derived", f"{name} of {', '.join(map(str, keys))}")
    found = scope.body.get("Mappings", {}).get(name, {}).get(keys[0], {}).get(keys[1])
    if found is None and len(argument) > 3:
        found = scope.value(argument[3]["DefaultValue"])
    if found is None:
        raise ValueError(f"mapping {name!r} has no {'.'.join(keys)}")
    return found


def zones(scope: Scope, argument: Any) -> Value:
    """Return ``Fn::GetAZs``: each account has a choice of its own."""
    region = str(scope.value(argument)) or scope.world.region
    return Unknown("zones", f"availability zones of {region}", many=True)


FUNCTIONS: dict[str, Callable[[Scope, Any], Value]] = {
    "Fn::FindInMap": find_in_map,
    "Fn::GetAZs": zones,
    "Fn::GetAtt": get_att,
    "Fn::If": choose,
    "Fn::Sub": sub,
}
