"""taskcat.yml has a test per blueprint and environment, in values that AWS takes twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.environments import environments
from stackyard.library import Library
from stackyard.project import Project
from stackyard.roads.taskcat_file import SHAPE, UNIQUE
from tests.projects import build_py, small, write
from tests.support import ROOT

NAMED = (
    ("Ref, Template, sns", "Ref, Template, sns, ssm"),
    ('default="news"', 'default="news", MaxLength={most}'),
    (
        "    return Outputs(",
        '    t.add_resource(ssm.Parameter("Note", Name=p.topic_name, Type="String", Value="x"))\n'
        "    return Outputs(",
    ),
)


@pytest.fixture(scope="module")
def tests() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "taskcat.yml").read_text())["tests"])


def made(project: Path) -> dict[str, Any]:
    write(project, "taskcat.yml", "")
    done = build_py(project, "--no-lint")
    assert done.returncode == 0, done.stderr
    return dict(yaml.safe_load((project / "taskcat.yml").read_text()))


def named(project: Path, most: int) -> Path:
    """Let the name of something be that of the topic, and so unique in an account."""
    path = "templates_src/components/topic.py"
    text = (project / path).read_text()
    for old, new in NAMED:
        text = text.replace(old, new.replace("{most}", str(most)))
    write(project, path, text)
    return project


def test_every_blueprint_and_environment_has_a_test(library: Library, project: Project) -> None:
    expected = {
        f"{name}-{environment}"
        for name in library.blueprints
        for environment in environments(project.params, name)
    }
    written = yaml.safe_load((ROOT / "taskcat.yml").read_text())["tests"]
    assert set(written) == expected


def test_an_environment_that_is_added_has_a_test_after_the_build(tmp_path: Path) -> None:
    project = small(tmp_path)
    assert set(made(project)["tests"]) == {"paper-dev", "paper-live"}
    write(project, "params/paper/qa.yaml", "stack_name: p-qa\nregions: [eu-west-1, us-east-1]\n")
    assert "dist/: stale taskcat.yml" in build_py(project, "--check", "--no-lint").stderr
    test = made(project)["tests"]["paper-qa"]
    assert test["regions"] == ["eu-west-1", "us-east-1"]
    assert test["template"] == "blueprints/paper.yaml"


def test_a_project_without_the_file_gets_none(tmp_path: Path) -> None:
    project = small(tmp_path)
    assert build_py(project, "--no-lint").returncode == 0
    assert not (project / "taskcat.yml").exists()


def test_templates_are_read_from_where_taskcat_puts_them(tests: dict[str, Any]) -> None:
    for test in tests.values():
        assert test["parameters"]["TemplateBucket"] == "$[taskcat_autobucket]"
        assert test["parameters"]["TemplatePrefix"] == "$[taskcat_project_name]/"
        assert (ROOT / "dist" / test["template"]).is_file()


def test_nothing_is_made_that_refuses_to_be_deleted(tests: dict[str, Any]) -> None:
    assert {test["parameters"].get("DeletionProtection", "false") for test in tests.values()} == {
        "false"
    }


def test_a_name_that_is_unique_in_an_account_is_generated(tmp_path: Path) -> None:
    test = made(named(small(tmp_path), most=80))["tests"]["paper-dev"]
    assert test["parameters"]["TopicName"] == UNIQUE


def test_a_name_that_cannot_be_twenty_letters_is_left_as_it_is(tmp_path: Path) -> None:
    test = made(named(small(tmp_path), most=len(SHAPE) - 1))["tests"]["paper-dev"]
    assert test["parameters"]["TopicName"] == "dev"
