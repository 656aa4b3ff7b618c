"""One list of suppressions for both tiers, each with a reason and none for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackyard.findings import Finding
from stackyard.lint import lint
from stackyard.lint.rows import same_rule
from stackyard.lint.suppressions import suppressions
from tests.lint.lint_texts import CLEAN, HEAD, QUEUE

OTHER = QUEUE.replace("Resources:\n  Queue:", "  Other:") + "      Colour: red\n"


def metadata(*rules: str, indent: int = 0, **reasons: str) -> str:
    lines = [
        "Metadata:",
        "  cfn-lint:",
        "    config:",
        f"      ignore_checks: [{', '.join(rules)}]",
    ]
    if reasons:
        lines += ["    reasons:", *(f"      {rule}: {why}" for rule, why in reasons.items())]
    return "".join(f"{' ' * indent}{line}\n" for line in lines)


def queue(above: str) -> str:
    """Return a template whose one resource has a property that there is not."""
    return CLEAN.replace("    Properties:", f"{above}    Properties:") + "      Colour: red\n"


def check(text: str, work: Path, **options: Any) -> list[Finding]:
    return lint({"components/x.yaml": text}, [], ["us-east-1"], work=work, **options).findings


@pytest.mark.parametrize("rule", ["E3002", "F3002"])
def test_either_number_silences_both_tiers(rule: str, tmp_path: Path) -> None:
    assert check(queue(metadata(rule, indent=4, **{rule: "It is new"})), tmp_path) == []


@pytest.mark.parametrize("tier", [{"native": False}, {"cfn_lint": False}])
def test_either_tier_alone_is_silenced(tier: dict[str, bool], tmp_path: Path) -> None:
    assert check(queue(metadata("E3002", indent=4, E3002="It is new")), tmp_path, **tier) == []


def test_a_resource_is_excused_alone(tmp_path: Path) -> None:
    text = queue(metadata("E3002", indent=4, E3002="It is new")) + OTHER
    assert [(item.rule, item.line) for item in check(text, tmp_path)] == [("E3002", 23)]


def test_a_template_is_excused_whole(tmp_path: Path) -> None:
    text = metadata("E3002", E3002="Both are new") + queue("") + OTHER
    assert check(text, tmp_path) == []


def test_a_suppression_without_a_reason_is_a_finding(tmp_path: Path) -> None:
    (finding,) = check(queue(metadata("E3002", indent=4)), tmp_path)
    assert (finding.rule, finding.line, finding.column) == ("suppression", 11, 27)
    assert finding.message.startswith("E3002 is suppressed without a reason; ")


def test_a_suppression_that_silences_nothing_is_a_finding(tmp_path: Path) -> None:
    text = metadata("W1011", W1011="The console creates it") + CLEAN
    (finding,) = check(text, tmp_path)
    assert finding.message.startswith("W1011 is suppressed but nothing reports it; ")


@pytest.mark.parametrize("part", [{"native": False}, {"cfn_lint": False}, {"complete": False}])
def test_who_did_not_look_at_everything_calls_no_suppression_idle(
    part: dict[str, bool], tmp_path: Path
) -> None:
    text = metadata("W1011", W1011="The console creates it") + CLEAN
    assert check(text, tmp_path, **part) == []


def test_a_reason_for_a_rule_that_is_not_suppressed_is_a_finding(tmp_path: Path) -> None:
    text = queue(metadata("E3002", indent=4, E3002="It is new", E3003="It is old"))
    (finding,) = check(text, tmp_path)
    assert finding.message.startswith("E3003 has a reason but is not under ignore_checks; ")


def test_a_cached_template_keeps_its_suppressions(tmp_path: Path) -> None:
    text = queue(metadata("E3002", indent=4, E3002="It is new"))
    assert check(text, tmp_path) == check(text, tmp_path) == []


def test_cfn_lint_as_anybody_runs_it_takes_the_same_shape() -> None:
    from cfnlint.api import lint as documented

    template = queue(metadata("E3002", indent=4, E3002="It is new"))
    assert documented(template) == []
    assert documented(metadata("W2001", W2001="Console only") + CLEAN) == []


@pytest.mark.parametrize(
    "text",
    [
        "Metadata: cfn-lint",
        "Metadata: {cfn-lint: [a]}",
        "Metadata: {cfn-lint: {config: {ignore_checks: }}}",
        "Resources: {Queue: {Metadata: {cfn-lint: }}}",
        "Resources: cfn-lint",
        "cfn-lint: [",
        "# cfn-lint",
    ],
)
def test_metadata_of_another_shape_suppresses_nothing(text: str) -> None:
    assert suppressions(HEAD + text) == []


def test_rules_that_differ_in_number_only_are_the_same() -> None:
    assert same_rule("F3002") == same_rule("E3002") == "E3002"
    assert same_rule("F2012") == same_rule("F2015") == "E2015"
    assert same_rule("W2001") == "W2001"
