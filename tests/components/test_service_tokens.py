"""A service whose load balancer asks for tokens."""

from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.service import service


@pytest.fixture(scope="module")
def resources() -> Any:
    return service.template().to_dict()["Resources"]


def test_a_token_is_verified_before_a_request_is_forwarded(resources: Any) -> None:
    verify, forward = resources["ListenerRule"]["Properties"]["Actions"]
    condition, action, _ = verify["Fn::If"]
    assert (condition, action["Type"], action["Order"]) == ("NeedsToken", "jwt-validation", 1)
    assert action["JwtValidationConfig"]["Issuer"] == {"Ref": "JwtIssuer"}
    assert forward["Fn::If"][2]["Order"] == {"Fn::If": ["NeedsToken", 2, {"Ref": "AWS::NoValue"}]}


def test_public_paths_need_none_and_are_asked_first(resources: Any) -> None:
    rule = resources["PublicListenerRule"]
    assert rule["Condition"] == "HasPublicPaths"
    (action,) = rule["Properties"]["Actions"]
    assert action["Type"] == "forward"
    (paths, _) = rule["Properties"]["Conditions"]
    assert paths["PathPatternConfig"]["Values"] == {"Ref": "PublicPathPatterns"}
    defaults = service.template().to_dict()["Parameters"]
    assert defaults["PublicListenerPriority"]["Default"] < defaults["ListenerPriority"]["Default"]


def test_load_balancer_gets_out_to_the_issuers_keys_only_for_that(resources: Any) -> None:
    way = resources["LoadBalancerToIssuer"]
    assert way["Condition"] == "NeedsToken"
    assert (way["Properties"]["FromPort"], way["Properties"]["ToPort"]) == (443, 443)


def test_tokens_and_moving_traffic_exclude_each_other() -> None:
    rules = service.template().to_dict()["Rules"]
    assert rules["TokensAreVerifiedForOneGroup"]["Assertions"][0]["Assert"] == {
        "Fn::Equals": [{"Ref": "DeploymentStrategy"}, "rolling"]
    }
