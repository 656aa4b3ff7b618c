"""The projects that are measured: copies of this one, generated libraries, and the CDK app."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "floor"))
from names import NAMES, title

HERE = Path(__file__).parent
ROOT = HERE.parent
TOOL = ("build.py", "stackyard")

COMPONENT = '''\
"""A Fargate service, as the floor has it."""

from __future__ import annotations

from troposphere import GetAtt, Template

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.floor import add_service


@contract
class Parameters:
{parameters}


@contract
class Outputs:
    service_name: Value = output("Name of the service.")


def build(t: Template, p: Parameters) -> Outputs:
    """Fargate service."""
    return Outputs(service_name=GetAtt(add_service(t, p), "Name"))


api = Component(Parameters, Outputs, build)
'''

BLUEPRINT = '''\
"""One of many blueprints."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.api import Parameters as ApiParameters
from templates_src.components.api import api
from templates_src.components.topic import topic
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to

{services}


@contract
class Parameters(Nesting):
{parameters}


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Many services."""
    shared = topic.nest(t, "Topic")
    given = {{name: getattr(p, name) for name in {names!r}}}
    for number in range({count}):
        globals()[f"service_{{number}}"].nest(t, f"Service{{number}}", **given)
    return Outputs(topic_arn=shared.topic_arn)


{name} = Component(Parameters, Outputs, build)
'''

TOPIC = '''\
"""A topic: the module that changes."""

from __future__ import annotations

from troposphere import Ref, Template
from troposphere.sns import Topic

from templates_src.contract import Component, Value, contract, output


@contract
class Parameters:
    pass


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Topic."""
    return Outputs(topic_arn=Ref(t.add_resource(Topic("Topic", DisplayName="{version}"))))


topic = Component(Parameters, Outputs, build)
'''


def copied(folder: Path) -> Path:
    """Return *folder* with a copy of this project and nothing built."""
    _copy(folder, *TOOL, "templates_src", "params")
    return folder


def library(folder: Path, blueprints: int, stacks: int, environments: int) -> Path:
    """Return *folder* with a library of *blueprints* x *stacks* service templates."""
    _copy(folder, *TOOL, "templates_src/contract.py", "templates_src/parts")
    sources = folder / "templates_src"
    floor = (HERE / "floor" / "service.py").read_text()
    (sources / "parts" / "floor.py").write_text(
        floor.replace("from names", "from templates_src.parts.names")
    )
    shutil.copy(HERE / "floor" / "names.py", sources / "parts")
    for kind in ("components", "blueprints"):
        (sources / kind).mkdir()
    own = "\n".join(f'    {name}: Value = parameter("The {name}.")' for name in NAMES)
    (sources / "components" / "api.py").write_text(COMPONENT.format(parameters=own))
    change(folder, 0)
    passed = "\n".join(f"    {name}: Value = passed_to(api.takes.{name})" for name in NAMES)
    for blueprint in (f"b{number}" for number in range(blueprints)):
        services = "\n".join(
            f'service_{number} = api.extended("{blueprint}_service_{number}", ApiParameters)'
            for number in range(stacks)
        )
        text = BLUEPRINT.format(
            name=blueprint, services=services, parameters=passed, names=NAMES, count=stacks
        )
        (sources / "blueprints" / f"{blueprint}.py").write_text(text)
        _write_params(folder / "params" / blueprint, environments)
    return folder


def change(folder: Path, version: int) -> None:
    """Change one module of a generated library."""
    path = folder / "templates_src" / "components" / "topic.py"
    path.write_text(TOPIC.format(version=version))


def empty(folder: Path) -> None:
    """Remove what was built and every cache."""
    for name in ("dist", ".stackyard"):
        shutil.rmtree(folder / name, ignore_errors=True)


def cdk(folder: Path) -> Path:
    """Return *folder* with the pinned CDK for Node and Python, installed once.

    Raises:
        CalledProcessError: npm or pip could not install it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in (HERE / "cdk").iterdir():
        shutil.copy(path, folder)
    if not (folder / "node_modules" / "aws-cdk-lib").is_dir():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund"], cwd=folder, check=True)
    python = folder / "venv" / "bin" / "python"
    if not (folder / "venv" / "installed").exists():
        venv.create(folder / "venv", with_pip=True, clear=True)
        pinned = str(folder / "requirements.txt")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", pinned], check=True)
        (folder / "venv" / "installed").touch()
    return folder


def _copy(folder: Path, *names: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name in names:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def _write_params(folder: Path, environments: int) -> None:
    folder.mkdir(parents=True)
    own, *shared = (title(name) for name in reversed(NAMES))
    values = "".join(f"  {name}: value\n" for name in shared)
    (folder / "common.yaml").write_text(f"regions: [us-east-1]\nparameters:\n{values}")
    for number in range(environments):
        text = f"stack_name: {folder.name}-e{number}\nparameters:\n  {own}: value-{number}\n"
        (folder / f"e{number}.yaml").write_text(text)
