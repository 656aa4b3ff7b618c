"""What MiniStack's engine calls to create, change and delete a resource of one type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from stackyard.local import ministack, schemas

Properties = Mapping[str, Any]
Attributes = dict[str, Any]
Created = tuple[str, Attributes]  # physical id and what Fn::GetAtt finds
Handler = dict[str, Any]  # MiniStack's own form


class Provisioner(NamedTuple):
    """How resources of one type are made, deleted and, where nothing replaces, changed."""

    create: Callable[[Properties], Created]
    delete: Callable[[str, Properties], object]
    modify: Callable[[str, Properties], object] | None = None


def handler(
    resource_type: str,
    create: Callable[[str, Properties, str], Created],
    delete: Callable[[str, Properties], object],
    modify: Callable[[str, Properties], object] | None = None,
) -> Handler:
    """Return a handler in MiniStack's form that replaces where the provider schema says so.

    Args:
        resource_type: ``AWS::EC2::EIP``.
        create: from logical id, properties and stack name.
        delete: from physical id and properties.
        modify: what to do with physical id and new properties when nothing replaces.
    """

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Created:
        if schemas.replaces(resource_type, old, new):
            # the engine deletes the old one when the update is through
            return create(logical_id, new, stack)
        if modify:
            modify(physical_id, new)
        return physical_id, {**attributes(stack, logical_id), **scalars(new)}

    return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}


def attributes(stack: str, logical_id: str) -> Attributes:
    """Return the attributes that a resource of the current account has now."""
    record = ministack.stacks().get(stack, {}).get("_resources", {}).get(logical_id, {})
    return dict(record.get("Attributes", {}))


def scalars(properties: Properties) -> Attributes:
    """Return the properties that Fn::GetAtt can return as they were given."""
    return {key: value for key, value in properties.items() if isinstance(value, str | int)}


def pick(properties: Properties, *given: str) -> dict[str, Any]:
    """Return those of the properties *given* that a template gives."""
    return {name: properties[name] for name in given if name in properties}


def is_true(value: object) -> bool:
    """Return whether a boolean of a template is true; it may be text from a parameter."""
    return str(value).lower() == "true"
