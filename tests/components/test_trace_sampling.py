"""The sampling rule: one service, a floor and a share."""

from typing import Any

import pytest

from templates_src.components.trace_sampling import trace_sampling


@pytest.fixture(scope="module")
def rule() -> Any:
    resources = trace_sampling.template().to_dict()["Resources"]
    return resources["SamplingRule"]["Properties"]["SamplingRule"]


def test_rule_is_for_one_service_and_any_of_its_requests(rule: Any) -> None:
    assert rule["ServiceName"] == {"Ref": "TracedServiceName"}
    assert {rule[key] for key in ("Host", "HTTPMethod", "URLPath", "ResourceARN")} == {"*"}


def test_floor_and_share_are_parameters(rule: Any) -> None:
    assert rule["ReservoirSize"] == {"Ref": "SampledPerSecond"}
    assert rule["FixedRate"] == {"Ref": "SampledShare"}


def test_rule_comes_before_the_default_of_the_account(rule: Any) -> None:
    assert rule["Priority"] < 10_000
