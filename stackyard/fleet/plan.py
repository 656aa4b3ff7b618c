"""What a rollout would do in each account and region, before anybody does it.

StackSets have no change sets. Both sides are resolved here, once for all instances that do not
differ: an organisation of a thousand accounts is a handful of comparisons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from stackyard.aws import stacksets
from stackyard.aws.account import Account
from stackyard.aws.stacksets import Instance, StackSet
from stackyard.aws.template_text import parsed
from stackyard.catalog import fetched
from stackyard.deploy.changes import ResourceChange
from stackyard.deploy.compare import compare
from stackyard.deploy.gate import Loss, losses
from stackyard.fleet.source import ROOT, Source
from stackyard.fleet.targets import Place, Targets
from stackyard.resolved import System, resolve
from stackyard.resolved.world import NESTED

AT_ONCE = 4
Action = Literal["create", "update", "unchanged", "retry", "delete"]
Values = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Row:
    """What would happen in one account and region.

    Attributes:
        action: ``retry`` is an instance whose template is the wanted one and that is not current;
            ``delete`` is the stack of one that is no longer a target.
        changes: of resources at any depth; shared by all rows that do not differ.
        status: of the instance now, empty if there is none.
        reason: why it is not current, as AWS says it.
        is_certain: the instance runs what its StackSet says, so that the changes are exact.
    """

    account: str
    region: str
    action: Action
    changes: tuple[ResourceChange, ...] = ()
    status: str = ""
    reason: str = ""
    is_certain: bool = True


@dataclass(frozen=True)
class Plan:
    """What a rollout would do.

    Attributes:
        stack_set_name: its name.
        is_new: there is none of this name yet.
        rows: by region, in the order of the rollout, then by account.
    """

    stack_set_name: str
    is_new: bool
    rows: tuple[Row, ...]

    def losses(self) -> list[Loss]:
        """Return what data would be lost, each resource once for all instances that lose it."""
        each = dict.fromkeys(loss for changes in self.distinct() for loss in losses(changes))
        return [*each]

    def distinct(self) -> list[tuple[ResourceChange, ...]]:
        """Return the changes that differ, of as many instances as it may be."""
        return [*{id(row.changes): row.changes for row in self.rows}.values()]

    def data(self) -> dict[str, Any]:
        """Return it as JSON; each row names its changes by their number."""
        distinct = self.distinct()
        numbers = {id(changes): number for number, changes in enumerate(distinct)}
        return {
            "stack_set_name": self.stack_set_name,
            "is_new": self.is_new,
            "rows": [{**vars(row), "changes": numbers[id(row.changes)]} for row in self.rows],
            "changes": [[asdict(one) for one in changes] for changes in distinct],
            "losses": [asdict(loss) for loss in self.losses()],
        }

    @property
    def only_retries(self) -> bool:
        """Whether nothing changes, and instances that are not current are to be tried again."""
        return {row.action for row in self.rows} - {"unchanged"} == {"retry"}

    def counts(self) -> dict[str, int]:
        """Return how many instances would go through what."""
        return dict(Counter(row.action for row in self.rows))


def plan(account: Account, chosen: Source, to: Targets, *, reads_overrides: bool = True) -> Plan:
    """Return what a rollout would do in each account and region.

    Args:
        account: that administers the StackSet.
        chosen: what would be rolled out.
        to: whom.
        reads_overrides: ask for the parameters that single instances have for themselves, one
            call for each; without it they are taken to have none.

    Raises:
        DeployError: AWS cannot be asked.
    """
    name, call_as = to.stack_set_name, to.call_as
    deployed = stacksets.describe(account, name, call_as)
    there: dict[Place, Instance] = {}
    own: Mapping[Place, Values] = {}
    if deployed:
        rows = stacksets.instances(account, name, call_as)
        there = {(one.account, one.region): one for one in rows}
        if reads_overrides:
            own = _overrides(account, to, there.values())
    comparing = _Comparing(account, chosen, deployed)
    places = dict.fromkeys([*to.places(), *sorted(there, key=lambda place: place[::-1])])
    wanted = set(to.places())
    return Plan(
        name,
        deployed is None,
        tuple(
            _row(place, there.get(place), comparing, own.get(place, ()), place in wanted)
            for place in places
        ),
    )


def _row(
    place: Place, one: Instance | None, comparing: _Comparing, own: Values, is_wanted: bool
) -> Row:
    where, region = place
    if one is None:
        return Row(where, region, "create", comparing.changes(region, None))
    known = Row(where, region, "delete", (), one.status, one.reason, one.status == "CURRENT")
    if not is_wanted:
        return replace(known, changes=comparing.changes(region, own, is_wanted=False))
    changes = comparing.changes(region, own)
    if changes or comparing.is_other:
        return replace(known, action="update", changes=changes)
    return replace(known, action="unchanged" if known.is_certain else "retry")


def _overrides(account: Account, to: Targets, there: Iterable[Instance]) -> dict[Place, Values]:
    """Return what single instances have for themselves, by account and region."""

    def one(instance: Instance) -> tuple[Place, Values]:
        found = stacksets.overrides(account, to.stack_set_name, instance, to.call_as)
        return (instance.account, instance.region), tuple(sorted(found.items()))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(pool.map(one, there))


class _Comparing:
    """Compares what is deployed with what is wanted, once per region and set of values."""

    def __init__(self, account: Account, chosen: Source, deployed: StackSet | None) -> None:
        self._account, self._chosen, self._deployed = account, chosen, deployed
        self._templates: dict[str, dict[str, Any]] = {}
        self._found: dict[tuple[str, Values | None, bool], tuple[ResourceChange, ...]] = {}
        self.is_other = False
        if deployed:
            body = parsed(deployed.body)
            # a template may change without a resource that does: an output, a description
            self.is_other = body != chosen.body
            self._templates = fetched.templates(account, ROOT, body)

    def changes(
        self, region: str, own: Values | None, *, is_wanted: bool = True
    ) -> tuple[ResourceChange, ...]:
        """Return what changes in a region.

        Args:
            region: which.
            own: values that an instance has for itself; None where nothing is deployed.
            is_wanted: it is still a target.
        """
        if own is not None and is_wanted and not self.is_other:
            return ()
        key = region, own, is_wanted
        if key not in self._found:
            before = None if own is None else self._before(region, dict(own))
            values = dict(own or ())
            after = self._resolved(self._chosen.templates, region, values) if is_wanted else None
            made = tuple(row for row in compare(before, after) if row.type != NESTED)
            # regions that do not differ share their changes
            self._found[key] = next((one for one in self._found.values() if one == made), made)
        return self._found[key]

    def _before(self, region: str, own: Mapping[str, str]) -> System:
        given = {**(self._deployed.parameters if self._deployed else {}), **own}
        return self._resolved(self._templates, region, given)

    def _resolved(
        self, templates: Mapping[str, dict[str, Any]], region: str, given: Mapping[str, str]
    ) -> System:
        declared = templates[f"blueprints/{ROOT}"].get("Parameters", {})
        values = {name: value for name, value in given.items() if name in declared}
        # every stack of a StackSet has a name that AWS makes up: StackSet-<name>-<id>
        return resolve(ROOT, templates, values, region, stack_name="StackSet-fleet")
