from __future__ import annotations

from typing import Any

import pytest

from tests.checks.systems import resource, said

BY_REFERENCE = {"Fn::Sub": "service/main/${Api.Name}"}


def scaled(resource_id: Any, **service: Any) -> list[str]:
    resources = {
        "Api": resource("ECS::Service", **service),
        "Target": resource("ApplicationAutoScaling::ScalableTarget", ResourceId=resource_id),
    }
    return said("autoscaled_counts", resources)


@pytest.mark.parametrize("resource_id", [BY_REFERENCE, "service/main/shop-api"])
def test_desired_count_beside_autoscaling_is_found(resource_id: Any) -> None:
    (message,) = scaled(resource_id, DesiredCount=2, ServiceName="shop-api")
    assert message.startswith("dev Api: DesiredCount 2 beside Target: every update would reset")


def test_service_without_desired_count_is_fine() -> None:
    assert scaled(BY_REFERENCE) == []


def test_target_of_another_service_is_fine() -> None:
    assert scaled("service/main/other", DesiredCount=2) == []
