"""What an operation has come to: every stack and resource, since when, and what it waits for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from stackyard.aws.cloudformation import STACK, Change
from stackyard.deploy.events import Planned, Progress, Rollout, Started
from stackyard.resolved import Resource, System, unknowns

OVER = ("_COMPLETE", "_FAILED", "DELETE_SKIPPED")


@dataclass
class Item:
    """A nested stack or a resource in this operation.

    Attributes:
        name: ``Network/Nat``; empty for the root.
        type: its type.
        status: empty as long as nothing was said of it.
        began: when its present phase began, by AWS's clock.
        told: when its latest event happened.
        took: seconds of its last phase, once that is over.
    """

    name: str
    type: str
    status: str = ""
    reason: str = ""
    began: datetime | None = None
    told: datetime | None = None
    took: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is at rest."""
        return self.status.endswith(OVER)

    @property
    def has_failed(self) -> bool:
        """Whether it failed or is being undone."""
        return "FAILED" in self.status or "ROLLBACK" in self.status

    @property
    def operation(self) -> str:
        """``create``, ``update`` or ``delete``."""
        return self.status.partition("_")[0].lower()


@dataclass
class Timeline:
    """Takes in events and answers what is going on.

    Attributes:
        waits: names by name, of what each needs first; see ``waits``.
        clock: seconds that only grow.
    """

    waits: Mapping[str, frozenset[str]] = field(default_factory=dict)
    clock: Callable[[], float] = time.monotonic
    items: dict[str, Item] = field(default_factory=lambda: {"": Item("", STACK)})
    rollouts: dict[str, Rollout] = field(default_factory=dict)
    took: dict[tuple[str, str, str], float] = field(default_factory=dict)
    # AWS's time, and this machine's when that was known: nothing depends on its calendar
    _anchor: tuple[datetime, float] | None = None

    def begin(self, event: Planned | Started) -> None:
        """Note what an operation will touch, so that what has not begun is seen to wait."""
        if isinstance(event, Planned):
            for change in event.changes:
                self._expect(change)
        else:
            if event.operation == "create":
                stacks = {name.rpartition("/")[0] for name in self.waits}
                for name in self.waits:
                    self.items.setdefault(name, Item(name, STACK if name in stacks else ""))
            if event.at:
                self._anchor = (event.at, self.clock())

    def see(self, event: Progress) -> None:
        """Take in one event; one that is older than what is known changes nothing."""
        row = event.event
        item = self.items.setdefault(event.name, Item(event.name, row.type))
        item.type = item.type or row.type
        if self._anchor is None or row.time > self.now():
            self._anchor = (row.time, self.clock())
        if item.told and row.time < item.told:
            return
        item.told = row.time
        if row.status.endswith("_IN_PROGRESS"):
            if item.status != row.status:
                item.began, item.took = row.time, None
        elif item.began:
            item.took = (row.time - item.began).total_seconds()
        item.status, item.reason = row.status, row.reason
        if row.status.endswith("_COMPLETE") and item.took is not None:
            self.took[item.operation, item.name, item.type] = item.took

    def roll(self, rollout: Rollout) -> None:
        """Take in how far a service has come."""
        self.rollouts[rollout.name] = rollout

    def now(self) -> datetime:
        """Return AWS's time, as far as its events tell; something must have happened."""
        assert self._anchor
        at, clock = self._anchor
        return datetime.fromtimestamp(at.timestamp() + self.clock() - clock, at.tzinfo)

    def running(self, item: Item) -> float:
        """Return for how many seconds something has been in progress."""
        return max(0.0, (self.now() - item.began).total_seconds()) if item.began else 0.0

    def stacks(self) -> Iterator[Item]:
        """Yield the root and the nested stacks, each before what is nested in it."""
        yield from sorted(
            (item for item in self.items.values() if item.type == STACK or not item.name),
            key=lambda item: (
                item.name.count("/") + bool(item.name),
                item.began is None,
                str(item.began),
            ),
        )

    def inside(self, stack: str) -> list[Item]:
        """Return what is directly in a stack."""
        prefix = f"{stack}/" if stack else ""
        return [
            item
            for name, item in self.items.items()
            if name and name.startswith(prefix) and "/" not in name[len(prefix) :]
        ]

    def missing(self, name: str) -> list[str]:
        """Return what *name* still waits for."""
        needed = self.waits.get(name, frozenset())
        return sorted(one for one in needed if not self._is_there(one))

    def _is_there(self, name: str) -> bool:
        item = self.items.get(name)
        return item is None or item.status.endswith("_COMPLETE")

    def _expect(self, change: Change) -> None:
        name = "/".join((*change.path, change.logical_id))
        self.items.setdefault(name, Item(name, change.type))


def waits(system: System) -> dict[str, frozenset[str]]:
    """Return for each nested stack and resource what beside it has to be there first.

    A value that comes from inside another nested stack means that stack.
    """
    return {item.path: _needed(item.path, _sources(item)) for item in system.resources()}


def _sources(resource: Resource) -> Iterator[str]:
    yield from (one.path for one in unknowns(dict(resource.properties)) if one.kind == "resource")
    yield from resource.depends_on


def _needed(path: str, sources: Iterable[str]) -> frozenset[str]:
    parent, _, own = path.rpartition("/")
    prefix = f"{parent}/" if parent else ""
    beside = {
        prefix + source[len(prefix) :].partition("/")[0]
        for source in sources
        if source.startswith(prefix)
    }
    return frozenset(beside - {prefix + own})
