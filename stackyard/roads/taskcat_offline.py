"""taskcat on the embedded account: what ``python build.py taskcat`` runs.

taskcat runs as it is, with three things put in its way. Its report fetches a style sheet from the
internet; here it has one of its own. It asks for a stack's status once a minute and prints every
ten seconds; here it does both every second. And it reads a copy of ``taskcat.yml`` in which hosted
zones that are an example are some that exist.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
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
    config = yaml.safe_load((project / FILE).read_text("utf-8"))
    unknown = [name for name in tests if name not in config["tests"]]
    if unknown:
        raise UsageError(f"{FILE}: no test {unknown[0]!r}; known: {', '.join(config['tests'])}")
    with tempfile.TemporaryDirectory() as folder, ephemeral(Path(folder)) as server:
        account = server.account("us-east-1")
        for test in config["tests"].values():
            test["parameters"], _ = provide(account, test["parameters"])
        chosen = Path(folder, FILE)
        chosen.write_text(yaml.safe_dump(config), "utf-8")
        # the build has linted every template once; taskcat would for every test
        words = ["test", "run", "--minimal-output", "--lint-disable", "--input-file", str(chosen)]
        words += ["--project-root", str(project / "dist")]
        words += ["--output-directory", str(output)]
        words += ["--test-names", ",".join(tests)] if tests else []
        with _environment(account):
            return _taskcat(words)


def _taskcat(words: Sequence[str]) -> int:
    """Run taskcat's own command line in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it imports pkg_resources
        import taskcat._cfn.stack as stack
        import taskcat._generate_reports as report
        import taskcat._tui as printer
        from taskcat._cli import main

    style = types.SimpleNamespace(get=lambda *_, **__: types.SimpleNamespace(text=STYLE))
    progress = printer.TerminalPrinter.report_test_progress
    with (
        patch.object(report, "requests", style),
        patch.object(stack, "timedelta", _soon),
        patch.object(progress, "__defaults__", (1,)),
        patch.object(sys, "argv", ["taskcat", *words]),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0) if not isinstance(end.code, str) else 1
    return 0


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
