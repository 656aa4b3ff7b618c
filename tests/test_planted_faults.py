"""The nine faults of wiring nested stacks, planted one by one, and where each is caught.

mypy reads troposphere once for all nine, which takes most of the time of this module.
"""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHILD = '''
from templates_src.contract import Component, Value, contract, output, parameter
from troposphere import GetAtt, Ref, Template, sqs


@contract
class Parameters:
    topic_arn: Value = parameter("Topic.")
    max_receives: Value = parameter("Deliveries.", Type="Number", default=5)


@contract
class Outputs:
    queue_arn: Value = output("ARN.")


def build(t: Template, p: Parameters) -> Outputs:
    """Queue."""
    redrive = sqs.RedrivePolicy(deadLetterTargetArn=p.topic_arn, maxReceiveCount=p.max_receives)
    t.add_resource(
        sqs.Queue("WorkQueue", RedrivePolicy=redrive, DelaySeconds=0, QueueName=Ref("AWS::NoValue"))
    )
    return Outputs(queue_arn=GetAtt("WorkQueue", "Arn"))


child = Component(Parameters, Outputs, build)
'''
PARENT = '''
from templates_src.contract import Component, Nesting, Value, contract, output
from troposphere import Template

from PACKAGE.child import child


@contract
class Outputs:
    jobs_arn: Value = output("ARN.")


def build(t: Template, p: Nesting) -> Outputs:
    """Root."""
    jobs = child.nest(t, "Jobs", topic_arn="arn", max_receives=3)
    return Outputs(jobs_arn=jobs.queue_arn)


parent = Component(Nesting, Outputs, build)
'''
# name: (module, text, what replaces it, seen by mypy, seen by building)
FAULTS = {
    "misspelt_input": ("parent", 'topic_arn="arn"', 'topic_arm="arn"', True, True),
    "missing_input": ("parent", 'topic_arn="arn", ', "", True, True),
    "misspelt_output": ("parent", "jobs.queue_arn", "jobs.queue_arm", True, True),
    "renamed_output": ("child", "queue_arn", "arn_of_queue", True, True),
    "none_as_value": ("parent", "max_receives=3", "max_receives=None", True, False),
    "misspelt_parameter": ("child", "p.max_receives", "p.max_recieves", True, True),
    "misspelt_property": ("child", "DelaySeconds", "DelaySecond", False, True),
    "unused_parameter": ("child", "=p.max_receives", "=5", False, False),
    "wrong_literal": ("child", "DelaySeconds=0", 'DelaySeconds="soon"', False, True),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("planted")
    for fault, (module, text, instead, _, _) in {"none": ("child", "", "", 0, 0), **FAULTS}.items():
        package = root / f"fault_{fault}"
        package.mkdir()
        (package / "__init__.py").touch()
        for name, source in (("child", CHILD), ("parent", PARENT)):
            written = source.replace("PACKAGE", package.name)
            if name == module and text:
                assert text in written, f"{fault}: nothing to replace"
                written = written.replace(text, instead)
            (package / f"{name}.py").write_text(written)
    sys.path.insert(0, str(root))
    yield root
    sys.path.remove(str(root))


@pytest.fixture(scope="module")
def typed(planted: Path) -> str:
    project = Path(__file__).parent.parent
    command = ["-m", "mypy", "--config-file", str(project / "setup.cfg"), "--cache-dir=/dev/null"]
    done = subprocess.run(
        [sys.executable, *command, "--no-incremental", str(planted)],
        capture_output=True,
        text=True,
        cwd=planted,
        env={"MYPYPATH": f"{project}:{planted}", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def builds(package: str) -> bool:
    try:
        parent = importlib.import_module(f"{package}.parent").parent
        child = importlib.import_module(f"{package}.child").child
        parent.template().to_dict()
        child.template().to_dict()
    except (TypeError, AttributeError, ValueError):
        return False
    return True


@pytest.mark.usefixtures("planted")
def test_template_without_fault_builds() -> None:
    assert builds("fault_none")


def test_template_without_fault_passes_mypy(typed: str) -> None:
    assert "fault_none/" not in typed


@pytest.mark.parametrize("fault", FAULTS)
def test_mypy_sees_the_fault_where_it_can(typed: str, fault: str) -> None:
    assert (f"fault_{fault}/" in typed) == FAULTS[fault][3]


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("fault", FAULTS)
def test_building_sees_the_fault_where_it_can(fault: str) -> None:
    assert builds(f"fault_{fault}") != FAULTS[fault][4]
