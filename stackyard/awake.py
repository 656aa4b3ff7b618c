"""Waking an environment out of its office hours, and putting it to sleep.

The schedules themselves say what is to be done, so that this does exactly what they do. While an
environment is kept awake, those that put it to sleep begin again by themselves at a stated time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stackyard.aws import databases
from stackyard.aws.account import Account
from stackyard.aws.scheduler import GROUP, SCHEDULE, Schedule, perform, postpone, schedule
from stackyard.errors import DeployError, UsageError
from stackyard.observe import tree

POLL_SECONDS = 15
PATIENCE_SECONDS = 45 * 60  # a large database takes half an hour


@dataclass(frozen=True)
class Hours:
    """The office hours of an environment.

    Attributes:
        wakes: what wakes it, in the order in which that has to happen.
        sleeps: likewise.
    """

    wakes: Sequence[Schedule]
    sleeps: Sequence[Schedule]

    @property
    def zone(self) -> ZoneInfo:
        """Time zone in which they are meant."""
        return ZoneInfo(self.sleeps[0].zone)


@dataclass(frozen=True)
class Step:
    """Something that was done, or is waited for."""

    what: str
    state: str


def hours(account: Account, stack_id: str) -> Hours:
    """Return the office hours of a stack.

    Raises:
        DeployError: it keeps none.
    """
    found = list(tree.resources(account, stack_id))
    groups = {one.parent: one.physical_id for one in found if one.type == GROUP}
    named = {
        one.name.rpartition("/")[2]: schedule(account, one.physical_id, groups[one.parent])
        for one in found
        if one.type == SCHEDULE and one.parent in groups
    }
    # the database comes first when it wakes and last when it sleeps, which the alphabet knows
    wakes = [named[name] for name in sorted(named) if name.startswith("Wake")]
    sleeps = [named[name] for name in sorted(named, reverse=True) if name.startswith("Sleep")]
    if not wakes or not sleeps:
        raise DeployError(f"{account.region}: keeps no office hours; set KeepsOfficeHours, deploy")
    return Hours(wakes, sleeps)


def moment(text: str, lasting: float, zone: ZoneInfo, now: datetime | None = None) -> datetime:
    """Return until when somebody wants an environment awake.

    Args:
        text: ``22:00`` or ``2026-11-21T02:00`` in the zone of the office hours; may be empty.
        lasting: hours from now, if *text* is empty.
        zone: of the office hours.
        now: the present.

    Raises:
        UsageError: the text is no time, or it is past.
    """
    present = (now or datetime.now(zone)).astimezone(zone)
    if not text:
        # by the clock of the world: a day is 24 hours also when summer time begins
        return (present.astimezone(ZoneInfo("UTC")) + timedelta(hours=lasting)).astimezone(zone)
    try:
        if "T" in text:
            given = datetime.fromisoformat(text)
            until = given if given.tzinfo else given.replace(tzinfo=zone)
        else:
            clock = datetime.strptime(text, "%H:%M").time()
            until = datetime.combine(present.date(), clock, zone)
            if until <= present:
                until = datetime.combine(present.date() + timedelta(days=1), clock, zone)
    except ValueError:
        raise UsageError(f"wake: --until {text!r}; write 22:00 or 2026-11-21T02:00") from None
    if until <= present:
        raise UsageError(f"wake: --until {text} is past; name a time to come")
    return until


def wake(
    account: Account,
    found: Hours,
    until: datetime,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Step]:
    """Wake an environment and keep it awake; yield what is done.

    Raises:
        DeployError: AWS refuses, or the database does not start.
    """
    for one in found.sleeps:
        postpone(account, one, until)
    yield Step("schedules", f"sleep again from {until:%Y-%m-%d %H:%M %Z}")
    for one in found.wakes:
        if one.service == "rds":
            yield from _started(account, one, pause)
        else:
            yield _performed(account, one)


def sleep(account: Account, found: Hours) -> Iterator[Step]:
    """Put an environment to sleep until its next opening hour; yield what is done.

    Raises:
        DeployError: AWS refuses.
    """
    for one in found.sleeps:
        if one.starts is not None:
            postpone(account, one, None)
    for one in found.sleeps:
        state = databases.status(account, _name(one)) if one.service == "rds" else "available"
        if state == "available":
            yield _performed(account, one)
        else:
            yield Step(_what(one), state)  # what is busy now is stopped by the next night's hour


def _started(account: Account, one: Schedule, pause: Callable[[float], None]) -> Iterator[Step]:
    """Start a database, from whatever state it is in, and wait until it is available."""
    waited, last = 0.0, ""
    while (state := databases.status(account, _name(one))) != "available":
        if state != last:
            yield Step(_what(one), state)
        if state == "stopped" and last != "stopped":
            perform(account, one)
        if waited >= PATIENCE_SECONDS:
            raise DeployError(f"{_what(one)}: still {state} after {waited / 60:.0f} minutes; wait")
        pause(POLL_SECONDS)
        waited, last = waited + POLL_SECONDS, state
    yield Step(_what(one), state)


def _performed(account: Account, one: Schedule) -> Step:
    try:
        perform(account, one)
    except DeployError as error:
        if not account.is_embedded:
            raise
        return Step(_what(one), f"not on the embedded account ({error})")
    return Step(_what(one), one.operation)


def _name(one: Schedule) -> dict[str, str]:
    return {member: value for member, value in one.given.items() if member.startswith("DB")}


def _what(one: Schedule) -> str:
    """Return what a schedule is about, by the only identifier that it gives."""
    keys = ("DBInstanceIdentifier", "DBClusterIdentifier", "ResourceId", "UUID")
    return next(str(one.given[key]) for key in keys if key in one.given)
