"""Releases as a person makes them: what is frozen, what a change breaks, what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.projects import build_py, small, write

COMPONENT = "templates_src/components/topic.py"
BLUEPRINT = "templates_src/blueprints/paper.py"
QUEUE = """    t.add_resource(
        sqs.Queue(
            "Box", QueueName=p.topic_name, DeletionPolicy="Retain", UpdateReplacePolicy="Retain"
        )
    )
    return Outputs("""
# a rule about a parameter that callers of the release may give any value
RULE = (
    "topic = Component(Parameters, Outputs, build",
    """from troposphere import Equals, Not

from templates_src.contract import Rule

NAMED = Rule("Named", "The topic has another name than x.", Not(Equals(Parameters.topic_name, "x")))
topic = Component(Parameters, Outputs, build, rules=[NAMED]""",
)


def change(project: Path, path: str, *pairs: tuple[str, str]) -> None:
    text = (project / path).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    write(project, path, text)


def said(project: Path, *words: str) -> str:
    """Return what the command is refused with."""
    done = build_py(project, "release", *words)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def checked(project: Path) -> tuple[str, list[str]]:
    """Return the next version and the changes since the last."""
    done = build_py(project, "release", "--check", "--json")
    found = json.loads(done.stdout)
    return found["next"], [
        f"{one['level']} {one['template']} {one['name']}: {one['what']}" for one in found["changes"]
    ]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project whose topic also has a queue and release it; linters take their time."""
    project = small(tmp_path_factory.mktemp("first"))
    change(
        project,
        COMPONENT,
        ("import Ref, Template, sns", "import Ref, Template, sns, sqs"),
        ('default="news"', 'default="news", MaxLength=80, AllowedPattern="[a-z]+"'),
        ("    return Outputs(", QUEUE),
    )
    done = build_py(project)
    assert done.returncode == 0, done.stderr
    done = build_py(project, "release", "1.0.0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("releases/1.0.0.json: written; next: git add")
    return project


@pytest.fixture
def released(first: Path, tmp_path: Path) -> Path:
    return shutil.copytree(first, tmp_path / "project")


def test_a_release_holds_the_promises_of_every_template(released: Path) -> None:
    frozen = json.loads((released / "releases/1.0.0.json").read_text())["templates"]
    topic = frozen["components/topic"]
    name = {"Type": "String", "Default": "news", "AllowedPattern": "[a-z]+", "MaxLength": 80}
    assert topic["parameters"] == {"TopicName": name}
    assert topic["outputs"] == ["TopicArn"]
    assert topic["resources"] == {"Box": "AWS::SQS::Queue", "Topic": "AWS::SNS::Topic"}
    assert topic["stateful"]["Box"]["fixed"]["QueueName"][1:] == ["TopicName"]
    assert topic["stateful"]["Box"]["policies"] == ["Retain", "Retain"]
    assert list(frozen["blueprints/paper"]["stateful"]) == ["Topic/Box"]


def test_a_release_names_the_build_that_it_is(released: Path) -> None:
    frozen = json.loads((released / "releases/1.0.0.json").read_text())["published"]
    manifest = json.loads((released / "dist/manifest.json").read_text())["blueprints"]
    assert frozen == {"paper": manifest["paper"]["prefix"]}
    assert f"Default: {frozen['paper']}" in (released / "dist/blueprints/paper.yaml").read_text()


def test_nothing_has_changed_since_a_release_that_was_just_made(released: Path) -> None:
    assert checked(released) == ("1.0.1", [])


@pytest.mark.parametrize(
    ("path", "old", "new", "found"),
    [
        (
            COMPONENT,
            "    topic_name: Value",
            '    more: Value = parameter("More.", default="")\n    topic_name: Value',
            "minor components/topic More: new parameter",
        ),
        (
            COMPONENT,
            ', default="news"',
            "",
            "major components/topic TopicName: has no default any more",
        ),
        (
            COMPONENT,
            'default="news"',
            'default="views"',
            "major components/topic TopicName: default 'news' becomes 'views', which replaces a "
            "resource that holds data",
        ),
        (
            COMPONENT,
            'default="news"',
            'default="news", AllowedValues=["news"]',
            "major components/topic TopicName: no longer allows every value",
        ),
        (
            COMPONENT,
            'default="news"',
            'default="news", MinLength=3',
            "major components/topic TopicName: MinLength None becomes 3",
        ),
        (
            COMPONENT,
            '"Box"',
            '"Inbox"',
            "major blueprints/paper Topic/Box: AWS::SQS::Queue is gone; is it Topic/Inbox? a new "
            "logical id is a new resource",
        ),
        (
            COMPONENT,
            "QueueName=p.topic_name",
            'QueueName="box"',
            "major components/topic Box: QueueName changes, which replaces it",
        ),
        (
            COMPONENT,
            '"Box", QueueName=p.topic_name, DeletionPolicy="Retain"',
            '"Box", QueueName=p.topic_name, DeletionPolicy="Delete"',
            "major blueprints/paper Topic/Box: DeletionPolicy Retain becomes Delete, which keeps "
            "less when it is deleted",
        ),
        (
            COMPONENT,
            *RULE,
            'major blueprints/paper TopicNamed: rule refuses what was accepted: TopicName "x"',
        ),
        (
            COMPONENT,
            '"Topic", DisplayName',
            '"News", DisplayName',
            "minor components/topic Topic: AWS::SNS::Topic is gone",
        ),
        (
            BLUEPRINT,
            'nest(t, "Topic"',
            'nest(t, "News"',
            "major blueprints/paper Topic/Box: AWS::SQS::Queue is gone; is it News/Box? a new "
            "logical id is a new resource",
        ),
    ],
)
def test_a_change_is_told_with_what_it_breaks(
    released: Path, path: str, old: str, new: str, found: str
) -> None:
    change(released, path, (old, new))
    next_version, changes = checked(released)
    assert found in changes
    is_major = any(one.startswith("major") for one in changes)
    assert next_version == ("2.0.0" if is_major else "1.1.0")


def test_a_renamed_output_is_breaking_and_the_new_name_is_guessed(released: Path) -> None:
    change(released, COMPONENT, ("topic_arn", "topic_arns"))
    change(released, BLUEPRINT, (".topic_arn)", ".topic_arns)"))
    assert (
        "major components/topic TopicArn: output is gone; was it renamed to 'TopicArns'?"
        in checked(released)[1]
    )


def test_a_component_that_goes_is_breaking(released: Path) -> None:
    change(released, COMPONENT, ("topic = Component", "news = Component"))
    change(released, BLUEPRINT, ("topic import topic", "news import news"), ("topic.", "news."))
    (released / COMPONENT).rename(released / "templates_src/components/news.py")
    done = build_py(released, "release", "--check")
    assert "major: components/topic components/topic: is gone" in done.stdout


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("1.0.0", "1.0.0 does not follow 1.0.0; the next is 1.0.1 or higher"),
        ("0.9.0", "0.9.0 does not follow 1.0.0"),
        ("1.1", "'1.1' is no version; write it as 1.2.3"),
        ("01.1.0", "'01.1.0' is no version"),
    ],
)
def test_a_version_that_does_not_follow_is_refused(
    released: Path, version: str, reason: str
) -> None:
    assert reason in said(released, version)


def test_a_version_that_says_too_little_is_refused_with_what_has_changed(released: Path) -> None:
    change(released, COMPONENT, ('"Box"', '"Inbox"'))
    refused = said(released, "1.1.0")
    assert "1.1.0 is too small; take 2.0.0, since" in refused
    assert "major: components/topic Box: AWS::SQS::Queue is gone; is it Inbox?" in refused


def test_a_rule_is_forgiven_that_only_asks_what_is_new(released: Path) -> None:
    more = '    more: Value = parameter("More.", default="")\n    topic_name: Value'
    change(released, COMPONENT, ("    topic_name: Value", more), RULE)
    change(released, COMPONENT, ("Not(Equals(Parameters.topic_name", "Not(Equals(Parameters.more"))
    found = checked(released)
    assert "minor components/topic Named: rule refuses nothing that was accepted" in found[1]
    assert found[0] == "1.1.0"


def test_a_major_version_needs_a_page_that_names_what_breaks(released: Path) -> None:
    change(released, COMPONENT, ("QueueName=p.topic_name", 'QueueName="box"'))
    write(released, "docs/.keep", "")
    assert build_py(released, "--no-lint").returncode == 0
    refused = said(released, "2.0.0")
    assert "docs/UPGRADE-2.md: does not tell users of these; write how to upgrade" in refused
    write(released, "docs/UPGRADE-2.md", "# 2\n\nTopic/Box is another queue: empty Box first.\n")
    assert "UPGRADE" not in build_py(released, "release", "2.0.0").stderr


def test_what_is_not_built_is_not_released(released: Path) -> None:
    change(released, COMPONENT, ("Name that people see.", "Name."))
    assert "dist/: is not what the sources give; run python build.py" in said(released, "1.0.1")
    assert not (released / "releases/1.0.1.json").exists()


def test_the_version_of_the_package_must_be_that_of_the_release(released: Path) -> None:
    write(released, "setup.cfg", "[metadata]\nversion = 1.0.0\n")
    assert "setup.cfg: says version 1.0.0, not 1.0.1; change it first" in said(released, "1.0.1")


def test_a_version_that_the_catalog_offers_as_another_build_is_refused(released: Path) -> None:
    offer = {"versions": [{"name": "1.0.1", "prefix": "stackyard/0000/"}]}
    write(released, "templates_src/offers/paper.json", json.dumps(offer))
    refused = said(released, "1.0.1")
    assert "templates_src/offers/paper.json: offers another build as 1.0.1; take that" in refused
    assert not (released / "releases/1.0.1.json").exists()


def test_versions_are_counted_as_numbers(released: Path) -> None:
    for version in ("1.9.0", "1.10.0"):
        (released / "releases/1.0.0.json").rename(released / f"releases/{version}.json")
        write(released, "releases/1.0.0.json", (released / f"releases/{version}.json").read_text())
    write(released, "releases/1.9.0.json", (released / "releases/1.0.0.json").read_text())
    assert checked(released)[0] == "1.10.1"


def test_a_file_that_is_no_release_is_one_line(released: Path) -> None:
    write(released, "releases/1.0.0.json", "{}")
    assert "1.0.0.json: is no release; restore it, releases never change" in said(released, "1.1.0")


def test_before_the_first_release_there_is_nothing_to_break(tmp_path: Path) -> None:
    done = build_py(small(tmp_path), "release", "--check")
    assert (done.returncode, done.stdout) == (
        0,
        "no release yet; the first is free to be what it is\n",
    )
