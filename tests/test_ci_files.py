"""Files for an application's repository, held against what will read them."""

from __future__ import annotations

import json
import string
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
import yaml
from botocore.validate import ParamValidator

from stackyard.build import Build, Options
from stackyard.ci_files import Placeholders, ci_files, with_image
from stackyard.errors import BuildError
from stackyard.project import Project
from stackyard.resolved import System, Unknown
from tests.actionlint import complaints

NAME = "fastapi-bluegreen"
ENVIRONMENTS = ["dev", "prod", "test"]
WORKFLOWS = ["deploy.yml", "code_quality.yml"]
# https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
EVENTS = {
    *("BeforeInstall", "AfterInstall", "AfterAllowTestTraffic", "BeforeAllowTraffic"),
    "AfterAllowTraffic",
}
SCHEMA = Path(__file__).parent / "schemas/github-workflows.json"  # of schemastore.org, Apache-2.0


@pytest.fixture(scope="module")
def systems(project: Project) -> list[System]:
    built = Build(project, Options(NAME, check=True, native=False, cfn_lint=False))
    built.prepare()
    return [built.resolve(NAME, with_image(one), one.regions[0]) for one in built.sets[NAME]]


@pytest.fixture(scope="module")
def files(systems: list[System]) -> dict[str, str]:
    return {path.removeprefix(f"ci/{NAME}/"): text for path, text in ci_files(systems).items()}


@pytest.fixture(scope="module")
def workflows(files: dict[str, str]) -> dict[str, Any]:
    return {name: yaml.safe_load(files[name]) for name in WORKFLOWS}


def filled(systems: list[System], text: str) -> str:
    known = dict.fromkeys(systems[0].root.outputs, "of-the-stack")
    return string.Template(text).substitute(known, Image="image@sha256:0", TaskDefinition="arn:x")


def steps(workflow: Any, job: str) -> list[dict[str, Any]]:
    return list(workflow["jobs"][job]["steps"])


def test_there_is_a_folder_for_each_environment_and_one_of_each_workflow(
    files: dict[str, str],
) -> None:
    pairs = {f"{env}/{name}" for env in ENVIRONMENTS for name in ("taskdef.json", "appspec.yaml")}
    assert set(files) == pairs | set(WORKFLOWS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_ecs_takes_the_task_definition(
    systems: list[System], files: dict[str, str], environment: str
) -> None:
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    definition = json.loads(filled(systems, files[f"{environment}/taskdef.json"]))
    assert not ParamValidator().validate(definition, shape).has_errors()
    wrong = {**definition, "cpuu": "1"}
    assert ParamValidator().validate(wrong, shape).has_errors()
    number = json.loads(json.dumps(definition))
    number["containerDefinitions"][0]["portMappings"][0]["containerPort"] = "8000"
    assert ParamValidator().validate(number, shape).has_errors()


@pytest.mark.parametrize(
    ("environment", "cpu", "memory"), [("dev", "256", "512"), ("prod", "1024", "2048")]
)
def test_task_definition_is_that_of_its_environment_with_the_image_of_the_release(
    systems: list[System], files: dict[str, str], environment: str, cpu: str, memory: str
) -> None:
    definition = json.loads(filled(systems, files[f"{environment}/taskdef.json"]))
    assert (definition["cpu"], definition["memory"]) == (cpu, memory)
    (container,) = definition["containerDefinitions"]
    assert container["image"] == "image@sha256:0"
    assert "command" not in container  # that of the placeholder
    assert {"name": "ENVIRONMENT", "value": environment} in container["environment"]
    assert {one["name"] for one in container["secrets"]} == {"SECRET_KEY", "DATABASE_URL"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_app_spec_names_the_service_and_hooks_that_exist(
    systems: list[System], files: dict[str, str], environment: str
) -> None:
    told = yaml.safe_load(filled(systems, files[f"{environment}/appspec.yaml"]))
    assert told["version"] == 0.0
    (resource,) = told["Resources"]
    assert resource["TargetService"]["Type"] == "AWS::ECS::Service"
    assert resource["TargetService"]["Properties"] == {
        "TaskDefinition": "arn:x",
        "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 8000},
        "PlatformVersion": "LATEST",
    }
    events = [event for hook in told["Hooks"] for event in hook]
    assert events == ["BeforeInstall", "AfterAllowTestTraffic"]
    assert set(events) <= EVENTS


def test_what_no_output_gives_is_an_error_that_names_it(systems: list[System]) -> None:
    first = systems[0]
    outputs = {k: v for k, v in first.root.outputs.items() if k != "ExecutionRoleArn"}
    poorer = replace(first, root=first.root._replace(outputs=outputs))
    with pytest.raises(BuildError, match=r"needs Api/ExecutionRole\.Arn, which no output gives;"):
        ci_files([poorer])


def test_a_literal_dollar_survives_filling(systems: list[System]) -> None:
    written = Placeholders(systems[0]).fill({"Command": ["echo", "$HOME"]})
    assert written == {"Command": ["echo", "$$HOME"]}
    assert filled(systems, written["Command"][1]) == "$HOME"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_github_takes_the_workflow(workflows: dict[str, Any], name: str) -> None:
    check = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))
    # YAML 1.1 takes the key "on" for a boolean, GitHub does not
    workflow = {("on" if key is True else key): value for key, value in workflows[name].items()}
    assert list(check.iter_errors(workflow)) == []
    assert list(check.iter_errors({**workflow, "jobs": {"x": {"steps": "none"}}}))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actionlint_has_nothing_to_say(files: dict[str, str], name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(files[name])
    assert complaints(path) == ""


def test_actionlint_would_say_something(files: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "deploy.yml"
    path.write_text(files["deploy.yml"].replace("needs: quality", "needs: qualm"))
    assert '"qualm"' in complaints(path)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_every_script_is_one_that_bash_can_read(
    workflows: dict[str, Any], name: str, tmp_path: Path
) -> None:
    for job in workflows[name]["jobs"].values():
        for step in job.get("steps", []):
            done = subprocess.run(["bash", "-n"], input=step.get("run", ""), text=True, check=False)
            assert done.returncode == 0, step


def test_nothing_is_released_that_quality_did_not_pass(workflows: dict[str, Any]) -> None:
    deploy = workflows["deploy.yml"]
    assert deploy["jobs"]["quality"]["uses"].endswith("code_quality.yml")
    assert deploy["jobs"]["release"]["needs"] == "quality"
    assert {"push", "pull_request"} <= set(deploy[True])
    quality = workflows["code_quality.yml"]
    assert set(quality["jobs"]) == {"lint", "spelling", "tests"}
    assert "workflow_call" in quality[True]


def test_main_goes_to_prod_and_develop_to_dev_without_a_stored_key(
    workflows: dict[str, Any], files: dict[str, str]
) -> None:
    release = workflows["deploy.yml"]["jobs"]["release"]
    assert "github.ref_name == 'main' && 'prod' || 'dev'" in release["environment"]
    assert workflows["deploy.yml"][True]["push"]["branches"] == ["main", "develop"]
    assert release["permissions"]["id-token"] == "write"
    assert "secrets." not in files["deploy.yml"]
    stacks = json.loads(workflows["deploy.yml"]["env"]["STACKS"])
    assert stacks["prod"]["stack"].endswith("-prod-fastapi-bluegreen")


def test_an_image_is_scanned_before_it_is_pushed_and_released_by_digest(
    workflows: dict[str, Any],
) -> None:
    scripts = [step.get("run", "") for step in steps(workflows["deploy.yml"], "release")]

    def place(text: str) -> int:
        return next(index for index, script in enumerate(scripts) if text in script)

    order = ["docker build", "--exit-code 1", "docker push", "register-task-definition"]
    order += ["create-deployment", "deploymentInfo.status", "stop-deployment"]
    assert [place(text) for text in order] == sorted(place(text) for text in order)
    assert "RepoDigests" in scripts[place("docker push")]
    rollback = steps(workflows["deploy.yml"], "release")[place("stop-deployment")]
    assert "cancelled()" in rollback["if"]


def test_the_workflow_fills_exactly_what_the_files_leave_open(
    systems: list[System], files: dict[str, str]
) -> None:
    made = {"Image", "TaskDefinition"}
    for path, text in files.items():
        if path.endswith((".json", ".yaml")):
            names = set(string.Template(text).get_identifiers())
            assert names <= set(systems[0].root.outputs) | made
    assert not isinstance(systems[0].root.outputs["ApiUrl"], Unknown)
