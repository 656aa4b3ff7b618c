"""What a blueprint is made from is read from the sources as importing them would show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.project import Project
from stackyard.sources import Sources
from tests.support import ROOT

PROJECT = Project(ROOT)
BLUEPRINTS = sorted(path.stem for path in (PROJECT.sources / "blueprints").glob("*.py"))
IMPORT = "import sys, {0}; print(*sys.modules)"


@pytest.mark.parametrize("name", [name for name in BLUEPRINTS if name != "__init__"])
def test_the_modules_that_a_blueprint_imports_are_read_and_no_others(name: str) -> None:
    sources = Sources(PROJECT)
    module = f"templates_src.blueprints.{name}"
    said = subprocess.run(
        [sys.executable, "-c", IMPORT.format(module)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    imported = {sources.modules[one] for one in said.split() if one in sources.modules}
    assert sources.files([module]).keys() == imported


@pytest.mark.parametrize(
    "line",
    [
        "from templates_src.parts import (  # why\n    logs,\n)",
        "from templates_src.parts import \\\n    logs",
        "from templates_src.parts import logs; x = 1",
        "from templates_src.parts import *",
        "import templates_src.parts.logs as a",
        "from .. import parts",
    ],
)
def test_what_is_not_plain_is_read_too_broadly_and_never_too_narrowly(
    line: str, tmp_path: Path
) -> None:
    folder = tmp_path / "templates_src"
    for name in ("parts/logs.py", "parts/other.py", "blueprints/one.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(line if "one" in name else "")
    read = Sources(Project(tmp_path)).files(["templates_src.blueprints.one"])
    assert "parts/logs.py" in read
