"""Finding one resource, and what it is like now."""

from __future__ import annotations

import json

import pytest

from stackyard.errors import DeployError
from stackyard.observe.resources import live
from stackyard.observe.tree import Found, chosen
from tests.observe.fakes import SERVICE, Fake, refused

API = Found("Api/Service", "AWS::ECS::Service", SERVICE, "CREATE_COMPLETE", "s")
JOBS = Found("Jobs/Service", "AWS::ECS::Service", "arn:jobs", "CREATE_COMPLETE", "s")


@pytest.mark.parametrize("name", ["Api/Service", "Api", SERVICE])
def test_a_name_may_be_a_path_its_stack_or_the_physical_id(name: str) -> None:
    assert chosen([API, JOBS], name, "--service") == API


def test_the_only_one_needs_no_name() -> None:
    assert chosen([API], "", "--service") == API


@pytest.mark.parametrize("name", ["", "Service", "Aip"])
def test_a_name_that_fits_none_or_several_is_answered_with_those_there_are(name: str) -> None:
    with pytest.raises(DeployError, match="there are: Api/Service, Jobs/Service"):
        chosen([API, JOBS], name, "--service")


def test_live_properties_come_from_cloud_control() -> None:
    answer = {"ResourceDescription": {"Properties": json.dumps({"DesiredCount": 2})}}
    fake = Fake({"cloudcontrol.get_resource": answer})
    assert live(fake.account, API) == ({"DesiredCount": 2}, "")
    assert fake.asked("cloudcontrol.get_resource")[0]["Identifier"] == f"{SERVICE}|shop"


def test_what_cloud_control_cannot_read_is_said() -> None:
    fake = Fake({"cloudcontrol.get_resource": refused("UnsupportedActionException", "No READ.")})
    assert live(fake.account, JOBS) == (None, "Cloud Control cannot read this type (No READ)")


def test_other_refusals_are_errors() -> None:
    fake = Fake({"cloudcontrol.get_resource": refused("AccessDeniedException")})
    with pytest.raises(DeployError, match="AccessDenied"):
        live(fake.account, JOBS)
