"""How checks are found and what their findings look like."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from stackyard import checks
from tests.checks.systems import resource, system


def test_every_module_is_a_check() -> None:
    modules = {path.stem for path in Path(checks.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == set(checks.all_checks())


@pytest.mark.parametrize("name", checks.all_checks())
def test_check_says_in_one_sentence_what_holds(name: str) -> None:
    text = importlib.import_module(f"stackyard.checks.{name}").__doc__ or ""
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize("name", checks.all_checks())
def test_check_has_tests(name: str) -> None:
    assert (Path(__file__).parent / f"test_{name}.py").exists()


def test_finding_names_template_environment_and_resource() -> None:
    task = resource("ECS::TaskDefinition", RequiresCompatibilities=["FARGATE"], Cpu=1, Memory=1)
    (found,) = checks.run(system({"Task": task}))
    assert (found.file, found.line, found.rule) == ("dist/blueprints/app.yaml", 0, "fargate_sizes")
    assert found.subject == "dev Task"


def test_empty_system_has_no_findings() -> None:
    assert checks.run(system({})) == []
