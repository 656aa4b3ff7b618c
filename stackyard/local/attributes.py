"""Attributes that AWS has and MiniStack's own provisioners forget.

A property that Fn::GetAtt returns as it was given, and the identifier that the physical id is.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from stackyard.local import schemas
from stackyard.local.handlers import Attributes, Created, Handler, Properties, scalars


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Wrap every handler whose type has a provider schema."""
    for resource_type in handlers.keys() & schemas.types().keys():
        native = handlers[resource_type]
        wrapped = {"create": _creating(resource_type, native["create"])}
        if "update" in native:
            wrapped["update"] = _updating(resource_type, native["update"])
        handlers[resource_type] = {**native, **wrapped}


def _creating(resource_type: str, native: Callable[..., Created]) -> Callable[..., Created]:
    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        return _completed(resource_type, properties, native(logical_id, properties, stack))

    return create


def _updating(resource_type: str, native: Callable[..., Created]) -> Callable[..., Created]:
    def update(physical_id: str, old: Properties, new: Properties, *more: Any) -> Created:
        return _completed(resource_type, new, native(physical_id, old, new, *more))

    return update


def _completed(resource_type: str, properties: Properties, created: Created) -> Created:
    physical_id, found = created
    identifiers = schemas.names(resource_type, "primaryIdentifier")
    identifier: Attributes = {identifiers[0]: physical_id} if len(identifiers) == 1 else {}
    return physical_id, {**identifier, **scalars(properties), **(found or {})}
