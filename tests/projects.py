"""Projects in folders of their own, which a test may build, break and interrupt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

TOOL = ("build.py", "stackyard")
CACHE = ".stackyard/lint.json"
TOPIC = '''"""A topic."""

from __future__ import annotations

from troposphere import Ref, Template, sns

from templates_src.contract import Component, Value, contract, output, parameter


@contract
class Parameters:
    topic_name: Value = parameter("Name that people see.", default="news")


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Topic."""
    return Outputs(topic_arn=Ref(t.add_resource(sns.Topic("Topic", DisplayName=p.topic_name))))


topic = Component(Parameters, Outputs, build)
'''
PAPER = '''"""A newspaper."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.topic import topic
from templates_src.contract import Component, Nesting, Value, contract, output, passed_to


@contract
class Parameters(Nesting):
    topic_name: Value = passed_to(topic.takes.topic_name)


@contract
class Outputs:
    topic_arn: Value = output("ARN of the topic.")


def build(t: Template, p: Parameters) -> Outputs:
    """Newspaper."""
    return Outputs(topic_arn=topic.nest(t, "Topic", topic_name=p.topic_name).topic_arn)


paper = Component(Parameters, Outputs, build)
'''
ENVIRONMENT = """stack_name: paper-{0}
regions: [us-east-1]
parameters:
  TopicName: {0}
"""


def copied(folder: Path) -> Path:
    """Return a copy of this project with all that a build reads and writes."""
    for name in (*TOOL, "templates_src", "params", "dist"):
        _copy(ROOT / name, folder / name)
    # what the linters have said of the same templates, if this project was built before
    if (ROOT / CACHE).exists():
        _copy(ROOT / CACHE, folder / CACHE)
    return folder


def small(folder: Path) -> Path:
    """Return a project of one component, one blueprint ``paper`` and its dev and live."""
    for name in (*TOOL, "templates_src/contract.py"):
        _copy(ROOT / name, folder / name)
    write(folder, "templates_src/components/topic.py", TOPIC)
    write(folder, "templates_src/blueprints/paper.py", PAPER)
    for environment in ("dev", "live"):
        write(folder, f"params/paper/{environment}.yaml", ENVIRONMENT.format(environment))
    return folder


def write(project: Path, path: str, text: str) -> None:
    """Write a file of a project."""
    (project / path).parent.mkdir(parents=True, exist_ok=True)
    (project / path).write_text(text)


def build_py(
    project: Path, *words: str, stdin: int = subprocess.DEVNULL, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the command line of a project in a process of its own and wait for it."""
    return subprocess.run(
        command(*words),
        cwd=project,
        stdin=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **variables},
    )


def command(*words: str) -> list[str]:
    """Return what runs ``build.py`` with this interpreter."""
    return [sys.executable, "build.py", *words]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
