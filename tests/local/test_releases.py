"""Services that CodeDeploy releases, in the embedded account."""

from typing import Any

import pytest

from stackyard.local import ministack, releases

PROPERTIES = {"Cluster": "c", "ServiceName": "s", "TaskDefinition": "family:1"}


@pytest.fixture
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    class Ecs:
        _services: dict[str, dict[str, Any]] = {"c/s": {}}  # noqa: RUF012

    monkeypatch.setattr(ministack, "module", lambda _: Ecs)
    known: dict[str, Any] = {
        releases.SERVICE: {
            "create": lambda *_: ("arn:aws:ecs:r:a:service/c/s", {}),
            "update": lambda physical_id, *_: (physical_id, {"updated": True}),
        }
    }
    releases.install(known)
    return known[releases.SERVICE]  # type: ignore[no-any-return]


def test_an_update_is_refused_whatever_it_changes(handlers: dict[str, Any]) -> None:
    given = {**PROPERTIES, "DeploymentController": {"Type": "CODE_DEPLOY"}}
    with pytest.raises(ValueError, match="Unable to update task definition on services"):
        handlers["update"]("arn", given, {**given, "HealthCheckGracePeriodSeconds": 9}, "stack")


def test_other_services_are_updated(handlers: dict[str, Any]) -> None:
    assert handlers["update"]("arn", PROPERTIES, PROPERTIES, "stack") == ("arn", {"updated": True})


def test_service_remembers_who_releases_it(handlers: dict[str, Any]) -> None:
    given = {**PROPERTIES, "DeploymentController": {"Type": "CODE_DEPLOY"}}
    handlers["create"]("Service", given, "stack")
    service = ministack.module("services.ecs")._services["c/s"]
    assert service["deploymentController"] == {"type": "CODE_DEPLOY"}
