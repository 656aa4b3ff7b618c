"""From what the validators said to what a person reads: each fault once, the excused left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from stackyard.findings import Finding
from stackyard.lint.rows import Row, same_rule
from stackyard.lint.suppressions import Suppression
from stackyard.lint.tasks import Task

Results = Sequence[tuple[Task, Sequence[Row]]]
Excuses = Mapping[str, Sequence[Suppression]]


def report(
    linted: Results, validated: Results, excuses: Excuses, regions: Sequence[str], *, judge: bool
) -> list[Finding]:
    """Return what stands, in the order of the templates.

    Args:
        linted: what cfn-lint said.
        validated: what AWS's validator said; dropped where cfn-lint says the same.
        excuses: the suppressions by template.
        regions: all regions: what holds in each of them is about none.
        judge: whether a suppression that nothing needed is a finding.
    """
    told = {
        (task.template, same_rule(row.rule), row.block) for task, rows in linted for row in rows
    }

    def is_told(template: str, row: Row) -> bool:
        rule = same_rule(row.rule)
        return (template, rule, row.block) in told or (template, rule, "") in told

    fresh = [
        (task, [row for row in rows if not is_told(task.template, row)]) for task, rows in validated
    ]
    used: set[tuple[str, Suppression]] = set()
    found = []
    for (template, row), subjects in _gathered([*linted, *fresh]).items():
        excused = [(template, one) for one in excuses.get(template, ()) if one.covers(row)]
        used.update(excused)
        if not excused:
            found.append(finding(template, row, _about(subjects, regions)))
    for template, suppressions in excuses.items():
        for one in suppressions:
            complaint = one.complaint(used=not judge or (template, one) in used)
            found += [finding(template, complaint)] if complaint else []
    return sorted(found)


def finding(template: str, row: Row, subject: str = "") -> Finding:
    """Return a row as a finding about a file."""
    return Finding(f"dist/{template}", row.line, row.column, row.rule, row.message, subject)


def _gathered(results: Iterable[tuple[Task, Iterable[Row]]]) -> dict[tuple[str, Row], list[str]]:
    """Return who and where each row is about."""
    subjects: dict[tuple[str, Row], list[str]] = {}
    for task, rows in results:
        for row in rows:
            subjects.setdefault((task.template, row), []).append(task.subject)
    return subjects


def _about(subjects: Sequence[str], regions: Sequence[str]) -> str:
    """Return where a row holds: empty if everywhere, else some regions, else some environments."""
    if "" in subjects or set(regions) <= set(subjects):
        return ""
    return ", ".join(dict.fromkeys([s for s in subjects if s in regions] or subjects))
