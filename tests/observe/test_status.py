"""How an environment is."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.observe.status import ServiceStatus, Status, built_digest, digest
from stackyard.view_status import notes

SERVICE = ServiceStatus("Api/Service", 2, 2, "api:12", "COMPLETED", None, False)


def status(**facts: Any) -> Status:
    given: dict[str, Any] = {"status": "UPDATE_COMPLETE", "services": [SERVICE], **facts}
    return Status("dev", "eu-central-1", "shop-dev", **given)


@pytest.mark.parametrize(
    ("facts", "well"),
    [
        ({}, True),
        ({"status": "UPDATE_ROLLBACK_COMPLETE"}, False),
        ({"status": "UPDATE_IN_PROGRESS"}, False),
        ({"alarms": ["Api/Errors"]}, False),
        ({"services": [ServiceStatus("A", 2, 1, "a:1", "COMPLETED", None, False)]}, False),
        ({"services": [ServiceStatus("A", 2, 2, "a:1", "COMPLETED", None, True)]}, False),
    ],
)
def test_what_needs_a_person_is_not_well(facts: dict[str, Any], well: bool) -> None:
    assert status(**facts).is_well == well


def test_a_build_is_current_if_it_is_the_deployed_one() -> None:
    assert status(digest="ab", built="ab").is_current
    assert not status(digest="ab", built="cd").is_current
    assert not status(digest="", built="").is_current


def test_the_digest_is_the_last_part_of_the_prefix() -> None:
    assert digest("stackyard/0123456789abcdef/") == "0123456789abcdef"


def test_without_a_build_there_is_no_digest(tmp_path: Any) -> None:
    assert built_digest(tmp_path, "pyshop") == ""


def test_a_service_that_ecs_rolled_back_is_said() -> None:
    reverted = ServiceStatus("Api/Service", 2, 2, "api:11", "COMPLETED", None, True)
    said = notes(status(services=[reverted], alarms=["Api/Errors"]))
    assert "Api/Service: ECS rolled it back; it does not run what its stack says" in said
    assert "Api/Errors: in ALARM" in said
