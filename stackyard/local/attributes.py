"""What AWS does around every resource and MiniStack's own provisioners forget.

Text is converted to what a property wants. Fn::GetAtt finds a property as it was given, the
identifier that the physical id is, and the full names of load balancers as metrics carry them.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from stackyard.local import schemas
from stackyard.local.handlers import Attributes, Created, Handler, Properties, scalars
from stackyard.local.typed import typed

TARGET_GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"


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
        properties = typed(resource_type, properties)
        return _completed(resource_type, properties, native(logical_id, properties, stack))

    return create


def _updating(resource_type: str, native: Callable[..., Created]) -> Callable[..., Created]:
    def update(physical_id: str, old: Properties, new: Properties, *more: Any) -> Created:
        old, new = typed(resource_type, old), typed(resource_type, new)
        return _completed(resource_type, new, native(physical_id, old, new, *more))

    return update


def _completed(resource_type: str, properties: Properties, created: Created) -> Created:
    physical_id, found = created
    identifiers = schemas.names(resource_type, "primaryIdentifier")
    identifier: Attributes = {identifiers[0]: physical_id} if len(identifiers) == 1 else {}
    if resource_type == TARGET_GROUP:
        identifier["TargetGroupFullName"] = physical_id.rpartition(":")[2]
        found = {key: value for key, value in found.items() if key != "TargetGroupFullName"}
    return physical_id, {**identifier, **scalars(properties), **(found or {})}
