"""What validators said is kept by content, and survives whatever happens to the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stackyard.lint import CACHE, Evaluation, lint
from stackyard.lint.cache import Cache
from tests.lint.lint_texts import CLEAN, DELAYED, MISSPELT

ROW = [1, 2, "E1", "text", ""]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    cache = Cache(tmp_path / "work" / "lint.json")
    cache.keep("tier", "a.yaml", "key", [ROW])
    cache.keep("tier", "b.yaml", "key", [])
    cache.save(complete=True)
    return cache.file


def test_what_was_kept_is_found(file: Path) -> None:
    cache = Cache(file)
    assert cache.find("tier", "a.yaml", "key") == [ROW]
    assert cache.find("tier", "b.yaml", "key") == []
    assert cache.find("tier", "b.yaml", "other") is None
    assert cache.find("other", "b.yaml", "key") is None


def test_what_a_complete_run_did_not_ask_for_is_dropped(file: Path) -> None:
    cache = Cache(file)
    cache.find("tier", "a.yaml", "key")
    cache.save(complete=True)
    assert Cache(file).find("tier", "b.yaml", "key") is None


def test_what_a_partial_run_did_not_ask_for_stays(file: Path) -> None:
    cache = Cache(file)
    cache.keep("tier", "a.yaml", "new", [])
    cache.save(complete=False)
    assert Cache(file).find("tier", "a.yaml", "key") == [ROW]
    assert Cache(file).find("tier", "b.yaml", "key") == []


def test_a_tier_that_did_not_run_keeps_what_it_has(file: Path) -> None:
    cache = Cache(file)
    cache.keep("other", "a.yaml", "key", [])
    cache.save(complete=True)
    assert Cache(file).find("tier", "a.yaml", "key") == [ROW]


def test_a_file_that_would_not_change_is_not_written(file: Path) -> None:
    before = file.stat().st_mtime_ns
    cache = Cache(file)
    cache.find("tier", "a.yaml", "key")
    cache.find("tier", "b.yaml", "key")
    cache.save(complete=True)
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["", "{", "x\n{}", "cut", "edited", "binary"])
def test_a_damaged_file_counts_as_empty_and_is_replaced(file: Path, damage: str) -> None:
    whole = file.read_bytes()
    content = {"cut": whole[:-9], "edited": whole.replace(b"E1", b"E2"), "binary": b"\xff\xfe"}
    file.write_bytes(content.get(damage, damage.encode()))
    cache = Cache(file)
    assert cache.find("tier", "a.yaml", "key") is None
    cache.keep("tier", "a.yaml", "key", [ROW])
    cache.save(complete=True)
    assert Cache(file).find("tier", "a.yaml", "key") == [ROW]


def test_nothing_is_left_beside_the_file(file: Path) -> None:
    assert [path.name for path in file.parent.iterdir()] == ["lint.json"]


def test_a_build_leaves_only_the_cache_in_the_work_folder(tmp_path: Path) -> None:
    lint({"components/x.yaml": CLEAN}, [], ["us-east-1"], work=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [CACHE]


def test_old_texts_and_parameter_sets_do_not_pile_up(tmp_path: Path) -> None:
    sizes = []
    for delay in range(5):
        sets = [Evaluation("components/x.yaml", "dev", {"Delay": str(delay)}, "us-east-1")]
        text = f"{DELAYED}# {delay}\n"
        lint({"components/x.yaml": text}, sets, ["us-east-1"], work=tmp_path, cfn_lint=False)
        sizes.append((tmp_path / CACHE).stat().st_size)
    assert len(set(sizes)) == 1


@pytest.mark.parametrize("changed", ["region", "version"])
def test_another_region_or_validator_is_another_result(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    regions = ["us-east-1"]
    for _ in range(2):
        lint(
            {"components/x.yaml": CLEAN},
            [],
            regions,
            work=tmp_path,
            cfn_lint=False,
            progress=lambda tier, done, total: calls.append(tier),
        )
        if changed == "region":
            regions = ["eu-west-1"]
        else:
            monkeypatch.setattr("stackyard.lint.tasks.version", lambda tool: "2")
    assert len(calls) == 2


def test_two_builds_at_once_do_each_other_no_harm(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from stackyard.lint import lint
for turn in range(20):
    texts = {{"components/x.yaml": {CLEAN!r} + f"# {{sys.argv[1]}} {{turn}}\\n",
              "components/y.yaml": {MISSPELT!r}}}
    found = lint(texts, [], ["us-east-1"], work=Path({str(tmp_path)!r}), cfn_lint=False).findings
    assert [item.rule for item in found] == ["F3002"], found
"""
    root = Path(__file__).parents[2]
    builds = [
        subprocess.Popen([sys.executable, "-c", script, str(number)], cwd=root)
        for number in range(2)
    ]
    assert [build.wait() for build in builds] == [0, 0]
    assert Cache(tmp_path / CACHE).old
