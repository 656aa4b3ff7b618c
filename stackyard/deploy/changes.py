"""What a deployment would do to each resource, whoever found it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Action = Literal["add", "modify", "remove", "import"]
Replacement = Literal["yes", "no", "maybe"]


@dataclass(frozen=True)
class PropertyChange:
    """A property, or an attribute such as ``DeletionPolicy``, that gets another value.

    Attributes:
        name: with dots: ``VersioningConfiguration.Status``.
        before: None if there was none, or if nobody tells.
        after: None likewise.
        replacement: whether this makes another physical resource.
        reason: why, empty if it does not.
    """

    name: str
    before: Any = None
    after: Any = None
    replacement: Replacement = "no"
    reason: str = ""


@dataclass(frozen=True)
class ResourceChange:
    """A resource that is added, changed or removed.

    Attributes:
        path: logical ids from the root's, ``Database/Instance``.
        type: of the resource.
        action: what happens to it.
        replacement: whether another physical resource takes its place.
        properties: what is different.
        deletion_policy: what becomes of the old resource when it is removed.
        update_replace_policy: what becomes of it when it is replaced.
        physical_id: empty for what does not exist, or if nobody tells.
    """

    path: str
    type: str
    action: Action
    replacement: Replacement = "no"
    properties: Sequence[PropertyChange] = field(default_factory=tuple)
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    physical_id: str = ""

    @property
    def stack(self) -> str:
        """Path of the stack that it is in, empty for the root."""
        return self.path.rpartition("/")[0]

    @property
    def logical_id(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)
