"""The cluster: both kinds of Fargate capacity, metrics as asked for."""

from typing import Any

import pytest

from templates_src.components.cluster import cluster


@pytest.fixture(scope="module")
def properties() -> Any:
    return cluster.template().to_dict()["Resources"]["Cluster"]["Properties"]


def test_services_may_run_on_demand_or_on_spot(properties: Any) -> None:
    assert properties["CapacityProviders"] == ["FARGATE", "FARGATE_SPOT"]


def test_container_insights_are_a_choice(properties: Any) -> None:
    assert properties["ClusterSettings"] == [
        {"Name": "containerInsights", "Value": {"Ref": "ContainerInsights"}}
    ]


def test_name_is_generated_unless_one_is_given(properties: Any) -> None:
    assert properties["ClusterName"] == {
        "Fn::If": ["HasClusterName", {"Ref": "ClusterName"}, {"Ref": "AWS::NoValue"}]
    }
