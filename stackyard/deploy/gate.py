"""The data-loss gate: nothing that holds data goes, unless the person names it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stackyard.deploy.changes import PropertyChange, ResourceChange
from stackyard.documents import nearest
from stackyard.errors import DataLossError
from stackyard.resolved.world import NESTED
from stackyard.stateful import stateful_types

# How much of the data a policy keeps. RetainExceptOnCreate differs from Retain only while a
# creation is rolled back.
KEEPS = {"Delete": 0, "Snapshot": 1, "RetainExceptOnCreate": 2, "Retain": 2}
FATES = {
    "Delete": "is deleted with it",
    "Snapshot": "remains in a final snapshot only",
    "Retain": "remains in a resource that no stack holds any more",
    "RetainExceptOnCreate": "remains in a resource that no stack holds any more",
}
# Of MySQL and MariaDB two figures are the major version. PostgreSQL 10 and 11, which nobody can
# create any more, are taken for one of them: better one question too many
TWO_FIGURES = ("5", "8", "10", "11")
POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")


@dataclass(frozen=True)
class Loss:
    """Data that a change would lose, or leave without protection.

    Attributes:
        path: of the resource that holds it: ``Database/Instance``.
        type: of that resource.
        what: would happen.
    """

    path: str
    type: str
    what: str

    def __str__(self) -> str:
        return f"{self.path} ({self.type}) {self.what}"


def losses(changes: Sequence[ResourceChange]) -> list[Loss]:
    """Return what the person must name before *changes* are made."""
    kinds = stateful_types()
    return [
        Loss(change.path, change.type, "; ".join(found))
        for change in changes
        # what is in a nested stack is listed itself
        if change.type in kinds and change.type != NESTED
        if (found := _of(change, kinds[change.type]))
    ]


def check(
    found: Sequence[Loss], allowed: Collection[str], stack_name: str, prefix: str = ""
) -> None:
    """Refuse losses that were not named.

    Args:
        found: all losses.
        allowed: the paths that the person has named.
        stack_name: of the root stack.
        prefix: what stands before a path on the command line.

    Raises:
        DataLossError: some were not named; the message lists them with the option to add.
    """
    open_losses = [loss for loss in found if loss.path not in allowed]
    if not open_losses:
        return
    paths = {loss.path for loss in found}
    strangers = [f"{name}: {nearest(name, paths)}" for name in allowed if name not in paths]
    lines = [f"{stack_name}: would lose data; name each resource whose data may go"]
    lines += [f"  {loss}" for loss in open_losses]
    lines += [f"  not among them: {one}".rstrip(" :") for one in strangers]
    options = " ".join(f"--allow-data-loss {prefix}{loss.path}" for loss in open_losses)
    raise DataLossError("\n".join([*lines, f"  {options}"]))


def _of(change: ResourceChange, held: str) -> list[str]:
    if change.action == "add" or change.action == "import":
        return []
    if change.action == "remove":
        return [f"is removed: {held} {_fate(change.deletion_policy)}"]
    found = []
    if change.replacement != "no":
        why = ", ".join(one.name for one in change.properties if one.replacement != "no")
        verb = "is replaced" if change.replacement == "yes" else "may be replaced"
        because = f" because of {why}" if why else ""
        found.append(f"{verb}{because}: {held} {_fate(change.update_replace_policy)}")
    for one in change.properties:
        if one.name in POLICIES and _keeps(one.after) < _keeps(one.before):
            found.append(f"is protected less: {one.name} {one.before} becomes {one.after}")
    found += _other_engine(change.properties)
    return found


def _fate(policy: str) -> str:
    return FATES.get(policy, FATES["Delete"])


def _keeps(policy: object) -> int:
    return KEEPS.get(str(policy), 0)


def _other_engine(properties: Sequence[PropertyChange]) -> list[str]:
    for one in properties:
        if one.name == "EngineVersion" and one.before and one.after:
            before, after = _majors(str(one.before)), _majors(str(one.after))
            if before != after:
                return [
                    f"gets another major version: {one.before} becomes {one.after}, "
                    "and there is no way back but a snapshot"
                ]
    return []


def _majors(version: str) -> tuple[str, ...]:
    """Return the major version: ``15`` of 15.19, ``8.0`` of 8.0.42, ``OpenSearch_2`` of 2.11."""
    figures = re.split(r"[._]", version) if version[:1].isdigit() else [version.partition(".")[0]]
    return tuple(figures[: 2 if figures[0] in TWO_FIGURES else 1])
