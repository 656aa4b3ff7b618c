"""The build as a person runs it: what it writes, what it refuses, and when it has nothing to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.projects import PAPER, TOPIC, build_py, copied, small, write
from tests.support import ROOT

COMPONENT = "templates_src/components/topic.py"
BLUEPRINT = "templates_src/blueprints/paper.py"
QUICKLY = "--no-lint"
HEAVY = {"awacs", "boto3", "botocore", "cfnlint", "json", "pathlib", "rich", "troposphere"}
HEAVY |= {"typer", "yaml", "stackyard.build", "stackyard.start"}


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """Return a project that is built and in which nothing has changed since."""
    project = small(tmp_path)
    assert build_py(project, QUICKLY).returncode == 0
    return project


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".stackyard"}.intersection(path.parts)
    }


def change(project: Path, path: str, text: str, instead: str) -> None:
    before = (project / path).read_text()
    assert text in before
    write(project, path, before.replace(text, instead))


def refused(project: Path, *words: str) -> str:
    """Return the one line that a build is refused with."""
    done = build_py(project, *(words or (QUICKLY,)))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line.removeprefix("error: ")


def test_two_folders_and_two_hash_seeds_give_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for seed in ("1", "2"):
        project = copied(tmp_path / f"with seed {seed}")
        for path in (project / "dist").rglob("*.*"):
            path.unlink()
        done = build_py(project, QUICKLY, PYTHONHASHSEED=seed)
        assert done.returncode == 0, done.stderr
        made.append(tree(project / "dist"))
    assert made[0] == made[1]


def test_what_is_committed_is_what_the_sources_give() -> None:
    done = build_py(ROOT, "build", "--check")
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith("dist/ is current")


def test_check_names_what_is_stale_and_writes_nothing(paper: Path) -> None:
    change(paper, COMPONENT, '"news"', '"papers"')
    write(paper, "dist/components/unknown.yaml", "Resources: {}\n")
    (paper / "dist/schema/paper.json").unlink()
    before = tree(paper)
    done = build_py(paper, "--check", QUICKLY)
    assert done.returncode == 1
    assert {
        "dist/: stale components/topic.yaml; run python build.py",
        "dist/: unknown components/unknown.yaml; run python build.py",
        "dist/: missing schema/paper.json; run python build.py",
    } <= set(done.stderr.splitlines())
    assert tree(paper) == before


def test_a_blueprint_of_its_own_leaves_the_files_of_the_others(paper: Path) -> None:
    write(paper, "templates_src/blueprints/weekly.py", PAPER.replace("paper =", "weekly ="))
    write(paper, "params/weekly/dev.yaml", "stack_name: weekly-dev\nregions: [us-east-1]\n")
    assert build_py(paper, QUICKLY).returncode == 0
    before = tree(paper / "dist")
    change(paper, "params/weekly/dev.yaml", "weekly-dev", "weekly-other")
    change(paper, "params/paper/dev.yaml", "TopicName: dev", "TopicName: other")
    done = build_py(paper, "build", "paper", QUICKLY)
    changed = {path for path, content in tree(paper / "dist").items() if before[path] != content}
    assert "weekly" not in done.stdout
    assert {path for path in changed if "weekly" in path} == set()
    assert "params/paper/dev.json" in changed


def test_an_environment_of_its_own_is_the_only_one_checked(paper: Path) -> None:
    said = build_py(paper, "build", "paper", "live", QUICKLY).stdout
    assert "paper live: 1 nested templates, 2 resources" in said
    assert "paper dev" not in said


def test_an_unused_parameter_is_found_and_what_was_built_is_put_aside(paper: Path) -> None:
    change(paper, COMPONENT, "DisplayName=p.topic_name", 'DisplayName="news"')
    before = tree(paper / "dist")
    done = build_py(paper, "build")
    assert done.returncode == 1
    assert "dist/components/topic.yaml" in done.stderr
    assert "W2001 Parameter TopicName not used" in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(paper / "dist") == before
    aside = paper / ".stackyard/rejected"
    assert "DisplayName: news" in (aside / "components/topic.yaml").read_text()
    assert str(aside) in done.stdout


def test_every_wrong_value_is_told_at_once_with_its_place(paper: Path) -> None:
    write(paper, "params/paper/dev.yaml", "stack_name: paper_dev\nregions: [us-est-1]\n")
    change(paper, "params/paper/live.yaml", "TopicName: live", "TopicNme: live")
    done = build_py(paper, QUICKLY)
    assert done.returncode == 1
    places = [line.split(" ")[1] for line in done.stderr.splitlines()]
    assert places == [
        "params/paper/dev.yaml:1:13:",
        "params/paper/dev.yaml:2:11:",
        "params/paper/live.yaml:4:3:",
    ]


def test_a_run_killed_between_the_two_moves_is_mended_by_the_next(paper: Path) -> None:
    before = tree(paper / "dist")
    change(paper, COMPONENT, '"news"', '"papers"')
    # the first move takes dist/ away, the second would bring the new one
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os, pathlib, signal, sys\n"
            "move = pathlib.Path.rename\n"
            "def first(*args):\n"
            "    move(*args)\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "pathlib.Path.rename = first\n"
            "from stackyard.start import run\n"
            "sys.argv = ['build.py', '--no-lint']\n"
            "run(os.getcwd())\n",
        ],
        cwd=paper,
    )
    assert killed.returncode == -9
    assert not (paper / "dist").exists()
    assert build_py(paper, "--check", QUICKLY).returncode == 1
    assert tree(paper / "dist") == before
    assert build_py(paper, QUICKLY).returncode == 0
    assert b"papers" in tree(paper / "dist")["components/topic.yaml"]
    assert sorted(path.name for path in (paper / ".stackyard").glob("dist.*")) == []


def test_builds_at_the_same_time_do_not_disturb_each_other(paper: Path) -> None:
    change(paper, COMPONENT, '"news"', '"papers"')
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: build_py(paper, QUICKLY), range(4)))
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 4
    assert build_py(paper, "--check", QUICKLY).returncode == 0


@pytest.mark.parametrize("path", ["dist", "params", "params/paper", ".stackyard"])
def test_a_file_in_place_of_a_folder_is_one_line(tmp_path: Path, path: str) -> None:
    # root may read and write everything, but not this
    project = small(tmp_path)
    if (project / path).exists():
        (project / path).rename(project / "away")
    write(project, path, "in the way")
    assert str(path) in refused(project)
    assert (project / path).read_text() == "in the way"


@pytest.mark.parametrize("path", [COMPONENT, "params/paper/dev.yaml"])
def test_a_file_that_cannot_be_read_is_one_line(paper: Path, path: str) -> None:
    (paper / path).unlink()
    (paper / path).symlink_to(path.rpartition("/")[2])  # to itself, which not even root can read
    assert path in refused(paper)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_one_line(paper: Path) -> None:
    change(paper, COMPONENT, '"news"', '"papers"')
    (paper / ".stackyard").chmod(0o500)
    assert "make the folder writable" in refused(paper)


@pytest.mark.parametrize(
    ("text", "instead", "said"),
    [
        (
            "    return Outputs",
            "    raise ValueError('no\\nnews')\n    return Outputs",
            "ValueError: ",
        ),
        ("p.topic_name", "p.topic_nme", "AttributeError: "),
        ("DisplayName=", "DisplayNme=", "AttributeError: "),
        ("import Ref, Template", "import Reff, Template", "ImportError: "),
        ("def build(", "def build((", "SyntaxError: "),
    ],
)
def test_a_component_that_raises_is_named_with_its_line(
    paper: Path, text: str, instead: str, said: str
) -> None:
    change(paper, COMPONENT, text, instead)
    before = tree(paper / "dist")
    line = refused(paper)
    place, number, message = line.split(":", 2)
    written = (paper / COMPONENT).read_text().splitlines()
    assert place == COMPONENT
    assert instead.splitlines()[0].strip() in written[int(number) - 1]
    assert message.startswith(f" {said}")
    assert message.endswith("; --verbose shows the traceback")
    assert tree(paper / "dist") == before


def test_verbose_shows_the_traceback_and_the_line(paper: Path) -> None:
    change(paper, COMPONENT, "p.topic_name", "p.topic_nme")
    done = build_py(paper, "--verbose", QUICKLY)
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback")
    assert done.stderr.splitlines()[-1].startswith(f"error: {COMPONENT}:")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("papper",), "build.py: no blueprint 'papper'; did you mean 'paper'? known: paper"),
        (("zzz",), "build.py: no blueprint 'zzz'; known: paper"),
        (
            ("paper", "life"),
            "params/paper: no environment 'life'; did you mean 'live'? known: dev, live",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    paper: Path, words: tuple[str, ...], said: str
) -> None:
    assert refused(paper, "build", *words, QUICKLY) == said


def test_two_components_of_one_name_are_refused(paper: Path) -> None:
    taken = TOPIC.replace("topic = ", "topic = other = ").replace('"news"', '"other"')
    write(paper, "templates_src/components/zine.py", taken + '\nother.name = "topic"\n')
    assert "'topic' exists already; rename one" in refused(paper)


def test_nothing_changed_is_said_without_importing_what_builds(paper: Path) -> None:
    program = (
        "import runpy, sys; before = {*sys.modules};"
        "sys.argv = ['build.py', '--no-lint']; sys.path.insert(0, '.');"
        "runpy.run_path('build.py', run_name='__main__'); print(*{*sys.modules} - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=paper, capture_output=True, text=True
    )
    said, imported = done.stdout.splitlines()
    assert said.startswith("nothing changed: 2 environments, 4 resources, 0 findings (0.0")
    assert not HEAVY.intersection(imported.split())


def test_nothing_changed_is_said_as_json_too(paper: Path) -> None:
    first = json.loads(build_py(paper, "build", "--json", QUICKLY).stdout)
    again = json.loads(build_py(paper, "build", "--json", QUICKLY).stdout)
    assert again["rows"] == first["rows"]
    assert again["changes"] == []


@pytest.mark.parametrize(
    "path",
    [
        COMPONENT,
        BLUEPRINT,
        "templates_src/contract.py",
        "templates_src/functions/new/handler.py",
        "params/paper/dev.yaml",
        "params/paper/test.yaml",
        "dist/components/topic.yaml",
        "dist/params/paper/dev.json",
        "dist/new.txt",
        "stackyard/emit.py",
    ],
)
def test_any_file_that_changes_is_seen(paper: Path, path: str) -> None:
    before = (paper / path).read_text() if (paper / path).exists() else ""
    write(paper, path, f"{before}\n# changed\n")
    done = build_py(paper, QUICKLY)
    assert "nothing changed" not in done.stdout


def test_a_lost_file_of_dist_comes_back(paper: Path) -> None:
    before = tree(paper / "dist")
    (paper / "dist/components/topic.yaml").unlink()
    assert "1 files of dist/ changed" in build_py(paper, QUICKLY).stdout
    assert tree(paper / "dist") == before


def test_a_file_that_is_only_touched_changes_nothing(paper: Path) -> None:
    os.utime(paper / COMPONENT, (1, 1))
    assert build_py(paper, QUICKLY).stdout.startswith("nothing changed")
