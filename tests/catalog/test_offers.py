"""What is offered: versions that never change, rules all can keep, permissions that suffice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackyard import release as releasing
from stackyard.catalog import launch_roles, offers
from stackyard.catalog.bound import bound
from stackyard.deploy import permissions
from stackyard.errors import BuildError
from stackyard.library import Library
from stackyard.project import Project
from tests.support import every

PREFIX = "stackyard/0123456789abcdef/"


@pytest.fixture
def copied(project: Project, tmp_path: Path) -> Project:
    """Return a project with the library's sources, offers of its own and a build."""
    other = Project(tmp_path)
    (tmp_path / "templates_src").mkdir()
    built(other, PREFIX)
    return other


def built(project: Project, prefix: str) -> None:
    project.dist.mkdir(exist_ok=True)
    manifest = {"blueprints": {"pyshop": {"prefix": prefix}}}
    (project.dist / "manifest.json").write_text(json.dumps(manifest))


def released(project: Project) -> None:
    """Freeze what is built as 1.0.0."""
    prefixes = releasing.published(project.dist)
    releasing.write(project, releasing.Release(releasing.parse("1.0.0"), prefixes, {}))


@pytest.fixture(autouse=True)
def rendered_here(monkeypatch: pytest.MonkeyPatch, library: Library) -> None:
    monkeypatch.setattr(offers, "Library", lambda project: library)


def test_a_version_is_offered_with_its_build(copied: Project) -> None:
    assert offers.add(copied, "1.0.0", ["pyshop"]) == ["pyshop"]
    assert offers.prefixes(offers.read(copied)["pyshop"]) == {"1.0.0": PREFIX}


def test_older_versions_stay(copied: Project) -> None:
    offers.add(copied, "1.0.0", ["pyshop"])
    built(copied, "stackyard/1111/")
    offers.add(copied, "1.1.0")
    assert [*offers.prefixes(offers.read(copied)["pyshop"])] == ["1.0.0", "1.1.0"]


def test_a_version_never_gets_another_build(copied: Project) -> None:
    offers.add(copied, "1.0.0", ["pyshop"])
    built(copied, "stackyard/1111/")
    with pytest.raises(BuildError, match="is offered with another build; raise the version"):
        offers.add(copied, "1.0.0")


@pytest.mark.parametrize(
    ("version", "said"),
    [("1.0", "is no version"), ("0.9.0", "1.0.0 is offered already"), ("v1.0.0", "is no version")],
)
def test_what_is_no_newer_version_is_refused(copied: Project, version: str, said: str) -> None:
    offers.add(copied, "1.0.0", ["pyshop"])
    with pytest.raises(BuildError, match=said):
        offers.add(copied, version)


def test_only_what_is_released_is_offered_once_there_are_releases(copied: Project) -> None:
    released(copied)
    offers.add(copied, "1.0.0", ["pyshop"])
    built(copied, "stackyard/1111/")
    with pytest.raises(BuildError, match=r"is not released; run python build\.py release 1\.1\.0"):
        offers.add(copied, "1.1.0")


def test_only_the_build_that_a_release_froze_is_offered_as_it(copied: Project) -> None:
    released(copied)
    built(copied, "stackyard/1111/")
    said = r"holds another pyshop than 1\.0\.0 froze; check out v1\.0\.0, or release what is built"
    with pytest.raises(BuildError, match=said):
        offers.add(copied, "1.0.0", ["pyshop"])


def test_a_rule_about_a_parameter_that_an_older_version_lacks_is_left_to_the_template(
    copied: Project,
) -> None:
    offers.add(copied, "1.0.0", ["pyshop"])
    offer = offers.read(copied)["pyshop"]
    assert "CatalogImageIsReachable" in offer["rules"]
    offer["parameters"].remove("Nat")
    offers.write(copied, {"pyshop": offer})
    built(copied, "stackyard/1111/")
    offers.add(copied, "1.1.0")
    assert "CatalogImageIsReachable" not in offers.read(copied)["pyshop"]["rules"]


def test_what_an_older_version_needs_to_be_launched_stays_allowed(copied: Project) -> None:
    offers.add(copied, "1.0.0", ["pyshop"])
    offer = offers.read(copied)["pyshop"]
    gone = {"Effect": "Allow", "Action": ["kinesis:CreateStream"], "Resource": "*"}
    offer["policies"][0].append(gone)
    offers.write(copied, {"pyshop": offer})
    built(copied, "stackyard/1111/")
    offers.add(copied, "1.1.0")
    assert "kinesis:CreateStream" in allowed(offers.read(copied)["pyshop"])


def allowed(offer: dict[str, Any]) -> set[str]:
    return {action for actions in every(offer["policies"], "Action") for action in actions}


@pytest.mark.parametrize(
    "system", ["chronotrail", "express", "fastapi", "fastapi-bluegreen", "pyshop"]
)
def test_a_launch_role_may_do_just_what_its_resource_types_need(
    copied: Project, library: Library, system: str
) -> None:
    manifest = {"blueprints": {system: {"prefix": PREFIX}}}
    (copied.dist / "manifest.json").write_text(json.dumps(manifest))
    offers.add(copied, "1.0.0", [system])
    given = {one.lower() for one in allowed(offers.read(copied)[system])}
    needed = permissions.actions([item.body for item in library.tree(system)])
    # the component allows these on stacks of Service Catalog only
    needed = {one for one in needed if not one.startswith("cloudformation:")}
    reading = {one for one in given if one.endswith("*")}
    assert {
        one
        for one in needed
        if one.lower() not in given
        and not any(one.lower().startswith(wide[:-1]) for wide in reading)
        and one not in permissions.LOOSENING
    } == set()
    assert {one for one in given if not one.endswith("*")} <= {one.lower() for one in needed}


def test_a_launch_role_makes_roles_of_its_own_stacks_only(project: Project) -> None:
    for offer in offers.read(project).values():
        text = json.dumps(offer["policies"])
        assert "role/SC-${AWS::AccountId}-pp-*" in text
        assert "role/*" not in text.replace("role/aws-service-role/*", "")


def test_every_account_gets_roles_of_the_name_that_the_products_look_for(project: Project) -> None:
    body = launch_roles.template(project)
    names = [one["Fn::Sub"] for one in every(body["Resources"], "RoleName")]
    assert names == [f"${{LaunchRolePrefix}}-{system}" for system in offers.read(project)]
    refs = {ref for ref in every(body["Resources"], "Ref") if not ref.startswith("AWS::")}
    assert refs <= body["Parameters"].keys() | body["Resources"].keys()
    assert len(json.dumps(body)) < 460_800


def test_a_form_asks_nothing_about_templates(library: Library) -> None:
    body = bound(library.template("blueprints/pyshop").body, "acme-templates", PREFIX)
    text = json.dumps(body)
    assert "TemplateBucket" not in body["Parameters"]
    assert {"Ref": "TemplateBucket"} not in list(every(body, "TemplateBucket"))
    assert "${TemplatePrefix}" not in text
    assert f"https://acme-templates.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/{PREFIX}" in text
    groups = body["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(
        body["Parameters"]
    )


def test_a_bucket_in_each_region_is_found_by_its_region(library: Library) -> None:
    bucket = "acme-${AWS::Region}"
    body = bound(library.template("blueprints/pyshop").body, bucket, PREFIX, {"Cpu": "512"})
    rotation = body["Resources"]["Rotation"]["Properties"]["Parameters"]
    assert rotation["TemplateBucket"] == {"Fn::Sub": bucket}
    assert body["Parameters"]["Cpu"]["Default"] == "512"
