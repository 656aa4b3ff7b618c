"""What a build keeps of the last one: it saves work and never changes a byte of the result."""

from __future__ import annotations

import hashlib
import marshal
import os
import random
import shutil
import time
from pathlib import Path

import pytest

from stackyard.encode import data
from stackyard.library import Library
from stackyard.project import Project
from stackyard.renderings import Renderings
from stackyard.sources import Sources
from tests.projects import PAPER, TOPIC, build_py, small, write

QUICKLY = "--no-lint"
KEPT = ".stackyard/renderings"
COMPONENT = "templates_src/components/topic.py"
BLUEPRINT = "templates_src/blueprints/paper.py"
PAGE = "docs/components.md"
LOGGED = '''    """Topic."""
    with open("rendered.log", "a") as log:
        log.write("topic\\n")
'''
PART = """from troposphere import sns


def topic(name):
    return sns.Topic("Topic", DisplayName=name, KmsMasterKeyId="key-{}")
"""
WITH_PART = TOPIC.replace(", sns", "").replace(
    'sns.Topic("Topic", DisplayName=p.topic_name)', "topics.topic(p.topic_name)"
)
WITH_PART = WITH_PART.replace(
    "from templates_src", "from templates_src.parts import topics\n\nfrom templates_src", 1
)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """Return a project whose one component notes when it is rendered, built once."""
    project = small(tmp_path / "warm")
    write(project, COMPONENT, TOPIC.replace('    """Topic."""\n', LOGGED))
    build(project)
    return project


def build(project: Path, *words: str) -> str:
    done = build_py(project, "build", QUICKLY, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def renderings(project: Path) -> int:
    return len((project / "rendered.log").read_text().splitlines())


def change(project: Path, path: str, text: str, instead: str) -> None:
    before = (project / path).read_text()
    assert text in before
    write(project, path, before.replace(text, instead))


def built(project: Path) -> dict[str, bytes]:
    paths = [path for path in (project / "dist").rglob("*") if path.is_file()]
    return {str(path.relative_to(project)): path.read_bytes() for path in paths}


def built_cold(project: Path, folder: Path) -> dict[str, bytes]:
    """Return what the same sources give where nothing is kept."""
    shutil.rmtree(folder, ignore_errors=True)
    left_out = shutil.ignore_patterns("dist", ".stackyard", "__pycache__")
    shutil.copytree(project, folder, ignore=left_out)
    build(folder)
    return built(folder)


def test_random_edits_give_what_a_cold_build_gives(paper: Path, tmp_path: Path) -> None:
    edit = random.Random(7)
    write(paper, "templates_src/parts/topics.py", PART.format(0))
    write(paper, COMPONENT, WITH_PART)
    build(paper)
    for number in range(1, 11):
        kind = edit.choice(["component", "part", "blueprint", "parameters", "words", "dist"])
        if kind == "component":
            write(paper, COMPONENT, WITH_PART.replace("p.topic_name", f'"title {number}"'))
        elif kind == "part":
            write(paper, "templates_src/parts/topics.py", PART.format(number))
        elif kind == "blueprint":
            write(paper, BLUEPRINT, PAPER.replace('nest(t, "Topic"', f'nest(t, "Topic{number}"'))
        elif kind == "parameters":
            write(paper, "params/paper/live.yaml", f"stack_name: p{number}\nregions: [us-east-1]\n")
        elif kind == "words":
            write(paper, COMPONENT, WITH_PART.replace("ARN of", f"ARN {number} of"))
        else:
            (paper / "dist/components/topic.yaml").write_text("# somebody's own")
        build(paper)
        assert built(paper) == built_cold(paper, tmp_path / "cold"), f"edit {number}: {kind}"


def test_two_changes_in_one_second_are_two_changes(paper: Path) -> None:
    # Python would take the byte code of the first for that of the second: same time, same size
    write(paper, COMPONENT, WITH_PART)
    second = int(time.time())
    for number in (1, 2):
        write(paper, "templates_src/parts/topics.py", PART.format(number))
        os.utime(paper / "templates_src/parts/topics.py", (second, second))
        done = build_py(paper, QUICKLY, PYTHONDONTWRITEBYTECODE="")
        assert done.returncode == 0, done.stderr
        assert f"key-{number}" in (paper / "dist/components/topic.yaml").read_text()


def test_what_did_not_change_is_not_rendered_again(paper: Path) -> None:
    assert renderings(paper) == 1
    change(paper, BLUEPRINT, '"""Newspaper."""', '"""Weekly."""')
    build(paper)
    assert "Description: Weekly." in (paper / "dist/blueprints/paper.yaml").read_text()
    assert renderings(paper) == 1
    change(paper, COMPONENT, '"""Topic."""', '"""Subject."""')
    build(paper)
    assert "Description: Subject." in (paper / "dist/components/topic.yaml").read_text()
    assert renderings(paper) == 2


def test_a_file_that_was_edited_in_dist_is_made_again_without_rendering(paper: Path) -> None:
    before = built(paper)
    (paper / "dist/components/topic.yaml").write_text("# somebody's own")
    build(paper)
    assert built(paper) == before
    assert renderings(paper) == 1


def sealed(content: bytes) -> bytes:
    return content + hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"Topic", b"Tepic"),
        lambda content: sealed(b"no marshal"),
        lambda content: sealed(marshal.dumps(("of", "another", "shape"))),
    ],
    ids=["empty", "cut", "edited", "garbage", "older"],
)
def test_what_is_kept_counts_for_nothing_when_it_is_spoilt(paper: Path, spoil: object) -> None:
    assert callable(spoil)
    before = built(paper)
    kept = paper / KEPT
    kept.write_bytes(spoil(kept.read_bytes()))
    shutil.rmtree(paper / "dist")
    build(paper)
    assert built(paper) == before
    assert renderings(paper) == 2


def test_a_build_of_one_blueprint_keeps_what_is_known_of_the_others(paper: Path) -> None:
    other = PAPER.replace("paper = C", "other = C").replace('"Topic"', '"Second"')
    write(paper, "templates_src/blueprints/other.py", other)
    write(paper, "params/other/dev.yaml", "stack_name: other\nregions: [us-east-1]\n")
    build(paper)
    change(paper, BLUEPRINT, '"""Newspaper."""', '"""Weekly."""')
    build(paper, "paper")
    assert set(Renderings(paper / KEPT).kept) == {
        *("blueprints/paper", "blueprints/other", "components/topic"),
    }


def test_a_blueprint_of_its_own_does_not_mind_a_broken_neighbour(paper: Path) -> None:
    write(paper, "templates_src/blueprints/broken.py", "raise ValueError('half written')\n")
    build(paper, "paper")
    assert build_py(paper, "build", QUICKLY).returncode == 1


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a package of templates in which ``a`` imports ``parts.x`` and nobody ``b``."""
    for path, text in {
        "components/a.py": "from templates_src.parts.x import one\n",
        "components/b.py": "import troposphere\n",
        "parts/x.py": "from templates_src.contract import two\n",
        "contract.py": "",
        "functions/f/handler.py": "",
    }.items():
        write(tmp_path, f"templates_src/{path}", text)
    return tmp_path


def digest(package: Path, module: str = "components.a") -> str:
    return Sources(Project(package)).digest([f"templates_src.{module}"])


@pytest.mark.parametrize(
    "path", ["components/a.py", "parts/x.py", "contract.py", "functions/f/handler.py", "new.json"]
)
def test_a_module_depends_on_what_it_imports_and_on_data(package: Path, path: str) -> None:
    before = digest(package)
    write(package, f"templates_src/{path}", "# changed")
    assert digest(package) != before


def test_a_module_does_not_depend_on_its_neighbours(package: Path) -> None:
    before = digest(package)
    write(package, "templates_src/components/b.py", "# changed")
    assert digest(package) == before


@pytest.mark.parametrize(
    "text",
    [
        "from . import b\n",
        "from ..components import b\n",
        "from importlib import import_module\n",
        "from templates_src import components\n",
        "from templates_src.components import (\n    b,\n)\n",
        "def late():\n    import templates_src.components.b as found\n",
    ],
)
def test_imports_of_every_form_are_seen(package: Path, text: str) -> None:
    write(package, "templates_src/components/a.py", text)
    before = digest(package)
    write(package, "templates_src/components/b.py", "# changed")
    assert digest(package) != before


def test_a_component_that_a_function_makes_depends_on_who_calls_it(paper: Path) -> None:
    inside = TOPIC.partition("@contract")
    indented = "".join(f"    {line}" for line in f"@contract{inside[2]}".splitlines(True))
    factory = (
        inside[0]
        + "\n\ndef make(words):\n"
        + indented.replace(
            "topic = Component(Parameters, Outputs, build)",
            "build.__doc__ = words\n    made = Component(Parameters, Outputs, build)\n"
            '    made.name = "topic"\n    return made',
        )
    )
    write(paper, "templates_src/parts/topics.py", factory)
    caller = 'from templates_src.parts.topics import make\n\ntopic = make("{}")\n'
    for words in ("First.", "Second."):
        write(paper, COMPONENT, caller.format(words))
        build(paper)
        assert f"Description: {words}" in (paper / "dist/components/topic.yaml").read_text()


def test_a_template_is_encoded_as_troposphere_does(library: Library) -> None:
    for component in (*library.components.values(), *library.blueprints.values()):
        assert data(component.template()) == component.template().to_dict(), component.name


def test_the_reference_is_written_where_a_project_has_docs(paper: Path) -> None:
    assert not (paper / "docs").exists()
    (paper / "docs").mkdir()
    change(paper, COMPONENT, '"""Topic."""', '"""Subject."""')
    build(paper)
    page = (paper / PAGE).read_text()
    assert page.index("## blueprints/paper") < page.index("## components/topic")
    assert "Subject." in page
    assert "| `TopicName` | Name that people see. | `news` |  |" in page


def test_check_names_a_stale_reference_and_a_build_mends_it(paper: Path) -> None:
    write(paper, PAGE, "old")
    done = build_py(paper, "build", QUICKLY, "--check")
    assert done.returncode == 1
    assert f"stale {PAGE}" in done.stderr
    assert (paper / PAGE).read_text() == "old"
    build(paper)
    assert "## components/topic" in (paper / PAGE).read_text()
    assert build_py(paper, "build", QUICKLY, "--check").returncode == 0
