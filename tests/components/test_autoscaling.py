from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.autoscaling import autoscaling


@pytest.fixture(scope="module")
def template() -> Any:
    return autoscaling.template().to_dict()


def test_the_number_of_tasks_moves_between_the_bounds(template: Any) -> None:
    target = template["Resources"]["TaskCount"]["Properties"]
    assert target["ScalableDimension"] == "ecs:service:DesiredCount"
    assert target["ResourceId"] == {
        "Fn::Join": ["/", ["service", {"Ref": "ClusterName"}, {"Ref": "ServiceName"}]]
    }
    assert (target["MinCapacity"], target["MaxCapacity"]) == (
        {"Ref": "MinCount"},
        {"Ref": "MaxCount"},
    )


@pytest.mark.parametrize(
    ("title", "metric", "aim", "default"),
    [
        ("CpuScaling", "ECSServiceAverageCPUUtilization", "CpuTargetPercent", 70),
        ("MemoryScaling", "ECSServiceAverageMemoryUtilization", "MemoryTargetPercent", 80),
        ("RequestsScaling", "ALBRequestCountPerTarget", "RequestsTargetCount", 0),
    ],
)
def test_a_policy_tracks_its_target_unless_that_is_zero(
    template: Any, title: str, metric: str, aim: str, default: int
) -> None:
    policy = template["Resources"][title]
    tracking = policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"]["PredefinedMetricType"] == metric
    assert tracking["TargetValue"] == {"Ref": aim}
    assert template["Parameters"][aim]["Default"] == default
    assert template["Conditions"][policy["Condition"]] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": aim}, "0"]}]
    }


def test_tasks_come_sooner_than_they_go(template: Any) -> None:
    out, back = (template["Parameters"][f"Scale{way}CooldownSeconds"] for way in ("Out", "In"))
    assert out["Default"] < back["Default"]


def test_requests_are_counted_per_target_of_this_target_group(template: Any) -> None:
    policy = template["Resources"]["RequestsScaling"]["Properties"]
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["PredefinedMetricSpecification"]["ResourceLabel"] == {
        "Fn::Join": ["/", [{"Ref": "LoadBalancerFullName"}, {"Ref": "TargetGroupFullName"}]]
    }
