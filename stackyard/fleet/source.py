"""What is rolled out: one template that says everything, and the same for every account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.aws.account import Account
from stackyard.catalog import launch_roles, publishing
from stackyard.catalog.bound import bound
from stackyard.deploy import bootstrap
from stackyard.deploy.publish import located, publish
from stackyard.environments import load
from stackyard.errors import BuildError
from stackyard.library import Library, known
from stackyard.project import Project
from stackyard.resolved.world import NESTED

REGION = "${AWS::Region}"
FOLDER = "fleet"
ROOT = "fleet-source"  # what the template is called where it is resolved


@dataclass(frozen=True)
class Source:
    """What is rolled out.

    Attributes:
        name: ``bootstrap``, ``launch-roles`` or ``pyshop/dev``.
        body: the root template, with its parameters as defaults.
        templates: it and what it nests, as ``resolve`` takes them.
        system: name of the blueprint, empty for what is none.
    """

    name: str
    body: Mapping[str, Any]
    templates: Mapping[str, dict[str, Any]]
    system: str = ""

    @property
    def key(self) -> str:
        """Key of the template in a bucket; another template is another key."""
        name = self.name.replace("/", "-")
        return f"{FOLDER}/{name}-{publishing.digest(self.body)}.yaml"


def source(
    project: Project, name: str, account: Account, bucket: str, values: Mapping[str, str]
) -> Source:
    """Return what *name* stands for.

    Args:
        project: whose.
        name: ``bootstrap``, ``launch-roles``, or a system and one of its environments.
        account: from which it is rolled out.
        bucket: of the templates; with ``${AWS::Region}`` in it, one in each region.
        values: of parameters, for every account.

    Raises:
        BuildError: there is no such system, environment or parameter, or one has no value.
    """
    library = Library(project)
    system, _, environment = name.partition("/")
    nested: dict[str, dict[str, Any]] = {}
    if not environment:
        whole = {"bootstrap": bootstrap.template, launch_roles.NAME: launch_roles.template}
        body = whole[known("rollout", name, [*whole, "SYSTEM/ENVIRONMENT"], "fleet")](project)
        body = _with_defaults(body, {"TemplateBucket": bucket, **values})
        system = ""
    else:
        root, *others = library.tree(library.blueprint(system, "fleet"))
        nested = {item.path: item.body for item in others}
        own = _environment(project, system, environment, root.body)
        prefix = located(account, project.dist, system, bucket).prefix
        body = bound(root.body, bucket, prefix, {**own, **values})
    _check(name, body, values)
    return Source(name, body, {f"blueprints/{ROOT}": dict(body), **nested}, system)


def upload(project: Project, chosen: Source, account: Account, bucket: str, region: str) -> None:
    """Put a template and what it nests where the stacks of one region read it.

    Raises:
        DeployError: there is no bucket, or other bytes are there.
    """
    where = Account(region, account.profile, account.endpoint_url, account.embedded_id)
    name = bucket.replace(REGION, region)
    if chosen.system:
        name = publish(where, project.dist, chosen.system, name).bucket
    publishing.put(where, name, chosen.key, chosen.body)


def check_nesting(chosen: Source, *, to_organization: bool) -> None:
    """Do nothing if a StackSet may hold the template.

    One of an organisation must not nest stacks:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-associate-stackset-with-org.html

    Raises:
        BuildError: it may not.
    """
    types = {one["Type"] for one in chosen.body["Resources"].values()}
    if to_organization and NESTED in types:
        raise BuildError(
            f"{chosen.name}: nests stacks, which AWS refuses with PermissionModel SERVICE_MANAGED;"
            " roll it out with SELF_MANAGED and AccountIds"
        )


def _environment(
    project: Project, system: str, environment: str, body: Mapping[str, Any]
) -> Mapping[str, str]:
    sets, findings = load(project.params, system, body)
    if findings:
        raise BuildError("\n".join(map(str, findings)))
    found = {item.environment: item.parameters for item in sets}
    return found[known("environment", environment, found, system)]


def _with_defaults(body: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    parameters = {
        name: {**spec, **({"Default": values[name]} if name in values else {})}
        for name, spec in body["Parameters"].items()
    }
    return {**body, "Parameters": parameters}


def _check(name: str, body: Mapping[str, Any], values: Mapping[str, str]) -> None:
    """Do nothing if exactly the parameters have values: a StackSet asks nobody.

    Raises:
        BuildError: some have none, or a value is for none.
    """
    for one in values:
        known("parameter", one, body.get("Parameters", {}), name)
    missing = [key for key, spec in body.get("Parameters", {}).items() if "Default" not in spec]
    if missing:
        raise BuildError(f"{name}: {missing[0]} has no value; add --set {missing[0]}=VALUE")
