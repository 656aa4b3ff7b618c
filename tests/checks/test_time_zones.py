from __future__ import annotations

import pytest

from tests.checks.systems import resource, said


def schedule(zone: str) -> list[str]:
    return said(
        "time_zones", {"Wake": resource("Scheduler::Schedule", ScheduleExpressionTimezone=zone)}
    )


@pytest.mark.parametrize("zone", ["Europe/Berlinn", "CEST", "Europe"])
def test_a_time_zone_that_nobody_knows_is_found(zone: str) -> None:
    (message,) = schedule(zone)
    assert message == (
        f"dev Wake: there is no time zone {zone!r}; write an IANA name such as Europe/Berlin"
    )


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Argentina/Ushuaia", "UTC"])
def test_a_time_zone_of_the_world_is_fine(zone: str) -> None:
    assert schedule(zone) == []
