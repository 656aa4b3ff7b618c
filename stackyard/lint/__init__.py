"""Validation in two tiers: AWS's own validator on everything, cfn-lint on what changed.

Both keep what they said by content, so that an unchanged template costs nothing: neither is even
imported. Every complaint fails a build, but for those that the template suppresses with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stackyard.findings import Finding
from stackyard.installed import version
from stackyard.lint.cache import Cache, digest
from stackyard.lint.report import Results, finding, report
from stackyard.lint.rows import Row
from stackyard.lint.suppressions import Suppression, suppressions
from stackyard.lint.tasks import (
    CFN_LINT,
    NATIVE,
    Evaluation,
    Task,
    cfn_lint_tasks,
    missing_children,
    native_tasks,
    own_code,
)

__all__ = ["Evaluation", "Result", "lint", "versions"]

CACHE = "lint.json"
LIMIT = 60.0  # seconds for one template; most take a tenth of one
TIME_LIMIT = "time-limit"

Progress = Callable[[str, int, int], None]
Answers = Iterable[tuple[Task, list[Row] | None]]


@dataclass(frozen=True)
class Result:
    """What validation found.

    Attributes:
        findings: all of them fail a build.
        notes: a line for people on each tier that did not run.
    """

    findings: list[Finding]
    notes: list[str]


def versions() -> dict[str, str]:
    """Return the versions of the validators, empty for one that is not installed."""
    return {tool: version(tool) for tool in (NATIVE, CFN_LINT)}


def lint(
    texts: Mapping[str, str],
    sets: Sequence[Evaluation],
    regions: Sequence[str],
    *,
    work: Path,
    native: bool = True,
    cfn_lint: bool = True,
    progress: Progress | None = None,
    complete: bool = True,
    seconds: float = LIMIT,
    as_json: Callable[[str], str] | None = None,
) -> Result:
    """Validate templates, and each of them as its environments deploy it.

    Args:
        texts: YAML by path below ``dist/``; what a template nests must be among them.
        sets: parameters, for AWS's validator; their templates must be among *texts*.
        regions: where the templates must work.
        work: folder for the cache, and for files that live as long as the call.
        native: whether AWS's validator runs, where it is installed.
        cfn_lint: whether cfn-lint runs.
        progress: told the tier, how many of its calls are done, and how many there are.
        complete: whether *texts* and *sets* are all there are; if not, a suppression that nothing
            needs passes, since what is left out may need it.
        seconds: limit for one call of a validator.
        as_json: returns the template at a path as JSON, which is faster to validate.

    Raises:
        BuildError: a validator fails or cannot be loaded, a region does not exist, or *work*
            cannot be written.
    """
    regions = tuple(dict.fromkeys(regions))
    notes = list(_notes(native, cfn_lint))
    native = native and bool(version(NATIVE))
    cache = Cache(work / CACHE)
    linted: Results = []
    validated: Results = []

    try:
        if cfn_lint:
            tasks = list(cfn_lint_tasks(texts, regions))
            run = partial(_run_cfn_lint, texts, work, seconds)
            linted = _results(CFN_LINT, tasks, run, cache, progress)
        if native:
            tasks = list(native_tasks(texts, sets, regions))
            native_run = partial(_run_native, seconds, as_json)
            validated = _results(NATIVE, tasks, native_run, cache, progress)
        excuses = {path: _suppressions(path, text, cache) for path, text in texts.items()}
    except BaseException:
        cache.save(complete=False)  # what is known need not be found out again
        raise
    cache.save(complete)
    judge = complete and native and cfn_lint
    findings = report(linted, validated, excuses, regions, judge=judge)
    return Result(sorted([*findings, *_orphans(texts)]), notes)


def _notes(native: bool, cfn_lint: bool) -> Iterator[str]:
    if not native:
        yield "native validation is switched off"
    elif not version(NATIVE):
        yield f"native validation is skipped: {NATIVE} is not installed"
    if not cfn_lint:
        yield "cfn-lint is switched off"


def _run_cfn_lint(
    texts: Mapping[str, str], work: Path, seconds: float, tasks: Sequence[Task]
) -> Answers:
    from stackyard.lint.cfn_lint import validate

    return validate(tasks, texts, work, seconds)


def _run_native(
    seconds: float, as_json: Callable[[str], str] | None, tasks: Sequence[Task]
) -> Answers:
    from stackyard.lint.native import validate

    return validate(tasks, seconds, as_json)


def _results(
    tool: str,
    tasks: Sequence[Task],
    run: Callable[[Sequence[Task]], Answers],
    cache: Cache,
    progress: Progress | None,
) -> Results:
    """Return each task with what is kept about it, or else with what *run* says and is now kept."""
    known: dict[str, list[Row]] = {}
    missing: dict[str, Task] = {}
    for task in tasks:
        kept = cache.find(tool, task.template, task.key)
        if kept is None:
            missing.setdefault(task.key, task)
        else:
            known[task.key] = [Row(*row) for row in kept]
    answers = run(list(missing.values())) if missing else ()
    for done, (task, rows) in enumerate(answers, start=1):
        if rows is not None:
            cache.keep(tool, task.template, task.key, rows)
        known[task.key] = [_late(tool)] if rows is None else rows
        if progress:
            progress(tool, done, len(missing))
    return [(task, known[task.key]) for task in tasks]


def _late(tool: str) -> Row:
    text = f"{tool} does not come to an end; simplify the conditions, or switch {tool} off"
    return Row(0, 0, TIME_LIMIT, text, "")


def _suppressions(path: str, text: str, cache: Cache) -> list[Suppression]:
    key = digest(own_code(), text)
    kept = cache.find("suppressions", path, key)
    if kept is not None:
        return [Suppression(*one) for one in kept]
    found = suppressions(text)
    cache.keep("suppressions", path, key, found)
    return found


def _orphans(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each nested template that does not exist: both validators pass it."""
    for path, text in texts.items():
        for line, column, child in missing_children(text, texts):
            message = f"nested template {child!r} is not built; check the component's name"
            yield finding(path, Row(line, column, "nested-template", message, ""))
