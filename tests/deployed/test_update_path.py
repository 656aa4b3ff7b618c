"""From the last release to this build: no data is lost, no output goes, what is published stays.

taskcat only ever creates stacks. Here the templates of a release are deployed, from the git tag or,
as long as there is none, from this very build, and then updated.
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
from stackyard.release import releases
from stackyard.stateful import stateful_types
from tests.deployed.small import outcome
from tests.projects import build_py, copied
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
    published = publish(account, dist, blueprint)
    config = json.loads((dist / f"params/{blueprint}/{environment}.config.json").read_bytes())
    parameters, _ = provide(account, config["Parameters"])
    request = Request(
        stack_name="released",
        template_url=published.url(f"blueprints/{blueprint}.yaml"),
        parameters={**parameters, "TemplateBucket": published.bucket},
        tags=config.get("Tags", {}),
    )
    return outcome(list(deploy(account, request)))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ``dist/`` of the last release, of this build if there is none."""
    found = releases(Project(ROOT))
    if not found:
        return ROOT / "dist"
    command = ["git", "-C", str(ROOT), "archive", f"v{found[-1].version}", "dist"]
    done = subprocess.run(command, capture_output=True)
    if done.returncode:
        pytest.skip(f"git has no tag v{found[-1].version}: a copy without history")
    folder = tmp_path_factory.mktemp("released")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "dist"


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


def test_what_a_release_published_stays_and_stands_alone(account: Account, harmless: Path) -> None:
    old = publish(account, ROOT / "dist", "pyshop")
    before = contents(account, old)
    new = publish(account, harmless, "pyshop")
    assert new.prefix != old.prefix
    assert contents(account, old) == before
    assert brought(account, ROOT / "dist", "pyshop", "dev").is_good


def contents(account: Account, published: Published) -> dict[str, bytes]:
    client = account.client("s3")
    return {
        key: client.get_object(Bucket=published.bucket, Key=key)["Body"].read()
        for key in s3.keys(account, published.bucket, published.prefix)
    }
