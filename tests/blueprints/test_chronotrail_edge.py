"""What ChronoTrail's media take from us-east-1, as AWS would see it."""

from __future__ import annotations

import pytest

from stackyard.environments import load
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import System, plain, resolve
from stackyard.rules import violations

NAME = "chronotrail-edge"
GIVEN = {"DomainName": "media.example.com", "HostedZoneId": "Z1"}


@pytest.fixture(scope="module")
def prod(project: Project, library: Library) -> System:
    bodies = {item.path: item.body for item in library.tree(NAME)}
    (item,), findings = load(project.params, NAME, bodies[f"blueprints/{NAME}"])
    assert (findings, item.environment, item.regions) == ([], "prod", ("us-east-1",))
    return resolve(NAME, bodies, item.parameters, "us-east-1", stack_name=item.stack_name)


def test_web_acl_is_one_that_cloudfront_takes(prod: System) -> None:
    found = prod.find("WebAcl/WebAcl")
    assert found
    assert found.properties["Scope"] == "CLOUDFRONT"
    assert prod.find("WebAcl/Association") is None


def test_what_it_blocks_is_measured_without_a_region(prod: System) -> None:
    found = prod.find("WebAcl/BlockedRequestsAlarm")
    assert found
    names = [one["Name"] for one in plain(dict(found.properties))["Dimensions"]]
    assert names == ["WebACL", "Rule"]


def test_the_name_of_media_stands_here_alone_and_is_handed_over(prod: System) -> None:
    assert prod.root.outputs["MediaDomainName"] == "media.chronotrail.com"
    assert str(prod.root.outputs["MediaCertificateArn"]) == "<Certificate/Certificate>"


@pytest.mark.parametrize(
    ("region", "values", "broken"),
    [
        ("us-east-1", GIVEN, []),
        ("eu-west-1", GIVEN, ["StandsInUsEast1"]),
        ("us-east-1", {}, ["MediaHaveName"]),
        ("us-east-1", {"DomainName": "media.example.com"}, ["CertificateDomainCanBeServed"]),
    ],
)
def test_what_cloudfront_would_refuse_is_refused_first(
    library: Library, region: str, values: dict[str, str], broken: list[str]
) -> None:
    body = library.template(f"blueprints/{NAME}").body
    assert [one.rule for one in violations(body, values, region)] == broken
