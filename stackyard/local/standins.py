"""Stand-ins for resource types that MiniStack lacks: nothing behind them but their schema.

A stand-in refuses what AWS would refuse by the provider schema (a missing, unknown or read-only
property), has a physical id and attributes of the right form, and is replaced where AWS replaces.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, MutableMapping
from functools import partial
from typing import Any

from stackyard.local import ministack, schemas
from stackyard.local.handlers import Attributes, Created, Handler, Properties, handler, scalars

# Where Ref is not the primary identifier joined by "|"
REFS = {"AWS::ApplicationAutoScaling::ScalingPolicy": "Arn"}


def install(handlers: MutableMapping[str, Handler]) -> frozenset[str]:
    """Add a stand-in for every type that has no handler, and return these types."""
    missing = frozenset(schemas.types()) - handlers.keys()
    for resource_type in missing:
        create = partial(_create, resource_type)
        handlers[resource_type] = handler(
            resource_type, create, _delete, partial(_check, resource_type)
        )
    return missing


def used(types: frozenset[str]) -> Iterator[dict[str, str]]:
    """Yield every resource of any account that is of one of *types*."""
    for (account, region, _), stack in list(ministack.stacks()._data.items()):
        for logical_id, resource in list(stack.get("_resources", {}).items()):
            if resource["ResourceType"] in types:
                yield {
                    "account": account,
                    "region": region,
                    "stack_id": stack["StackId"],
                    "logical_id": logical_id,
                    "type": resource["ResourceType"],
                }


def _create(resource_type: str, logical_id: str, properties: Properties, stack: str) -> Created:
    _check(resource_type, logical_id, properties)
    seed = uuid.uuid4().hex
    found: Attributes = scalars(properties)
    for name in schemas.names(resource_type, "readOnlyProperties"):
        found[name] = _invented(resource_type, name, f"{seed}/{name}")
    identifiers = schemas.names(resource_type, "primaryIdentifier")
    for name in identifiers:
        # a name that may be left out is generated from stack and logical id, as AWS does
        found.setdefault(name, f"{stack}-{logical_id}-{seed[:12].upper()}")
    if resource_type in REFS:
        identifiers = [REFS[resource_type]]
    physical_id = "|".join(str(found[name]) for name in identifiers) or seed
    if _exists(resource_type, physical_id):
        raise ValueError(
            f"Resource of type '{resource_type}' with identifier '{physical_id}' already exists."
        )
    return physical_id, found


def _delete(physical_id: str, properties: Properties) -> None:
    """Do nothing: the stack's own record was all there is."""


def _check(resource_type: str, _: str, properties: Properties) -> None:
    schema = schemas.schema(resource_type)
    read_only = schemas.names(resource_type, "readOnlyProperties")
    problems = [
        f"#: required key [{name}] not found"
        for name in schema.get("required", [])
        if name not in properties
    ]
    if schema.get("additionalProperties") is False:
        unknown = [name for name in properties if name not in schema["properties"]]
        problems += [f"#: extraneous key [{name}] is not permitted" for name in unknown]
    problems += [f"#/{name}: is read-only" for name in properties if name in read_only]
    if problems:
        raise ValueError(f"Properties validation failed with message: {'; '.join(problems)}")


def _exists(resource_type: str, physical_id: str) -> bool:
    return any(
        resource["ResourceType"] == resource_type and resource["PhysicalResourceId"] == physical_id
        for stack in ministack.stacks().values()
        for resource in stack.get("_resources", {}).values()
    )


def _invented(resource_type: str, name: str, seed: str) -> Any:
    """Return a value of the form that the read-only property *name* has on AWS."""
    request = ministack.module("core.responses")
    _, service, kind = (part.lower() for part in resource_type.split("::"))
    digest = hashlib.sha256(seed.encode()).hexdigest()[:17]
    match _kind(resource_type, name):
        case "integer" | "number":
            return 1
        case "boolean":
            return False
        case "array":
            return []
    leaf = name.rpartition(".")[2]
    if leaf.lower().endswith("arn"):
        return (
            f"arn:aws:{service}:{request.get_region()}:{request.get_account_id()}:{kind}/{digest}"
        )
    if leaf.endswith(("Endpoint", "Address", "DnsName", "DNSName")):
        return f"{digest}.{request.get_region()}.{service}.amazonaws.com"
    if leaf.endswith("Port"):
        return "443"
    return digest


def _kind(resource_type: str, name: str) -> str:
    declared = schemas.schema(resource_type)["properties"].get(name, {})
    kind = declared.get("type", "string")
    return kind if isinstance(kind, str) else "string"
