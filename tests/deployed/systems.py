"""Whole systems of the library, deployed from dist/ as the command does it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.build import Build, Options
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import Outcome
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.environments import ParameterSet
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from tests.deployed.small import outcome
from tests.support import ROOT


@dataclass(frozen=True)
class Built:
    """A blueprint as it is built.

    Attributes:
        name: of the blueprint.
        build: that can resolve it.
        sets: its parameter sets by environment.
    """

    name: str
    build: Build
    sets: dict[str, ParameterSet]

    def expected(self, environment: str, **values: str) -> dict[str, str]:
        """Return path and type of every resource that the model says there would be."""
        item = self.sets[environment]
        changed = item._replace(parameters={**item.parameters, **values})
        system = self.build.resolve(self.name, changed, item.regions[0])
        return {resource.path: resource.type for resource in system.resources()}

    def brought(self, account: Account, environment: str, **values: str) -> Outcome:
        """Deploy an environment, with hosted zones that exist there."""
        item = self.sets[environment]
        parameters, _ = provide(account, {**item.parameters, **values})
        return self.deployed(account, environment, **parameters)

    def deployed(self, account: Account, environment: str, **parameters: str) -> Outcome:
        """Deploy an environment with exactly these parameters."""
        item = self.sets[environment]
        published = publish(account, ROOT / "dist", self.name)
        places = {"TemplateBucket": published.bucket, "TemplatePrefix": published.prefix}
        request = Request(
            stack_name=item.stack_name,
            template_url=published.url(f"blueprints/{self.name}.yaml"),
            parameters={**parameters, **places},
            tags=item.tags,
            termination_protection=None,
        )
        return outcome(list(deploy(account, request)))


def built(project: Project, name: str) -> Built:
    """Return a blueprint, rendered and with its parameters read."""
    made = Build(project, Options(name, check=True, native=False, cfn_lint=False))
    made.prepare()
    return Built(name, made, {item.environment: item for item in made.sets[name]})


def types(account: Account, stack: str, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and type of every resource of a stack and of those nested in it."""
    for resource in cloudformation.resources(account, stack):
        yield f"{path}{resource.logical_id}", resource.type
        if resource.type == cloudformation.STACK:
            yield from types(account, resource.physical_id, f"{path}{resource.logical_id}/")
