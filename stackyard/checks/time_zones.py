"""A time zone in which something is scheduled exists."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding
from stackyard.findings import Finding
from stackyard.resolved import System


def check(system: System) -> Iterator[Finding]:
    """Yield schedules in a time zone that nobody knows."""
    for schedule in system.resources("AWS::Scheduler::Schedule"):
        zone = schedule.properties.get("ScheduleExpressionTimezone", "UTC")
        if isinstance(zone, str) and not _exists(zone) and _exists("UTC"):
            message = f"there is no time zone {zone!r}; write an IANA name such as Europe/Berlin"
            yield finding(__name__, system, schedule, message)


def _exists(zone: str) -> bool:
    """Return whether this machine knows a zone; one without tzdata knows none, UTC among them."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # most environments schedule nothing

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
