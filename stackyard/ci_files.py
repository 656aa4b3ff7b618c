"""Files for the repository of an application that CodeDeploy releases.

For each environment a task definition and an AppSpec file, and once the GitHub workflows that fill
and use them. What only AWS knows stands in them as ``${Name}``: an output of the stack, or what the
workflow makes, ``Image`` and ``TaskDefinition``. A literal dollar is doubled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stackyard.errors import BuildError
from stackyard.resolved import Resource, System, Text, Unknown, Value

if TYPE_CHECKING:
    from stackyard.environments import ParameterSet

FOLDER = Path(__file__).parent / "ci"
IMAGE_PARAMETER, IMAGE = "Image", "${Image}"
# what RegisterTaskDefinition takes as numbers, and templates may give as text
NUMBERS = {"containerPort", "hostPort", "interval", "retries", "startPeriod", "stopTimeout"}
NUMBERS |= {"timeout"}
HOOKS = {"BeforeInstall": "MigrateFunctionArn", "AfterAllowTestTraffic": "ValidateFunctionArn"}
# which environment a branch is released to, where there is one of this name
BRANCHES = {"main": ("prod", "production"), "develop": ("dev", "development")}
RUNNERS = {"ARM64": "ubuntu-24.04-arm", "X86_64": "ubuntu-24.04"}
TOOLS = {
    "SCANNER": "public.ecr.aws/aquasecurity/trivy:0.58.1",
    "RUFF": "0.14.6",
    "CODESPELL": "2.4.1",
}


def with_image(item: ParameterSet) -> ParameterSet:
    """Return a parameter set with a placeholder for the image that a release brings."""
    return item._replace(parameters={**item.parameters, IMAGE_PARAMETER: IMAGE})


def ci_files(systems: Sequence[System]) -> dict[str, str]:
    """Return the files of a blueprint, text by path below ``dist/``.

    Args:
        systems: its environments, each resolved ``with_image``.

    Raises:
        BuildError: a task definition needs what no output of the stack gives.
    """
    if not systems:
        return {}
    folder = f"ci/{systems[0].blueprint}"
    files = {}
    for system in systems:
        service, definition = _released(system)
        place = f"{folder}/{system.environment}"
        files[f"{place}/taskdef.json"] = _json(_task_definition(system, definition))
        files[f"{place}/appspec.yaml"] = _app_spec(system, service)
    marks = {**TOOLS, **_marks(systems)}
    for name in ("deploy.yml", "code_quality.yml"):
        text = (FOLDER / name).read_text("utf-8")
        for mark, value in marks.items():
            text = text.replace(f"@{mark}@", value)
        files[f"{folder}/{name}"] = text
    return files


def _released(system: System) -> tuple[Resource, Resource]:
    """Return the service that CodeDeploy releases and its task definition."""
    for service in system.resources("AWS::ECS::Service"):
        if service.properties.get("DeploymentController") == {"Type": "CODE_DEPLOY"}:
            stack = service.path.rpartition("/")[0]
            for definition in system.resources("AWS::ECS::TaskDefinition"):
                if definition.path.rpartition("/")[0] == stack:
                    return service, definition
    raise BuildError(
        f"{system.blueprint}: CodeDeploy releases no service with a task definition beside it; nest"
        " codedeploy_service"
    )


def _task_definition(system: System, definition: Resource) -> dict[str, Any]:
    """Return a task definition as RegisterTaskDefinition takes it."""
    filled = Placeholders(system).fill(dict(definition.properties))
    registered: dict[str, Any] = _as_api(filled)
    return registered


def _app_spec(system: System, service: Resource) -> str:
    (target,) = service.properties["LoadBalancers"]
    hooks = [f"  - {event}: ${{{name}}}" for event, name in HOOKS.items()]
    lines = [
        "version: 0.0",
        "Resources:",
        "  - TargetService:",
        "      Type: AWS::ECS::Service",
        "      Properties:",
        "        TaskDefinition: ${TaskDefinition}",
        "        LoadBalancerInfo:",
        f"          ContainerName: {target['ContainerName']}",
        f"          ContainerPort: {target['ContainerPort']}",
        f"        PlatformVersion: {service.properties['PlatformVersion']}",
        "Hooks:",
        *(hook for hook, name in zip(hooks, HOOKS.values(), strict=True) if name in _names(system)),
    ]
    return "\n".join(lines) + "\n"


def _names(system: System) -> set[str]:
    return set(system.root.outputs)


class Placeholders:
    """Says which output gives what only AWS knows."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.known = [
            (value, f"${{{name}}}")
            for name, value in system.root.outputs.items()
            if not isinstance(value, str)
        ]

    def fill(self, value: Value) -> Any:
        """Return *value* as JSON with placeholders.

        Raises:
            BuildError: no output gives a part of it.
        """
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, Unknown | Text):
            return "".join(self._parts(value))
        if value == IMAGE:
            return value
        return value.replace("$", "$$") if isinstance(value, str) else value

    def _parts(self, value: str | Unknown | Text) -> Iterator[str]:
        found = next((mark for known, mark in self.known if known == value), None)
        if found:
            yield found
        elif isinstance(value, Text):
            for part in value.parts:
                yield from self._parts(part)
        elif isinstance(value, str):
            yield value.replace("$", "$$")
        else:
            raise BuildError(
                f"{self.system.blueprint}: its task definition needs {str(value)[1:-1]}, which no"
                " output gives; add one to the blueprint"
            )


def _as_api(value: Any, key: str = "") -> Any:
    """Return properties of a template in the form of the API."""
    if isinstance(value, dict):
        if key == "options":  # the names of log options are values
            return value
        lowered = {name[:1].lower() + name[1:]: item for name, item in value.items()}
        return {name: _as_api(item, name) for name, item in lowered.items()}
    if isinstance(value, list):
        return [_as_api(item) for item in value]
    return int(value) if key in NUMBERS else value


def _marks(systems: Sequence[System]) -> dict[str, str]:
    names = [system.environment for system in systems]
    stacks = {
        system.environment: {"stack": system.stack_name, "region": system.region}
        for system in systems
    }
    mapped = {
        branch: environment
        for branch, wanted in BRANCHES.items()
        for environment in names
        if environment in wanted
    }
    *others, (_, last) = mapped.items() or [("", names[0])]
    chosen = [f"github.ref_name == '{branch}' && '{name}'" for branch, name in others]
    architecture = systems[0].root.parameters.get("Architecture", "X86_64")
    return {
        "BLUEPRINT": systems[0].blueprint,
        "BRANCHES": ", ".join(mapped),
        "ENVIRONMENTS": ", ".join(names),
        "STACKS": json.dumps(stacks),
        "BRANCH_MAP": " || ".join([*chosen, f"'{last}'"]),
        "RUNNER": RUNNERS[str(architecture)],
    }


def _json(content: Any) -> str:
    return json.dumps(content, indent=2) + "\n"
