"""The commands that a page of the guide prints, run as they are on an embedded account.

Two things are added: our own commands get ``--local``, and the AWS CLI is told where that is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

from stackyard.aws.account import Account
from stackyard.roads.taskcat_offline import variables
from tests.support import ROOT

GUIDE = ROOT / "docs" / "guide"
BIN = Path(sys.executable).parent
LOCAL = """
python() { command python "$@" --local; }
# this client's RDS passes over AWS_ENDPOINT_URL
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
"""


def block(page: str, title: str, language: str = "sh") -> str:
    """Return a titled block of a page, such as ``restore`` of ``blue-green``."""
    text = (GUIDE / f"{page}.md").read_text()
    form = rf"^( *)```{language} ([\w-]+)\n(.*?)^ *```$"
    found = {name: textwrap.dedent(body) for _, name, body in re.findall(form, text, re.M | re.S)}
    assert title in found, f"{page}.md has no block {title!r}"
    return found[title]


def run(
    project: Path, account: Account, page: str, *titles: str, given: Mapping[str, str] | None = None
) -> str:
    """Run blocks of a page in a project and return what they print.

    Args:
        project: its folder.
        account: of its embedded account.
        page: of the guide.
        titles: of its blocks.
        given: text of the page and what to put for it: examples only.
    """
    script = "\n".join(block(page, title) for title in titles)
    for old, new in (given or {}).items():
        assert old in script, f"{old} is not in {page}.md"
        script = script.replace(old, new)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    path = f"{BIN}{os.pathsep}{kept['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -euo pipefail", LOCAL, script])],
        cwd=project,
        env={**kept, **variables(account), "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
