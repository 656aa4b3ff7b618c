"""Tier two: cfn-lint in this process or forked from it, the rules read once."""

from __future__ import annotations

import difflib
import functools
import gc
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from stackyard.errors import BuildError
from stackyard.lint.rows import INFORMATIONAL, Row, short
from stackyard.lint.tasks import NESTED, Task
from stackyard.lint.workers import CAN_FORK, cores, run

FORK_FROM = 10  # templates; for fewer a forked process costs more than it saves
CHECKS = ("E", "W", *sorted(INFORMATIONAL))


def validate(
    tasks: Sequence[Task], texts: Mapping[str, str], work: Path, seconds: float
) -> Iterator[tuple[Task, list[Row] | None]]:
    """Yield each task and what cfn-lint says, None if it takes more than *seconds*.

    Args:
        tasks: what to validate.
        texts: the templates they may nest.
        work: folder for the tree in which cfn-lint follows nested templates.
        seconds: limit for one template.

    Raises:
        BuildError: a region does not exist, *work* cannot be written, or cfn-lint fails.
    """
    _rules()  # read once, before any fork
    for task in tasks:
        _check_regions(task.regions)
    with ExitStack() as stack:
        tree = Path(stack.enter_context(_tree(texts, work)))
        # cfn-lint follows nested templates in and below the current folder only
        stack.enter_context(chdir(tree))
        if gc.isenabled():  # a tenth of the time
            gc.disable()
            stack.callback(gc.enable)

        def call(job: int) -> list[Row]:
            return _validate(_rules(), tasks[job], tree)

        fork = CAN_FORK and len(tasks) >= FORK_FROM
        crew = cores() if fork else 1
        for job, rows in run(call, len(tasks), seconds=seconds, workers=crew, fork=fork):
            if rows is None:
                _rules.cache_clear()  # they hold state, and an abandoned thread goes on with them
            yield tasks[job], rows


@functools.cache
def _rules() -> Any:
    """Return all rules: half a second with the import that a waiting process pays once."""
    import cfnlint
    from cfnlint.rules import Rules  # type: ignore[attr-defined]

    return Rules.create_from_directory(str(Path(cfnlint.__file__).parent / "rules"))


def _check_regions(regions: Sequence[str]) -> None:
    from cfnlint.helpers import REGIONS

    for region in regions:
        if region not in REGIONS:
            near = difflib.get_close_matches(region, REGIONS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "check its spelling"
            raise BuildError(f"regions: there is no region {region!r}; {hint}")


def _tree(texts: Mapping[str, str], work: Path) -> tempfile.TemporaryDirectory[str]:
    """Return a folder with *texts*, of this run alone: two builds at once see their own."""
    try:
        work.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="tree-", dir=work.resolve())
        for path, text in texts.items():
            file = Path(folder.name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BuildError(
            f"{work}: cannot be written ({error.strerror}); make it writable"
        ) from None
    return folder


def _validate(rules: Any, task: Task, tree: Path) -> list[Row]:
    from cfnlint.decode.decode import decode_str
    from cfnlint.template.template import Template

    body, errors = decode_str(task.text)
    if errors or not isinstance(body, dict):
        return [_row(match) for match in errors]
    followed = _follow_nested(body, task.template)
    template = Template(str(tree / task.template), body, list(task.regions))
    # The configuration is given as it is: the documented class would read a .cfnlintrc from the
    # home folder, the environment's region and the template's own Metadata.
    settings: Any = SimpleNamespace(
        configure_rules={},
        include_experimental=False,
        include_checks=list(CHECKS),
        ignore_checks=[],
        mandatory_checks=[],
    )
    matches = template.transform() or rules.run(template.filename, template, settings)
    rows = dict.fromkeys(_row(match) for match in matches)
    return [row for row in rows if not (followed and _is_artefact(row))]


def _follow_nested(body: Any, path: str) -> bool:
    """Replace S3 URLs of nested templates by relative paths, which cfn-lint follows.

    The nodes keep their place in the text, so that lines and columns stay those of the text.
    """
    from cfnlint.decode.node import str_node

    followed = False
    resources = body.get("Resources")
    for resource in resources.values() if isinstance(resources, dict) else ():
        properties: Any = resource.get("Properties") if isinstance(resource, dict) else None
        url: Any = properties.get("TemplateURL") if isinstance(properties, dict) else None
        found = NESTED.search(str(url.get("Fn::Sub"))) if isinstance(url, dict) else None
        if found:
            relative = "../" * path.count("/") + found[1]
            properties["TemplateURL"] = str_node(relative, url.start_mark, url.end_mark)
            followed = True
    return followed


def _is_artefact(row: Row) -> bool:
    """Return whether a row comes of `_follow_nested`: this is the one place that drops any."""
    where = row.block.removeprefix("Parameters/")
    relative_url = row.rule == "W3002"
    unused = row.rule == "W2001" and where in ("TemplateBucket", "TemplatePrefix")
    return relative_url or unused


def _row(match: Any) -> Row:
    path = [str(part) for part in getattr(match, "path", None) or ()]
    block = "/".join(path[:2])
    return Row(match.linenumber, match.columnnumber, match.rule.id, short(match.message), block)
