"""taskcat without an account: what ``python build.py taskcat`` runs.

taskcat runs as it is, with four things put in its way. Its report fetches a style sheet from the
internet; here it has one of its own. It asks for a stack's status once a minute and prints every
ten seconds; here it does both every second. It lints every template again for every test; here once
for the same regions. And it reads a copy of ``taskcat.yml`` in which hosted zones that are an
example are some that exist.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from stackyard.aws.account import Account
from stackyard.errors import UsageError
from stackyard.local.account import DEFAULT_ACCOUNT, ephemeral
from stackyard.local.prerequisites import provide
from stackyard.roads.taskcat_file import FILE

STYLE = ".test-green{background:#98ff98} .test-red{background:#ff6347} td{border:1px solid}"
MINUTE, OFTEN = datetime.timedelta(seconds=60), datetime.timedelta(seconds=1)


def run(project: Path, tests: Sequence[str], output: Path) -> int:
    """Run the tests of ``taskcat.yml`` on an account that ends with them; return taskcat's status.

    Args:
        project: where ``taskcat.yml`` and ``dist/`` are.
        tests: names of those to run; all if empty.
        output: folder for the report.

    Raises:
        UsageError: there is no such test.
        DeployError: the account does not start.
    """
    config = _config(project, tests)
    with tempfile.TemporaryDirectory() as folder, ephemeral(Path(folder)) as server:
        account = server.account("us-east-1")
        for test in config["tests"].values():
            test["parameters"], _ = provide(account, test["parameters"])
        # the build has linted every template, and `lint` does
        words = ["test", "run", "--minimal-output", "--lint-disable"]
        words += ["--output-directory", str(output)]
        with _environment(account):
            return _taskcat(words, project, config, Path(folder))


def lint(project: Path, tests: Sequence[str] = ()) -> int:
    """Let taskcat lint the templates of the tests, in the regions of each; return its status.

    Args:
        project: where ``taskcat.yml`` and ``dist/`` are.
        tests: names of those to lint; all if empty.

    Raises:
        UsageError: there is no such test.
    """
    config = _config(project, tests)
    # taskcat lints the templates of all tests for the regions of each: one call for each set of
    # regions, or it would look at regions in which a template is not tested
    alike: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, test in config["tests"].items():
        alike.setdefault(tuple(test["regions"]), {})[name] = test
    with tempfile.TemporaryDirectory() as folder:
        chosen = [{**config, "tests": some} for some in alike.values()]
        return max(_taskcat(["lint"], project, one, Path(folder)) for one in chosen)


def _config(project: Path, tests: Sequence[str]) -> dict[str, Any]:
    """Return what ``taskcat.yml`` says of some tests, of all if none is named."""
    config: dict[str, Any] = yaml.safe_load((project / FILE).read_text("utf-8"))
    there = config["tests"]
    unknown = [name for name in tests if name not in there]
    if unknown:
        raise UsageError(f"{FILE}: no test {unknown[0]!r}; known: {', '.join(there)}")
    return {**config, "tests": {name: there[name] for name in tests or there}}


def _taskcat(words: Sequence[str], project: Path, config: Mapping[str, Any], folder: Path) -> int:
    """Run taskcat's own command line in this process, with *config* written to *folder*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources
        import cfnlint.core as linter
        import taskcat._cfn.stack as stack
        import taskcat._generate_reports as report
        import taskcat._tui as printer
        from taskcat._cli import main

    chosen = folder / FILE
    chosen.write_text(yaml.safe_dump(dict(config)), "utf-8")
    place = ["--input-file", str(chosen), "--project-root", str(project / "dist")]
    style = types.SimpleNamespace(get=lambda *_, **__: types.SimpleNamespace(text=STYLE))
    progress = printer.TerminalPrinter.report_test_progress
    with (
        patch.object(report, "requests", style),
        patch.object(stack, "timedelta", _soon),
        patch.object(progress, "__defaults__", (1,)),
        patch.object(linter, "run_checks", _once(linter.run_checks)),
        patch.object(sys, "argv", ["taskcat", *words, *place]),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0) if not isinstance(end.code, str) else 1
    return 0


def _once(run_checks: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """Return cfn-lint's function, which then looks at a template in the same regions once."""
    found: dict[tuple[str, ...], list[Any]] = {}

    def run(path: str, template: Any, rules: Any, regions: Sequence[str]) -> list[Any]:
        key = (path, *regions)
        if key not in found:
            found[key] = run_checks(path, template, rules, regions)
        return found[key]

    return run


def _soon(*args: float, **given: float) -> datetime.timedelta:
    """Return what ``timedelta`` would, a second instead of a minute."""
    asked = datetime.timedelta(*args, **given)
    return OFTEN if asked == MINUTE else asked


@contextlib.contextmanager
def _environment(account: Account) -> Iterator[None]:
    """Point every client of AWS in this process at *account*, and at nothing of the person's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with patch.dict(os.environ, {**kept, **variables(account)}, clear=True):
        yield


def variables(account: Account) -> Mapping[str, str]:
    """Return the environment in which a client of AWS works on an embedded *account*."""
    return {
        "AWS_ENDPOINT_URL": account.endpoint_url,
        "AWS_ACCESS_KEY_ID": account.embedded_id or DEFAULT_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "embedded",
        "AWS_DEFAULT_REGION": account.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
