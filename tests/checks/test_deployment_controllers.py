from __future__ import annotations

import pytest

from tests.checks.systems import resource, said


@pytest.mark.parametrize(
    ("controller", "enabled", "count"),
    [
        ("CODE_DEPLOY", True, 1),
        ("CODE_DEPLOY", "true", 1),
        ("CODE_DEPLOY", False, 0),
        ("ECS", True, 0),
    ],
)
def test_circuit_breaker_excludes_codedeploy(controller: str, enabled: object, count: int) -> None:
    service = resource(
        "ECS::Service",
        DeploymentController={"Type": controller},
        DeploymentConfiguration={"DeploymentCircuitBreaker": {"Enable": enabled}},
    )
    assert len(said("deployment_controllers", {"Api": service})) == count


def test_service_that_says_nothing_is_fine() -> None:
    assert said("deployment_controllers", {"Api": resource("ECS::Service")}) == []
