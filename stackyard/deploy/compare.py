"""What changes between two resolved systems: a plan that needs no answer from AWS.

The change sets of some endpoints say nothing of nested stacks, and none says what is in a nested
stack that goes away. Here both sides are resolved, so nothing is hidden at any depth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from stackyard.deploy.changes import Action, PropertyChange, Replacement, ResourceChange
from stackyard.local import schemas
from stackyard.resolved import Resource, System, plain, unknowns
from stackyard.resolved.world import NESTED

Key = tuple[str, Action]
POLICIES = {"DeletionPolicy": "deletion_policy", "UpdateReplacePolicy": "update_replace_policy"}
# Conditional in the provider schema, and never a replacement on the documentation's page:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
IN_PLACE = {
    "AWS::RDS::DBInstance": {
        *("AutoMinorVersionUpgrade", "BackupRetentionPeriod", "DBParameterGroupName"),
        *("MultiAZ", "PerformanceInsightsKMSKeyId", "PreferredMaintenanceWindow"),
    },
}


def compare(old: System | None, new: System | None) -> tuple[ResourceChange, ...]:
    """Return what makes *new* of *old*, in the order of the stacks, nested stacks left out.

    Args:
        old: what is deployed; None if nothing is.
        new: what shall be; None if nothing shall.
    """
    before, after = _resources(old), _resources(new)
    found: list[ResourceChange] = []
    for path in dict.fromkeys((*after, *before)):
        was, becomes = before.get(path), after.get(path)
        if was and becomes and was.type == becomes.type:
            found += _modified(was, becomes)
        else:
            # another type under the same logical id is another resource
            found += [_whole(was, "remove")] if was else []
            found += [_whole(becomes, "add")] if becomes else []
    return tuple(_followed(found, after))


def policy(resource: Resource, name: str) -> str:
    """Return ``DeletionPolicy`` or ``UpdateReplacePolicy``, its default if it states none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    stated = getattr(resource, POLICIES[name])
    if stated or name == "UpdateReplacePolicy":
        return str(stated or "Delete")
    is_cluster = resource.type == "AWS::RDS::DBCluster"
    is_alone = (
        resource.type == "AWS::RDS::DBInstance" and "DBClusterIdentifier" not in resource.properties
    )
    return "Snapshot" if is_cluster or is_alone else "Delete"


def differences(before: Any, after: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted name of each property that differs, with both values; lists as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            inner = f"{name}.{key}" if name else str(key)
            yield from differences(before.get(key), after.get(key), inner)
    elif before != after:
        yield name, before, after


def replaces(resource_type: str, name: str) -> tuple[Replacement, str]:
    """Return whether a change of the property *name* replaces, and why."""
    try:
        fixed = schemas.names(resource_type, "createOnlyProperties")
        conditional = schemas.names(resource_type, "conditionalCreateOnlyProperties")
    except KeyError:  # a custom resource or somebody's own type
        return "maybe", "its provider decides"
    if any(_covers(one, name) for one in fixed):
        return "yes", "create-only by provider schema"
    if any(_covers(one, name) for one in conditional):
        if name.partition(".")[0] in IN_PLACE.get(resource_type, ()):
            return "no", ""
        return "maybe", "create-only under conditions by provider schema"
    return "no", ""


def _covers(fixed: str, name: str) -> bool:
    fixed = fixed.partition(".*")[0]
    return name == fixed or name.startswith(f"{fixed}.") or fixed.startswith(f"{name}.")


def _resources(system: System | None) -> dict[str, Resource]:
    if system is None:
        return {}
    return {item.path: item for item in system.resources() if item.type != NESTED}


def _whole(resource: Resource, action: Action) -> ResourceChange:
    return ResourceChange(
        resource.path,
        resource.type,
        action,
        deletion_policy=policy(resource, "DeletionPolicy"),
        update_replace_policy=policy(resource, "UpdateReplacePolicy"),
    )


def _modified(was: Resource, becomes: Resource) -> Iterator[ResourceChange]:
    changed = [
        PropertyChange(name, plain(before), plain(after), *replaces(was.type, name))
        for name, before, after in differences(was.properties, becomes.properties)
    ]
    for name in POLICIES:
        before, after = policy(was, name), policy(becomes, name)
        if before != after:
            changed.append(PropertyChange(name, before, after))
    for name, before, after in differences(was.metadata, becomes.metadata):
        changed.append(PropertyChange(f"Metadata.{name}", plain(before), plain(after)))
    if changed:
        yield ResourceChange(
            was.path,
            was.type,
            "modify",
            _worst(changed),
            tuple(changed),
            # those of the template that is there decide over the old resource only when it goes
            # with its stack; an update takes the new ones
            policy(becomes, "DeletionPolicy"),
            policy(becomes, "UpdateReplacePolicy"),
        )


def _worst(changed: list[PropertyChange]) -> Replacement:
    found = {one.replacement for one in changed}
    return "yes" if "yes" in found else "maybe" if "maybe" in found else "no"


def _followed(
    found: list[ResourceChange], after: Mapping[str, Resource]
) -> Iterator[ResourceChange]:
    """Yield the changes with those that follow from a replacement elsewhere.

    The id of what is replaced is another one, so that what refers to it changes too.
    """
    changes = {(one.path, one.action): one for one in found}
    settled: set[str] = set()
    while moved := {o.path: o.replacement for o in changes.values() if o.replacement != "no"}:
        if moved.keys() <= settled:
            break
        settled |= moved.keys()
        for path, resource in after.items():
            changes.update(_following(resource, changes.get((path, "modify")), moved))
    yield from changes.values()


def _following(
    resource: Resource, known: ResourceChange | None, moved: Mapping[str, Replacement]
) -> Iterator[tuple[Key, ResourceChange]]:
    told = {one.name for one in known.properties} if known else set()
    more = []
    for name, value in resource.properties.items():
        sources = sorted({one.path for one in unknowns(value)} & moved.keys() - {resource.path})
        if not sources or any(one == name or one.startswith(f"{name}.") for one in told):
            continue
        effect, reason = replaces(resource.type, name)
        if effect == "yes" and all(moved[source] == "maybe" for source in sources):
            effect = "maybe"
        because = f"{', '.join(sources)} is replaced" + (f", and {reason}" if reason else "")
        more.append(PropertyChange(name, plain(value), None, effect, because))
    if more:
        base = known or replace(_whole(resource, "modify"), properties=())
        changed = [*base.properties, *more]
        made = replace(base, replacement=_worst(changed), properties=tuple(changed))
        yield (resource.path, "modify"), made
