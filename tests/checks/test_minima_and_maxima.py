from __future__ import annotations

from typing import Any

import pytest

from tests.checks.systems import resource, said

CHECK = "minima_and_maxima"


def test_autoscaling_that_has_no_room_is_found() -> None:
    target = resource("ApplicationAutoScaling::ScalableTarget", MinCapacity="4", MaxCapacity=2)
    assert said(CHECK, {"Target": target}) == [
        "dev Target: MinCapacity 4 is above MaxCapacity 2; raise one or lower the other"
    ]


def test_aurora_that_may_not_grow_to_its_least_is_found_inside_its_property() -> None:
    scaling = {"MinCapacity": 8, "MaxCapacity": 0.5}
    cluster = resource("RDS::DBCluster", ServerlessV2ScalingConfiguration=scaling)
    (message,) = said(CHECK, {"Cluster": cluster})
    assert message.startswith(
        "dev Cluster: ServerlessV2ScalingConfiguration.MinCapacity 8 is above MaxCapacity 0.5"
    )


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        ("AutoScaling::AutoScalingGroup", {"MinSize": "3", "MaxSize": "1"}),
        ("ElastiCache::ServerlessCache", {"Limits": {"Storage": {"Minimum": 2, "Maximum": 1}}}),
        ("Lambda::EventSourceMapping", {"Pollers": {"MinimumPollers": 9, "MaximumPollers": 2}}),
        ("ECS::Service", {"Rollout": {"MinimumHealthyPercent": 100, "MaximumPercent": 50}}),
        ("Batch::JobDefinition", {"Ranges": [{"Min": 1, "Max": 2}, {"Min": 2, "Max": 1}]}),
    ],
)
def test_every_pair_is_known_by_its_names(kind: str, properties: dict[str, Any]) -> None:
    assert len(said(CHECK, {"It": resource(kind, **properties)})) == 1


@pytest.mark.parametrize(
    "properties",
    [
        {"MinCapacity": 2, "MaxCapacity": 2},
        {"MinCapacity": 2},
        {"MaxCapacity": 2},
        {"MinCapacity": 2, "MaxSize": 1},
        {"MinCapacity": {"Ref": "AWS::NotificationARNs"}, "MaxCapacity": 1},
        {"MinimumTls": "b", "MaximumTls": "a"},
    ],
)
def test_what_leaves_room_or_is_not_known_is_fine(properties: dict[str, Any]) -> None:
    target = resource("ApplicationAutoScaling::ScalableTarget", **properties)
    assert said(CHECK, {"Target": target}) == []


def test_the_values_of_an_environment_count() -> None:
    bounds = {"MinCapacity": {"Ref": "Least"}, "MaxCapacity": {"Ref": "Most"}}
    parameters = {
        "Least": {"Type": "Number", "Default": 1},
        "Most": {"Type": "Number", "Default": 4},
    }
    target = {"Target": resource("ApplicationAutoScaling::ScalableTarget", **bounds)}
    assert said(CHECK, target, Parameters=parameters) == []
    parameters["Least"]["Default"] = 5
    assert len(said(CHECK, target, Parameters=parameters)) == 1
