"""How much of a week something runs that office hours put to sleep."""

from __future__ import annotations

import re

from stackyard.resolved import Resource, System, plain, unknowns

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
HOURS = 24 * len(DAYS)
WAKE = re.compile(r"cron\((?P<minute>\d+)[\d,]* (?P<hour>\d+) \? \* (?P<days>[A-Z-]+) \*\)")
SLEEP = re.compile(r"cron\((?P<minute>\d+) [\d,-]*?(?P<hour>\d+)-23 \* \* \? \*\)")


def awake(system: System, resource: Resource) -> float:
    """Return the share of the week in which a resource runs; 1 without office hours."""
    found = {}
    for schedule in system.resources("AWS::Scheduler::Schedule"):
        given = unknowns(schedule.properties["Target"]["Input"])
        if resource.path in {one.path for one in given}:
            found[schedule.logical_id[:4]] = str(plain(schedule.properties["ScheduleExpression"]))
    wakes, sleeps = WAKE.match(found.get("Wake", "")), SLEEP.match(found.get("Slee", ""))
    if wakes is None or sleeps is None:
        return 1
    first, _, last = wakes["days"].partition("-")
    days = (DAYS.index(last or first) - DAYS.index(first)) % len(DAYS) + 1
    return days * (_clock(sleeps) - _clock(wakes)) / HOURS


def _clock(found: re.Match[str]) -> float:
    return int(found["hour"]) + int(found["minute"]) / 60
