"""Tier one: AWS's own validator, every template in every region and with every parameter set."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

from stackyard.errors import BuildError
from stackyard.lint.rows import INFORMATIONAL, Row, short
from stackyard.lint.tasks import NATIVE, Task
from stackyard.lint.workers import cores, run

# What version 1.14 misjudges, and cfn-lint does not: left to cfn-lint alone. A test shows each on a
# sound template, and fails once it is mended.
MISJUDGED = frozenset(
    {
        "W1001",  # what is guarded by Fn::If in an output
        *(
            f"W103{number}" for number in range(7)
        ),  # defaults that Fn::If keeps away from a property
        "W2001",  # a parameter that conditions alone use, in an Fn::Join
        "W2509",  # a parameter with Secret in its name that takes an ARN
    }
)
NOT_IN_ENUMERATION = "W3030"  # a warning here, an error to cfn-lint and to most services
# what its rules call a section is the singular of the section's name
SECTIONS = {"METADATA": "Metadata"}


def validate(
    tasks: Sequence[Task], seconds: float, as_json: Callable[[str], str] | None = None
) -> Iterator[tuple[Task, list[Row] | None]]:
    """Yield each task and what the validator says, None if it takes more than *seconds*.

    Args:
        tasks: the calls.
        seconds: limit for one.
        as_json: returns the template at a path as JSON, which it reads up to eight times as fast
            as YAML. Only where it has something to say does it read the YAML too, for the lines.

    Raises:
        BuildError: the validator cannot be loaded, or fails.
    """
    engine = _engine()

    def call(job: int) -> list[Row]:
        task = tasks[job]
        if as_json and not _validate(engine, task, as_json(task.template)):
            return []
        return _validate(engine, task, task.text)

    # threads: it is not Python and lets the interpreter go meanwhile
    for job, rows in run(call, len(tasks), seconds=seconds, workers=cores()):
        yield tasks[job], rows


def warm_up() -> Thread:
    """Return a thread that makes the engine, which leaves the interpreter to other work.

    Whoever starts it joins it before it validates: there must be one engine.
    """

    def make() -> None:
        with suppress(BuildError):  # which validating raises again
            _engine()

    thread = Thread(target=make)
    thread.start()
    return thread


@functools.cache
def _engine() -> Any:
    """Return the engine, 0.3 seconds and 245 MiB that a waiting process pays once."""
    try:
        # of the three engines, which report the same, this is the fastest (1 against 4 ms)
        from cloudformation_validate import CelEngine
    except (ImportError, OSError) as error:
        raise BuildError(
            f"{NATIVE}: cannot be loaded ({error}); uninstall it to build without it"
        ) from error
    engine = CelEngine()
    # never to be destroyed: that takes longer than the end of the process, which frees it as well
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(engine))
    return engine


def _validate(engine: Any, task: Task, text: str) -> list[Row]:
    from cloudformation_validate import (
        DetailLevel,
        PseudoParameterOverrides,
        TemplateContent,
        ValidateConfig,
    )

    config = ValidateConfig(
        detail_level=DetailLevel.STANDARD,
        parameter_overrides=dict(task.parameters),
        pseudo_parameter_overrides=PseudoParameterOverrides(region=task.regions[0]),
    )
    report = engine.validate_template(TemplateContent(text, task.template), config)
    return [
        Row(
            diagnostic.start_line or 0,
            diagnostic.start_column or 0,
            diagnostic.rule_id,
            short(diagnostic.message),
            _block(diagnostic.entity),
        )
        for diagnostic in report.diagnostics
        if _counts(diagnostic, task)
    ]


def _counts(diagnostic: Any, task: Task) -> bool:
    rule, severity = diagnostic.rule_id, diagnostic.severity.name
    if task.parameters:
        # Conditions are constants now, and values literal: what warns of unreachable branches or of
        # written-out ARNs sees the parameter set and not the template.
        return severity in ("FATAL", "ERROR") or rule == NOT_IN_ENUMERATION
    if severity in ("INFO", "DEBUG"):
        return rule in INFORMATIONAL
    return rule not in MISJUDGED


def _block(entity: Any) -> str:
    if entity is None:
        return ""
    kind = entity.entity_type.name
    return f"{SECTIONS.get(kind, f'{kind.title()}s')}/{entity.logical_id}"
