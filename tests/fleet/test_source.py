"""What is rolled out says everything itself, for a StackSet asks nobody."""

from __future__ import annotations

import json

import pytest

from stackyard.errors import BuildError
from stackyard.fleet.source import check_nesting, source
from stackyard.project import Project
from tests.catalog.stubbed import Stubs

BUCKET = "acme-templates"


def test_a_system_has_the_parameters_of_its_environment(project: Project) -> None:
    account = Stubs().account
    found = source(project, "pyshop/dev", account, BUCKET, {"Cpu": "512"})
    parameters = found.body["Parameters"]
    assert parameters["Environment"]["Default"] == "dev"
    assert parameters["Cpu"]["Default"] == "512"
    assert "TemplatePrefix" not in parameters
    assert "components/network" in found.templates


def test_another_template_has_another_key(project: Project) -> None:
    account = Stubs().account
    keys = {source(project, "pyshop/dev", account, BUCKET, {"Cpu": one}).key for one in "12"}
    assert len(keys) == 2
    assert all(key.startswith("fleet/pyshop-dev-") for key in keys)


def test_the_bootstrap_is_rolled_out_with_its_permissions(project: Project) -> None:
    found = source(project, "bootstrap", Stubs().account, BUCKET, {})
    assert "ExecutionPolicy1" in found.body["Resources"]


def test_launch_roles_find_the_templates(project: Project) -> None:
    values = {"LaunchRolePrefix": "acme-launch"}
    found = source(project, "launch-roles", Stubs().account, BUCKET, values)
    assert found.body["Parameters"]["TemplateBucket"]["Default"] == BUCKET
    assert "acme-launch" in json.dumps(found.body["Parameters"])


def test_only_what_nests_nothing_is_for_an_organisation(project: Project) -> None:
    account = Stubs().account
    check_nesting(source(project, "bootstrap", account, BUCKET, {}), to_organization=True)
    system = source(project, "pyshop/dev", account, BUCKET, {})
    check_nesting(system, to_organization=False)
    with pytest.raises(BuildError, match="nests stacks, which AWS refuses"):
        check_nesting(system, to_organization=True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pyshop/live", "no environment 'live'"),
        ("pyshap/dev", "did you mean 'pyshop'"),
        ("bootstrip", "did you mean 'bootstrap'"),
        ("launch-roles", "LaunchRolePrefix has no value; add --set LaunchRolePrefix=VALUE"),
    ],
)
def test_what_does_not_exist_is_refused(project: Project, name: str, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        source(project, name, Stubs().account, BUCKET, {})


def test_a_value_for_no_parameter_is_refused(project: Project) -> None:
    with pytest.raises(BuildError, match="no parameter 'GithubSubjct'; did you mean"):
        source(project, "bootstrap", Stubs().account, BUCKET, {"GithubSubjct": "x"})
