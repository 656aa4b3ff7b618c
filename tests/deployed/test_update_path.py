"""From the last release to this build: no data is lost, no output goes, what is published stays.

taskcat only ever creates stacks. Here the templates of the last release are deployed, as git has
them, and then updated. Until there is a release, it is this very build that is deployed first.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackyard.aws import cloudformation, s3
from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import Outcome
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import Published, publish
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from stackyard.release import Release, published, releases
from stackyard.stateful import stateful_types
from tests.deployed.small import outcome
from tests.projects import build_py, copied, small
from tests.support import ROOT

MANIFEST = json.loads((ROOT / "dist/manifest.json").read_bytes())["blueprints"]
# One environment of each: they differ by parameters, and what is replaced by the template
CASES = [(name, one) for name, facts in MANIFEST.items() for one in facts["environments"][:1]]
ALERTS = "templates_src/components/alerts.py"


@dataclass(frozen=True)
class Held:
    """What a stack must not lose: physical ids of what holds data, by path, and outputs."""

    data: dict[str, str]
    outputs: set[str]

    def lost(self, after: Held) -> list[str]:
        gone = [path for path, id in self.data.items() if after.data.get(path) != id]
        return [*gone, *(self.outputs - after.outputs)]


def held(account: Account, stack_name: str) -> Held:
    found = cloudformation.describe(account, stack_name)
    assert found
    return Held(dict(_data(account, stack_name)), set(found.outputs))


def _data(account: Account, stack: str, above: str = "") -> Iterator[tuple[str, str]]:
    for resource in cloudformation.resources(account, stack):
        path = f"{above}{resource.logical_id}"
        if resource.type == cloudformation.STACK:
            yield from _data(account, resource.physical_id, f"{path}/")
        elif resource.type in stateful_types():
            yield path, resource.physical_id


def brought(account: Account, dist: Path, blueprint: str, environment: str) -> Outcome:
    """Deploy what a ``dist/`` holds, with the parameters that it states."""
    uploaded = publish(account, dist, blueprint)
    config = json.loads((dist / f"params/{blueprint}/{environment}.config.json").read_bytes())
    parameters, _ = provide(account, config["Parameters"])
    request = Request(
        stack_name="released",
        template_url=uploaded.url(f"blueprints/{blueprint}.yaml"),
        parameters={**parameters, "TemplateBucket": uploaded.bucket},
        tags=config.get("Tags", {}),
    )
    return outcome(list(deploy(account, request)))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``dist/`` of the last release, of this build if there is none."""
    found = releases(Project(ROOT))
    if not found:
        return ROOT / "dist"
    there = restored(ROOT, found[-1], tmp_path_factory.mktemp("released"))
    if there is None:
        assert git(ROOT, "rev-parse", "--is-shallow-repository").strip() != b"false", (
            f"no commit holds what releases/{found[-1].version}.json froze"
        )
        pytest.skip(f"a copy without the history that holds {found[-1].version}")
    return there


def restored(project: Path, release: Release, folder: Path) -> Path | None:
    """Return ``dist/`` as a release froze it: what is built, or what git has; None if neither."""
    if published(project / "dist") == release.published:
        return project / "dist"
    path = f"releases/{release.version}.json"
    froze = git(project, "log", "--diff-filter=A", "--format=%H", "--", path).decode().split()
    for commit in (f"v{release.version}", *froze):
        content = git(project, "archive", commit, "dist")
        if content:
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                archive.extractall(folder / commit, filter="data")
            if published(folder / commit / "dist") == release.published:
                return folder / commit / "dist"
    return None


def git(project: Path, *words: str) -> bytes:
    """Return what git says of a project, nothing if it refuses."""
    someone = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", "-C", str(project), *someone, *words], capture_output=True)
    return b"" if done.returncode else done.stdout


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    """Return ``dist/`` of this project with the component ``alerts`` changed."""
    project = copied(folder)
    text = (project / ALERTS).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    (project / ALERTS).write_text(text)
    done = build_py(project, "--no-lint")
    assert done.returncode == 0, done.stderr
    return project / "dist"


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed(
        tmp_path_factory.mktemp("harmless"), ("Encrypts alarm notifications", "Encrypts alarms")
    )


@pytest.fixture(scope="module")
def harmful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed(tmp_path_factory.mktemp("harmful"), ('"TopicKey"', '"AlarmKey"'))


@pytest.mark.parametrize(("blueprint", "environment"), CASES)
def test_an_update_from_the_last_release_loses_nothing(
    account: Account, released: Path, harmless: Path, blueprint: str, environment: str
) -> None:
    if blueprint not in json.loads((released / "manifest.json").read_bytes())["blueprints"]:
        pytest.skip(f"{blueprint} is newer than the last release")
    assert brought(account, released, blueprint, environment).is_good
    before = held(account, "released")
    end = brought(account, harmless, blueprint, environment)
    assert end.is_good, end.cause
    assert before.lost(held(account, "released")) == []


def test_an_update_that_replaces_what_holds_data_is_found(account: Account, harmful: Path) -> None:
    assert brought(account, ROOT / "dist", "pyshop", "dev").is_good
    before = held(account, "released")
    assert brought(account, harmful, "pyshop", "dev").is_good
    assert before.lost(held(account, "released")) == ["Alerts/TopicKey"]


@pytest.mark.parametrize("is_tagged", [True, False])
def test_a_release_is_deployed_as_git_has_it(
    account: Account, tmp_path: Path, is_tagged: bool
) -> None:
    project = small(tmp_path / "project")
    assert build_py(project).returncode == 0
    assert build_py(project, "release", "1.0.0").returncode == 0
    git(project, "init")
    git(project, "add", "dist", "releases")
    git(project, "commit", "-m", "1.0.0")
    if is_tagged:
        git(project, "tag", "v1.0.0")
    for path in ("components/topic.py", "blueprints/paper.py"):
        source = project / "templates_src" / path
        source.write_text(source.read_text().replace("topic_arn", "address"))
    assert build_py(project, "--no-lint").returncode == 0
    (release,) = releases(Project(project))
    there = restored(project, release, tmp_path)
    assert there
    assert there.parent.name.startswith("v") == is_tagged
    assert brought(account, there, "paper", "dev").is_good
    before = held(account, "released")
    assert brought(account, project / "dist", "paper", "dev").is_good
    assert before.lost(held(account, "released")) == ["TopicArn"]


def test_what_a_release_published_stays_and_stands_alone(account: Account, harmless: Path) -> None:
    old = publish(account, ROOT / "dist", "pyshop")
    before = contents(account, old)
    new = publish(account, harmless, "pyshop")
    assert new.prefix != old.prefix
    assert contents(account, old) == before
    assert brought(account, ROOT / "dist", "pyshop", "dev").is_good


def contents(account: Account, uploaded: Published) -> dict[str, bytes]:
    client = account.client("s3")
    return {
        key: client.get_object(Bucket=uploaded.bucket, Key=key)["Body"].read()
        for key in s3.keys(account, uploaded.bucket, uploaded.prefix)
    }
