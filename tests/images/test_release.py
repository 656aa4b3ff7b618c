"""Releases of an image on the embedded account, which has a registry that real builders push to.

Where no builder is, or a test is about its command line, a program stands for it and pushes a
manifest by the registry's own protocol.
"""

from __future__ import annotations

import json
import shutil
import urllib.request
from pathlib import Path

import pytest

from stackyard.deploy.events import Outcome, Planned, Said
from stackyard.errors import BuildError, DeployError, TaskError
from stackyard.images.source import Source
from tests.images.programs import Programs
from tests.images.stack import NAME, System

NEEDS_BUILDAH = pytest.mark.skipif(
    shutil.which("buildah") is None, reason="needs buildah, as of Debian's package buildah"
)


@pytest.fixture
def builder(programs: Programs) -> Programs:
    programs.add("podman")
    return programs


def test_the_first_deployment_makes_the_repository_and_then_the_release(
    system: System, builder: Programs
) -> None:
    said, end = system.deployed()
    assert end.result == "updated"
    assert said[0] == f"image: {NAME} has no repository yet: it is deployed without the image first"
    (pushed,) = system.pushed
    assert system.image.endswith(f"/{pushed['repositoryName']}@{pushed['imageDigest']}")
    assert system.image.partition("@")[0] == end.outputs["RepositoryUri"]
    (task,) = [one for one in system.definitions("ACTIVE") if "once" not in one["family"]][-1:]
    assert task["containerDefinitions"][0]["image"] == system.image


def test_an_image_is_built_from_its_context_for_the_processor_of_the_tasks(
    system: System, builder: Programs
) -> None:
    source = Source("../app/Dockerfile", "../app", "release", (("PYTHON", "3.13"),))
    system.having(source=source, parameters={"Architecture": "X86_64"}).deployed()
    (built,) = builder.calls("build")
    (pushed,) = builder.calls("push")
    address = pushed["argv"][-1]
    app = system.root / "../app"
    assert built["argv"] == [
        *("build", "--platform", "linux/amd64", "--file", str(app / "Dockerfile")),
        *("--tag", address, "--target", "release", "--build-arg", "PYTHON=3.13", str(app)),
    ]


def test_what_has_not_changed_is_not_built_again(system: System, builder: Programs) -> None:
    system.deployed()
    said, end = system.deployed()
    assert end.result == "unchanged"
    assert len(builder.calls("build")) == 1
    assert said[0].startswith("image: the repository has it already")
    system.change()
    _, end = system.deployed()
    assert end.result == "updated"
    assert len(builder.calls("build")) == 2
    assert len(system.pushed) == 2


def test_what_the_repository_has_needs_no_builder(system: System, builder: Programs) -> None:
    system.deployed()
    (builder.folder / "podman").unlink()
    assert system.deployed()[1].result == "unchanged"


def test_skipping_the_build_keeps_the_image_that_is_deployed(
    system: System, builder: Programs
) -> None:
    system.deployed()
    before = system.image
    system.change()
    said, end = system.having(parameters={"DesiredCount": "3"}).deployed(skips_build=True)
    assert (end.result, said, system.image) == ("updated", [], before)


def test_skipping_the_build_deploys_the_placeholder_where_nothing_is(
    system: System, programs: Programs
) -> None:
    _, end = system.deployed(skips_build=True)
    assert (end.result, system.image) == ("created", "")


def test_skipping_the_deployment_leaves_the_stack_alone(system: System, builder: Programs) -> None:
    system.deployed()
    before = system.image
    system.change()
    said, end = system.deployed(skips_deploy=True)
    assert (end.result, system.image, len(system.pushed)) == ("unchanged", before, 2)
    assert said[-1].startswith(f"image: {end.outputs['RepositoryUri']}@sha256:")


def test_there_is_nowhere_to_push_to_without_a_stack(system: System, builder: Programs) -> None:
    with pytest.raises(DeployError, match="no repository to push to yet; deploy once without"):
        system.deployed(skips_deploy=True)
    assert builder.calls() == []


def test_without_a_builder_nothing_is_begun(system: System, programs: Programs) -> None:
    missing = "docker, podman, buildah, nerdctl not installed"
    with pytest.raises(DeployError, match=rf"^image: nothing here builds images: {missing}; inst"):
        system.deployed()
    assert system.account.client("cloudformation").describe_stacks()["Stacks"] == []


def test_where_the_placeholder_is_out_of_reach_the_first_deployment_has_no_tasks(
    system: System, builder: Programs
) -> None:
    isolated = system.having(parameters={"Nat": "none"})
    plans = [one for one in isolated.deploying() if isinstance(one, Planned)]
    assert [one.operation for one in plans] == ["create", "update"]
    stack = system.account.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
    values = {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}
    assert values["DesiredCount"] == "2"
    assert "sha256:" in values["Image"]


def test_a_build_that_fails_changes_nothing(system: System, programs: Programs) -> None:
    programs.add("podman")
    system.deployed()
    before = system.image
    programs.add("podman", "build")
    system.change()
    with pytest.raises(BuildError, match=r"^../app/Dockerfile: podman ended with 3: cannot go on;"):
        system.deployed()
    assert system.image == before


def test_a_push_that_fails_changes_nothing(system: System, programs: Programs) -> None:
    programs.add("podman")
    system.deployed()
    before = system.image
    programs.add("podman", "push")
    system.change()
    with pytest.raises(DeployError, match="podman ended with 3: cannot go on; deploy again"):
        system.deployed()
    assert system.image == before


def test_migrations_run_in_the_new_image_before_the_stack_changes(
    system: System, builder: Programs
) -> None:
    system.deployed()
    before = system.image
    system.change()
    migrating = system.having(migrations=("alembic", "upgrade", "head"))
    order, images = [], []
    for event in migrating.deploying():
        if isinstance(event, Said) and event.source == "migrations":
            order.append(event.text.partition(",")[0].partition(" ")[0])
            images.append(system.image)
        elif isinstance(event, Planned | Outcome):
            order.append(type(event).__name__)
    assert order == ["Planned", "alembic", "task", "done:", "Outcome"]
    assert set(images) == {before}
    (once,) = [one for one in system.definitions("INACTIVE") if one["family"] == f"{NAME}-once"]
    (container,) = once["containerDefinitions"]
    assert container["image"] == system.image != before
    (service, *_) = [one for one in system.definitions("ACTIVE") if one["family"] == NAME]
    (own,) = service["containerDefinitions"]
    assert container.items() >= {**own, "image": system.image}.items()
    assert own["secrets"] == [{"name": "DATABASE_URL", "valueFrom": "arn:aws:x:y"}]
    assert once["runtimePlatform"] == {"cpuArchitecture": "ARM64"}


def test_the_first_release_is_migrated_between_the_stack_and_its_image(
    system: System, builder: Programs
) -> None:
    migrating = system.having(migrations=("migrate",))
    kinds = [
        one.source if isinstance(one, Said) else one.operation
        for one in migrating.deploying()
        if isinstance(one, Said | Planned)
    ]
    first = kinds.index("migrations")
    assert kinds[first - 1] == "update"
    assert kinds.index("create") < first


def test_there_are_no_migrations_without_a_new_image(system: System, builder: Programs) -> None:
    system.deployed()
    system.change()
    changed = system.having(migrations=("migrate",), parameters={"DesiredCount": "1"})
    said, end = changed.deployed(skips_build=True)
    assert end.result == "updated"
    assert not [text for text in said if text.startswith("migrations")]


def test_an_image_that_is_pushed_elsewhere_is_migrated_too(system: System) -> None:
    pinned = system.having(source=None, migrations=("migrate",))
    said, end = pinned.having(parameters={"Image": "registry/app@sha256:1"}).deployed()
    assert end.result == "created"  # its service was needed to run them
    assert said[0] == "migrations: migrate, in registry/app@sha256:1"
    said, _ = pinned.having(parameters={"Image": "registry/app@sha256:2"}).deployed()
    assert said[0] == "migrations: migrate, in registry/app@sha256:2"


def test_a_plan_that_is_turned_down_is_not_migrated(system: System, builder: Programs) -> None:
    system.deployed()
    system.change()
    events = system.having(migrations=("migrate",)).deploying()
    for event in events:
        if isinstance(event, Planned):
            break
    events.close()  # type: ignore[attr-defined]  # as an answer of no does
    assert not [one for one in system.definitions("INACTIVE") if one["family"] == f"{NAME}-once"]


def test_migrations_that_fail_stop_the_release(
    system: System, builder: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No container runs here, so that the end of the task alone is what AWS would say."""
    from stackyard.observe.run import Began, Ran

    def failed(*_: object, **asked: object) -> list[Began | Ran]:
        lines = ["connecting", "column exists already"]
        return [Began("task/1", "app-dev-once:1"), Ran("task/1", 1, "Essential exited", lines)]

    system.deployed()
    before, cloudformation = system.image, system.account.client("cloudformation")
    change_sets = cloudformation.list_change_sets(StackName=NAME)["Summaries"]
    system.change()
    monkeypatch.setattr("stackyard.images.migrate.run", failed)
    said: list[str] = []
    events = system.having(migrations=("migrate",)).deploying()
    with pytest.raises(TaskError) as caught:
        said.extend(one.text for one in events if isinstance(one, Said))
    assert caught.value.status == 6
    assert str(caught.value) == (
        "migrations: ended with exit code 1 (Essential exited), last line 'column exists already'; "
        f"nothing of {NAME} was changed; mend them and deploy again, or go on without them: "
        "--skip-migrations"
    )
    assert said[-1] == "column exists already"
    assert system.image == before
    assert cloudformation.list_change_sets(StackName=NAME)["Summaries"] == change_sets


@NEEDS_BUILDAH
def test_a_real_builder_builds_and_pushes_what_can_be_pulled(
    system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Buildah alone is found; it needs neither daemon nor privileges."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "buildah").symlink_to(str(shutil.which("buildah")))
    monkeypatch.setenv("PATH", str(tmp_path / "real"))
    storage = tmp_path / "storage.conf"  # where it leaves nothing behind
    folders = f'graphroot = "{tmp_path}/images"\nrunroot = "{tmp_path}/run"\n'
    storage.write_text(f'[storage]\ndriver = "vfs"\n{folders}')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(storage))
    monkeypatch.setenv("BUILDAH_ISOLATION", "chroot")
    said, end = system.deployed()
    assert end.result == "updated"
    assert "image: STEP 2/2: COPY src /src" in said
    (pushed,) = system.pushed
    assert system.image.endswith(pushed["imageDigest"])
    host, name = system.account.endpoint_url, end.outputs["RepositoryUri"]
    address = f"{host}/v2/{name}/"
    with urllib.request.urlopen(f"{address}manifests/{pushed['imageDigest']}") as answer:
        config = json.load(answer)["config"]["digest"]
    with urllib.request.urlopen(f"{address}blobs/{config}") as answer:
        assert json.load(answer)["architecture"] == "arm64"
    assert system.deployed()[1].result == "unchanged"


def test_a_client_without_a_daemon_is_passed_over(system: System, programs: Programs) -> None:
    programs.add("docker", "version")
    programs.add("podman")
    said, _ = system.deployed()
    assert any(text.startswith("image: podman builds") for text in said)


def test_a_client_without_a_daemon_is_named(system: System, programs: Programs) -> None:
    programs.add("docker", "version")
    with pytest.raises(DeployError) as caught:
        system.deployed()
    assert "docker does not work (cannot go on), podman, buildah, nerdctl not installed" in str(
        caught.value
    )
