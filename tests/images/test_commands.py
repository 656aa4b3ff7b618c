"""``deploy`` with an image, ``plan`` and ``outputs`` as people run them, in a project of its own.

Slow: each run of the command line is a process that imports boto3 and builds, 0.7 s and more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.programs import Programs
from tests.projects import build_py, small, write

APP = '''"""An application."""

from __future__ import annotations

from troposphere import Equals, GetAtt, If, Ref, Template, ecr, ssm

from templates_src.contract import Component, Value, contract, output, parameter


@contract
class Parameters:
    image: Value = parameter("What runs.", default="")


@contract
class Outputs:
    repository_uri: Value = output("Where it is pushed to.")
    running: Value = output("What runs.")


def build(t: Template, p: Parameters) -> Outputs:
    """Application."""
    t.add_condition("HasNoImage", Equals(p.image, ""))
    repository = ecr.Repository(
        "Repository",
        ImageScanningConfiguration=ecr.ImageScanningConfiguration(ScanOnPush=True),
        EncryptionConfiguration=ecr.EncryptionConfiguration(EncryptionType="AES256"),
        EmptyOnDelete=True,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
    running = ssm.Parameter(
        "Running", Type="String", Value=If("HasNoImage", "placeholder", p.image)
    )
    t.add_resource(running)
    return Outputs(
        repository_uri=GetAtt(t.add_resource(repository), "RepositoryUri"),
        running=GetAtt(running, "Value"),
    )


app = Component(Parameters, Outputs, build)
'''
SYSTEM = '''"""A system of one application."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.app import app
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    image: Value = passed_to(app.takes.image)


@contract
class Outputs:
    repository_uri: Value = output("Where it is pushed to.")
    running: Value = output("What runs.")


def build(t: Template, p: Parameters) -> Outputs:
    """System."""
    made = app.nest(t, "App", image=p.image)
    return Outputs(repository_uri=made.repository_uri, running=made.running)


system = Component(Parameters, Outputs, build)
'''
DEV = """stack_name: system-{0}
regions: [us-east-1]
destroy: everything
image: {{dockerfile: ../app/Dockerfile}}
"""
PINNED = """stack_name: system-live
regions: [us-east-1]
migrations: [migrate]
parameters: {Image: "registry/system@sha256:1"}
"""
WORDS = ("deploy", "system", "dev", "--local")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    return Programs(tmp_path_factory.mktemp("programs"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("images")
    write(folder, "app/Dockerfile", "FROM scratch\n")
    made = small(folder / "project")
    write(made, "templates_src/components/app.py", APP)
    write(made, "templates_src/blueprints/system.py", SYSTEM)
    for name in ("dev", "live"):
        write(made, f"params/system/{name}.yaml", DEV.format(name))
    yield made
    build_py(made, "local", "stop")


def test_an_image_on_the_command_line(project: Path, programs: Programs) -> None:
    """In one test, because each step begins where the last has ended."""
    path = f"{programs.folder}:/usr/bin:/bin"

    def run(*words: str, status: int = 0) -> tuple[str, str]:
        done = build_py(project, *words, PATH=path)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout, done.stderr

    for name in ("docker", "podman", "buildah", "nerdctl"):
        programs.add(name, "version")  # whatever is on this machine is hidden by what is broken
    _, error = run(*WORDS, status=3)
    assert error.startswith("error: image: nothing here builds images: docker does not work (")
    assert error.count("\n") == 1

    said, _ = run(*WORDS, "--skip-build")
    assert "Running = placeholder" in said

    programs.add("docker")
    rows = [json.loads(row) for row in run(*WORDS, "--json")[0].splitlines()]
    image = rows[-1]["outputs"]["Running"]
    assert image.startswith(f"{rows[-1]['outputs']['RepositoryUri']}@sha256:")
    assert {"event": "said", "source": "image", "text": image} in rows

    assert "no changes" in run("plan", "system", "dev", "--local")[0]
    assert "system-dev: no changes" in run(*WORDS)[0]

    (project.parent / "app" / "Dockerfile").write_text("FROM scratch\nLABEL version=2\n")
    said, _ = run(*WORDS, "--skip-deploy")
    assert "image: docker builds ../app/Dockerfile for linux/amd64" in said
    assert f"Running = {image}" in said
    assert "(UPDATE_COMPLETE" in run(*WORDS)[0]
    assert len(programs.calls("build")) == 2

    said, _ = run("deploy", "system", "dev", "live", "--local")
    assert "live: image: docker builds" in said

    (project / "params" / "system" / "live.yaml").write_text(PINNED)
    run("plan", "system", "live", "--local", "--out", "live.json")
    said, _ = run("deploy", "system", "live", "--local", "--plan", "live.json", status=3)
    assert "migrations: migrate, in registry/system@sha256:1" in said  # and no service to run them
    said, _ = run("deploy", "system", "live", "--local", "--skip-migrations")
    assert "migrations" not in said
    assert "Running = registry/system@sha256:1" in said

    run("outputs", "system", "dev", "--local", "--write", "config/dev.env")
    lines = (project / "config" / "dev.env").read_text().splitlines()
    command = "python build.py outputs system dev --write config/dev.env"
    assert lines[0] == f"# Written by {command}"
    assert lines[1].startswith("# Parameters and outputs of system-dev in us-east-1; secrets by")
    assert [line.partition("=")[0] for line in lines[2:]] == ["IMAGE", "REPOSITORY_URI", "RUNNING"]


@pytest.mark.parametrize("other", [("--skip-build",), ("--plan", "x.json")])
def test_options_that_leave_nothing_to_do_are_refused(
    project: Path, other: tuple[str, ...]
) -> None:
    done = build_py(project, *WORDS, "--skip-deploy", *other)
    assert done.returncode == 2
    assert f"deploy: {other[0]} and --skip-deploy leave nothing to do" in done.stderr


def test_an_environment_without_an_image_has_none_to_build(project: Path) -> None:
    done = build_py(project, "deploy", "paper", "dev", "--local", "--skip-deploy")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("error: paper dev: builds no image; write image: to its files\n")
