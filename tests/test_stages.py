"""What a blueprint may name as its stages, in which order they come and what they hand over."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackyard.build import Build, Options
from stackyard.config import Place, load
from stackyard.deploy.target import account_of
from stackyard.environments import ParameterSet
from stackyard.errors import BuildError
from stackyard.project import Project
from stackyard.resolved import plain
from stackyard.stages import course, declared, shared
from tests.projects import build_py, write
from tests.staged import blueprint, environment, newspaper
from tests.support import ROOT

CONFIG = """organization: acme
environments:
  live:
    account: "111111111111"
    region: us-east-1
    artifact_bucket: acme-templates
{0}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return newspaper(tmp_path)


def names_stages(folder: Path, text: str) -> None:
    """Let the blueprint ``ink`` name stages, and no more."""
    write(folder, "templates_src/blueprints/ink.py", f'"""Ink."""\n\nSTAGES = {text}\n')


def findings(folder: Path) -> list[str]:
    """Return what a build of a process of its own complains of: its modules are imported anew."""
    done = build_py(folder, "build", "--no-lint", "--check")
    return [row for row in done.stderr.splitlines() if row.startswith("error: ")]


def live(name: str) -> ParameterSet:
    """Return a stage that its files put into Ireland."""
    found = ParameterSet(name, "live", f"{name}-live", ("eu-west-1",), {}, False, {}, {})
    return found._replace(is_stage=True)


def test_what_is_taken_from_comes_first(folder: Path) -> None:
    found = course(Project(folder), "paper", "live")
    order = [*found.before]
    assert found.last == order[-1] == "paper"
    assert order.index("mill") < order.index("press")
    assert {name: [*stages] for name, stages in found.before.items()} == {
        "mill": [],
        "press": ["mill"],
        "ink": [],
        "paper": ["press", "ink"],
    }


def test_destroying_is_the_other_way_round(folder: Path) -> None:
    found = course(Project(folder), "paper", "live")
    assert [*found.after] == [*reversed([*found.before])]
    assert found.after["mill"] == ["press"]
    assert found.after["paper"] == []


def test_a_stage_that_another_system_needs_outlives_this_one(folder: Path) -> None:
    project = Project(folder)
    write(folder, "templates_src/blueprints/other.py", 'STAGES = ("press",)\n')
    write(folder, "params/other/live.yaml", "")
    system = course(project, "paper", "live")
    assert shared(project, system) == {"press": "other", "mill": "other"}
    assert [*system.without(shared(project, system)).after] == ["paper", "ink"]
    assert shared(project, course(project, "press", "live")) == {}


def test_a_stage_without_the_environment_is_left_out_with_its_own_stages(folder: Path) -> None:
    environment(folder, "mill", "dev")
    found = course(Project(folder), "paper", "dev")
    assert [*found.before] == ["paper"]
    assert [*found.left_out] == ["press", "ink"]


def test_a_blueprint_without_stages_is_alone() -> None:
    found = course(Project(ROOT), "pyshop", "dev")
    assert (found.before, found.left_out) == ({"pyshop": []}, [])


def test_a_stage_that_is_no_blueprint_is_named_with_the_nearest(folder: Path) -> None:
    names_stages(folder, '("mil",)')
    with pytest.raises(BuildError, match=r"blueprints/ink\.py:3: no blueprint 'mil'; did you mean"):
        declared(Project(folder))


def test_a_circle_is_refused_with_its_way(folder: Path) -> None:
    names_stages(folder, '("paper",)')
    with pytest.raises(BuildError, match=r"\.py:\d+: .*ink -> .* wait for each other; take one"):
        declared(Project(folder))


@pytest.mark.parametrize("text", ['"mill"', '["mill"]', "(1,)", "tuple(others)"])
def test_stages_are_a_tuple_of_names_that_need_no_running(folder: Path, text: str) -> None:
    names_stages(folder, text)
    with pytest.raises(BuildError, match=r'ink\.py:3: STAGES is no tuple of names; write \("name"'):
        declared(Project(folder))


def test_an_output_that_nobody_takes_fails_the_build(folder: Path) -> None:
    blueprint(folder, "press", ("mill",), ())
    (error,) = findings(folder)
    assert "templates_src/blueprints/press.py:" in error
    assert "mill gives MillArn, which is no parameter here; rename or remove it" in error


def test_a_value_that_a_stage_gives_stands_in_no_file(folder: Path) -> None:
    text = (folder / "params/paper/live.yaml").read_text()
    write(folder, "params/paper/live.yaml", f"{text}  InkArn: arn:aws:sns:eu-west-1:1:ink\n")
    (error,) = findings(folder)
    assert "params/paper/live.yaml:7:3: " in error
    assert "InkArn is what ink gives this environment; remove it here" in error
    write(folder, "params/paper/live.yaml", text)
    text = (folder / "params/paper/dev.yaml").read_text()
    write(folder, "params/paper/dev.yaml", f"{text}  InkArn: arn:aws:sns:eu-west-1:1:ink\n")
    assert findings(folder) == []


def test_other_clients_are_told_nothing_of_what_stages_give(folder: Path) -> None:
    """They keep what the stack has of what they are not told."""
    assert build_py(folder, "build", "--no-lint").returncode == 0
    told = {
        name: json.loads((folder / f"dist/params/paper/{name}.json").read_text())
        for name in ("live", "dev")
    }
    keys = {name: {one["ParameterKey"] for one in rows} for name, rows in told.items()}
    assert keys["dev"] - keys["live"] == {"PressArn", "InkArn"}


def test_the_model_counts_what_a_stage_gives_as_given(project: Project) -> None:
    made = Build(project, Options("chronotrail", check=True, native=False, cfn_lint=False))
    made.prepare()
    prod = next(item for item in made.sets["chronotrail"] if item.environment == "prod")
    assert prod.handed["ReplicaBucketArn"] == "chronotrail-replica"
    bucket = made.resolve("chronotrail", prod, "us-east-1").find("Media/MediaBucket")
    assert bucket
    (rule,) = plain(dict(bucket.properties))["ReplicationConfiguration"]["Rules"]
    assert rule["Destination"]["Bucket"] == "<chronotrail-replica.ReplicaBucketArn>"


def test_a_stage_lives_where_its_own_files_say_with_the_account_of_the_environment(
    tmp_path: Path,
) -> None:
    write(tmp_path, "stackyard.yaml", CONFIG.format(""))
    found = load(tmp_path)
    assert found
    assert found.place_of_stage("live", "ink") == Place("111111111111", "")


def test_the_configuration_may_say_where_a_stage_lives(tmp_path: Path) -> None:
    stages = "    stages:\n      ink: {region: eu-central-1, profile: acme-eu}\n"
    write(tmp_path, "stackyard.yaml", CONFIG.format(stages))
    found = load(tmp_path)
    assert found
    place = found.place_of_stage("live", "ink")
    assert (place.account, place.region, place.profile) == (
        *("111111111111", "eu-central-1"),
        "acme-eu",
    )
    with pytest.raises(BuildError, match="to be deployed in eu-central-1, and its files are check"):
        account_of(live("ink"), found)
