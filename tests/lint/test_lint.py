"""Validation as a build calls it: two tiers, one list of findings."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import BuildError
from stackyard.findings import Finding
from stackyard.lint import Evaluation, lint, versions
from tests.lint.lint_texts import ALERTS, CLEAN, DELAYED, MISSPELT, ROOT

NESTED = {"blueprints/shop.yaml": ROOT, "components/alerts.yaml": ALERTS}
Check = Callable[..., list[Finding]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Validate in one region with a cache of the test's own."""

    def run(texts: dict[str, str], *sets: Evaluation, **options: Any) -> list[Finding]:
        regions = options.pop("regions", ["us-east-1"])
        return lint(texts, sets, regions, work=tmp_path / "work", **options).findings

    return run


def one(text: str) -> dict[str, str]:
    return {"components/queue.yaml": text}


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_sound_templates_have_no_findings_in_either_tier(check: Check) -> None:
    assert check(NESTED) == []


@pytest.mark.parametrize("tiers", [{"native": False}, {"cfn_lint": False}])
def test_each_tier_names_the_place_in_the_committed_text(check: Check, tiers: Any) -> None:
    (finding,) = check(one(MISSPELT), **tiers)
    assert (finding.file, finding.line, finding.column) == ("dist/components/queue.yaml", 10, 7)
    assert "VisibilityTimeout'" in finding.message


def test_a_fault_that_both_tiers_see_is_told_once(check: Check) -> None:
    assert [finding.rule for finding in check(one(MISSPELT))] == ["E3002"]


def test_a_long_list_of_allowed_values_is_cut(check: Check) -> None:
    instance = (
        "  Host:\n    Type: AWS::EC2::Instance\n    Properties:\n      InstanceType: t9.huge\n"
    )
    found = check(one(CLEAN + instance), native=False)
    (finding,) = (item for item in found if item.rule == "E3628")
    assert len(finding.message) < 300
    assert "'t9.huge' is not one of ['a1.2xlarge'," in finding.message


def test_a_parameter_set_is_validated_and_its_environment_named(check: Check) -> None:
    sets = [
        Evaluation("components/queue.yaml", name, {"Delay": delay}, "us-east-1")
        for name, delay in (("dev", "10"), ("staging", "1000"), ("production", "1000"))
    ]
    (finding,) = check(one(DELAYED), *sets)
    assert finding.subject == "staging, production"
    assert finding.message == "1000 is greater than the maximum of 900"


def test_a_fault_in_one_region_only_names_it(check: Check) -> None:
    text = CLEAN + "  App: {Type: AWS::QBusiness::Application, Properties: {DisplayName: Shop}}\n"
    both = {"regions": ["us-east-1", "af-south-1"], "cfn_lint": False}
    assert {finding.subject for finding in check(one(text), **both)} == {"af-south-1"}
    assert {finding.subject for finding in check(one(MISSPELT), **both)} == {""}


def test_switching_a_tier_off_is_stated(tmp_path: Path) -> None:
    result = lint(one(MISSPELT), [], ["us-east-1"], work=tmp_path, native=False, cfn_lint=False)
    assert result.findings == []
    assert result.notes == ["native validation is switched off", "cfn-lint is switched off"]


def test_without_its_wheel_the_native_tier_is_skipped_and_that_is_stated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackyard.lint.version", lambda tool: "" if "validate" in tool else "1")
    result = lint(one(MISSPELT), [], ["us-east-1"], work=tmp_path)
    assert rules(result.findings) == {"E3002"}
    assert result.notes == [
        "native validation is skipped: cloudformation-validate is not installed"
    ]


def test_the_versions_of_both_validators_are_known() -> None:
    import importlib.metadata

    assert versions() == {tool: importlib.metadata.version(tool) for tool in versions()}


@pytest.mark.parametrize(
    ("right", "wrong", "rule", "place"),
    [
        ("        Email: ops", "        Mail: ops", "E3043", (17, 9)),
        ("Alerts.Outputs.TopicArn", "Alerts.Outputs.Topic", "E6101", (20, 5)),
    ],
)
def test_wiring_of_nested_templates_is_checked(
    check: Check, right: str, wrong: str, rule: str, place: tuple[int, int]
) -> None:
    found = check({**NESTED, "blueprints/shop.yaml": ROOT.replace(right, wrong)})
    assert (rule, *place) in {(item.rule, item.line, item.column) for item in found}


def test_nested_templates_are_followed_from_any_current_folder(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    wrong = ROOT.replace("Outputs.TopicArn", "Outputs.Topic")
    assert rules(check({**NESTED, "blueprints/shop.yaml": wrong}, native=False)) == {"E6101"}
    assert Path.cwd() == Path("/")


def test_a_nested_template_that_does_not_exist_is_a_finding(check: Check) -> None:
    (finding,) = check({"blueprints/shop.yaml": ROOT})
    assert (finding.rule, finding.line) == ("nested-template", 15)
    assert ROOT.splitlines()[14][finding.column - 1 :] == "components/alerts.yaml"


def test_an_unused_parameter_is_a_finding_in_a_blueprint_too(check: Check) -> None:
    extra = ROOT.replace("Parameters:\n", "Parameters:\n  Colour:\n    Type: String\n", 1)
    assert rules(check({**NESTED, "blueprints/shop.yaml": extra})) == {"W2001"}


def test_only_what_changed_is_validated_again(check: Check) -> None:
    calls: list[tuple[str, int, int]] = []

    def progress(*call: Any) -> None:
        calls.append(call)

    texts = {**NESTED, **one(CLEAN)}
    check(texts, progress=progress)
    assert max(calls) == ("cloudformation-validate", 3, 3)
    calls.clear()
    check(texts, progress=progress)
    assert calls == []
    check({**texts, **one(MISSPELT)}, progress=progress)
    assert calls == [("cfn-lint", 1, 1), ("cloudformation-validate", 1, 1)]


def test_a_parent_is_linted_again_when_its_child_changes(check: Check) -> None:
    assert check(NESTED) == []
    changed = ALERTS.replace("  TopicArn:", "  Arn:")
    assert "E6101" in rules(check({**NESTED, "components/alerts.yaml": changed}))


def test_equal_parameter_sets_are_validated_once(check: Check) -> None:
    done: list[int] = []
    sets = [
        Evaluation("components/queue.yaml", name, {"Delay": "1000"}, "us-east-1")
        for name in ("staging", "production")
    ]
    found = check(
        one(DELAYED), *sets, cfn_lint=False, progress=lambda tier, n, total: done.append(total)
    )
    assert done == [2, 2]  # the template, and both sets together
    assert found[0].subject == "staging, production"


def test_what_is_cached_costs_no_import(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from stackyard.lint import Evaluation, lint
sets = [Evaluation("components/queue.yaml", "dev", {{"Delay": "1000"}}, "us-east-1")]
found = lint({one(DELAYED)!r}, sets, ["us-east-1"], work=Path({str(tmp_path)!r})).findings
heavy = {{"cfnlint", "cloudformation_validate", "yaml", "multiprocessing", "tempfile"}}
print(len(found), *sorted(heavy & sys.modules.keys()))
"""
    root = Path(__file__).parents[2]
    said = [
        subprocess.run(
            [sys.executable, "-c", script], check=True, cwd=root, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert {"cfnlint", "cloudformation_validate"} < set(said[0])
    assert said[1] == ["1"]


def test_many_templates_are_linted_in_forked_processes_with_the_same_result(check: Check) -> None:
    texts = {f"components/queue{number}.yaml": f"{MISSPELT}#{number}\n" for number in range(12)}
    found = check(texts, native=False)
    assert [item.file for item in found] == sorted(f"dist/{path}" for path in texts)
    assert rules(found) == {"E3002"}


def test_a_configuration_file_for_cfn_lint_changes_nothing(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".cfnlintrc").write_text("ignore_checks: [E3002]\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert rules(check(one(MISSPELT), native=False)) == {"E3002"}


def test_text_that_is_not_yaml_is_a_finding(check: Check) -> None:
    assert rules(check(one(CLEAN + "   oops: [\n"))) == {"E0000"}


@pytest.mark.parametrize("count", [1, 12])
@pytest.mark.parametrize("tier", ["native", "cfn_lint"])
def test_a_template_that_takes_too_long_is_named_and_tried_again_next_time(
    check: Check, monkeypatch: pytest.MonkeyPatch, tier: str, count: int
) -> None:
    texts = {f"components/queue{number}.yaml": f"{CLEAN}#{number}\n" for number in range(count)}
    tiers = {name: name == tier for name in ("native", "cfn_lint")}
    module = f"stackyard.lint.{tier}._validate"

    def hang(first: Any, task: Any, *rest: Any) -> list[Any]:
        if task.template == "components/queue0.yaml":
            time.sleep(20)
        return []

    with monkeypatch.context() as patched:
        patched.setattr(module, hang)
        (finding,) = check(texts, seconds=1.0, **tiers)
    assert (finding.file, finding.rule) == ("dist/components/queue0.yaml", "time-limit")
    assert check(texts, **tiers) == []


def test_a_region_that_does_not_exist_is_refused_with_the_nearest(check: Check) -> None:
    with pytest.raises(BuildError, match="no region 'eu-wset-1'; did you mean 'eu-west-1'"):
        check(one(CLEAN), regions=["eu-wset-1"], native=False)


def test_a_work_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "work"
    file.write_text("")
    with pytest.raises(BuildError, match=r"work.* cannot be written"):
        lint(one(CLEAN), [], ["us-east-1"], work=file)


def test_a_validator_that_cannot_be_loaded_is_named(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stackyard.lint import native

    native._engine.cache_clear()
    monkeypatch.setitem(sys.modules, "cloudformation_validate", None)
    with pytest.raises(BuildError, match="cloudformation-validate: cannot be loaded"):
        check(one(CLEAN), cfn_lint=False)
