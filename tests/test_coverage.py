"""The documents say nothing that is not there: files, tests, links and anchors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
COVERAGE = ROOT / "docs" / "coverage.md"
# rows of the requirements of each system, without a gap
ROWS = {"s0": 46, "s1": 122, "s2": 125, "s3": 115, "s4": 107}
FILE = re.compile(r"`((?:\.?[\w-]+/)*[\w.-]+\.\w+|\.gitignore|Makefile)(?:::(\w+))?`")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_and_test_that_is_cited_exists() -> None:
    cited = FILE.findall(COVERAGE.read_text())
    assert cited
    for path, test in cited:
        if "/" in path or test:
            assert (ROOT / path).is_file(), f"no {path}"
        if test:
            text = (ROOT / path).read_text()
            assert re.search(rf"def {test}\(", text), f"{path} has no {test}"


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_answered_once(name: str) -> None:
    rows = re.findall(rf"^\| {name.upper()}\.(\d+) \|", COVERAGE.read_text(), re.MULTILINE)
    assert [int(row) for row in rows] == list(range(1, ROWS[name] + 1))


def prose(page: Path) -> str:
    """Return a page without its code, where brackets are no links."""
    return re.sub(r"`[^`\n]*`|^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_the_documents_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]*)#?[^)]*\)", prose(page)):
        if target and not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_anchor_is_a_heading(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", prose(page)):
        if not target.startswith("http"):
            assert anchor in anchors(page.parent / target if target else page), anchor
