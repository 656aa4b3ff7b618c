"""What the catalog offers: versions, rules and launch permissions of each system.

Templates may not know how these are found, so they stand in data files of the template package that
are written here and committed: a permission that a release needs is seen in review.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from stackyard import release as releasing
from stackyard.declared import FILLED_BY_THE_TOOL
from stackyard.deploy import permissions
from stackyard.errors import BuildError
from stackyard.library import Library
from stackyard.project import Project

FOLDER = "offers"
# What Service Catalog names the stacks of provisioned products, and so what generated names in
# them begin with: https://docs.aws.amazon.com/servicecatalog/latest/userguide/enduser-viewstack.html
STACKS = "SC-${AWS::AccountId}-pp-"
RULE = "Catalog"  # begins the names of rules that the catalog adds to a template with rules
Offer = dict[str, Any]


def read(project: Project) -> dict[str, Offer]:
    """Return the offers of a project by system.

    Raises:
        BuildError: a file does not hold one.
    """
    found = {}
    for path in sorted((project.sources / FOLDER).glob("*.json")):
        try:
            found[path.stem] = json.loads(path.read_bytes())
        except ValueError as error:
            raise BuildError(f"{path}: holds no offer ({error}); restore it from git") from None
    return found


def add(project: Project, version: str, systems: Iterable[str] = ()) -> list[str]:
    """Offer the builds in ``dist/`` as *version* and return the names of the systems.

    Args:
        project: whose.
        version: ``1.2.0``.
        systems: their names; all that are offered already if empty.

    Raises:
        BuildError: it is no version, not released, not the newest, or was offered with another
            build.
    """
    number = releasing.parse(version)
    released = {one.version: one for one in releasing.releases(project)}
    if released and number not in released:
        raise BuildError(f"{version}: is not released; run python build.py release {version}")
    offers, library = read(project), Library(project)
    chosen = [library.blueprint(name, "catalog add") for name in systems] or [*offers]
    for name in chosen:
        if released and built_prefix(project.dist, name) != released[number].published.get(name):
            remedy = f"check out v{version}, or release what is built"
            raise BuildError(f"{project.dist}: holds another {name} than {version} froze; {remedy}")
        offers[name] = _with_version(project, library, name, version, offers.get(name, {}))
    write(project, offers)
    return chosen


def write(project: Project, offers: Mapping[str, Offer]) -> None:
    """Write the files."""
    folder = project.sources / FOLDER
    folder.mkdir(exist_ok=True)
    for name, offer in offers.items():
        (folder / f"{name}.json").write_text(json.dumps(offer, indent=1) + "\n", "utf-8")


def prefixes(offer: Offer) -> dict[str, str]:
    """Return where the build of each version of an offer is, the oldest first."""
    return {one["name"]: one["prefix"] for one in offer["versions"]}


def key(prefix: str, system: str) -> str:
    """Return the key of a product's template."""
    return f"{prefix}products/{system}.yaml"


def _with_version(
    project: Project, library: Library, name: str, version: str, offer: Offer
) -> Offer:
    prefix = built_prefix(project.dist, name)
    there = prefixes(offer) if offer else {}
    if there.get(version, prefix) != prefix:
        raise BuildError(f"{name} {version}: is offered with another build; raise the version")
    if version not in there and any(releasing.parse(version) < releasing.parse(v) for v in there):
        raise BuildError(f"{name} {version}: {[*there][-1]} is offered already; raise the version")
    there[version] = prefix
    tree = [item.body for item in library.tree(name)]
    root = tree[0]
    own = [one for one in root["Parameters"] if one not in FILLED_BY_THE_TOOL]
    common = [one for one in offer.get("parameters", own) if one in own]
    return {
        "title": root["Description"].partition(":")[0],
        "description": root["Description"],
        "versions": [{"name": one, "prefix": where} for one, where in there.items()],
        "parameters": common,
        "rules": dict(_rules(root.get("Rules", {}), common)),
        "policies": _policies(name, tree, offer.get("policies", ())),
    }


def built_prefix(dist: Path, name: str) -> str:
    """Return where the build of a system in ``dist/`` is, or will be, published.

    Raises:
        BuildError: it is not built.
    """
    try:
        return releasing.published(dist)[name]
    except KeyError:
        raise BuildError(f"{dist}: {name} is not built; run python build.py first") from None


def _rules(rules: Mapping[str, Any], common: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the rules that every version can keep: those about parameters that each of them has."""
    for name, rule in rules.items():
        refs = re.findall(r'\{"Ref": "(\w+)"\}', json.dumps(rule))
        if set(refs) <= set(common):
            yield f"{RULE}{name}", rule


def _policies(
    name: str, tree: Sequence[Mapping[str, Any]], before: Sequence[Any]
) -> list[list[dict[str, Any]]]:
    """Return what the launch role needs for this version and for all before it, in policies."""
    older = {action for group in before for one in group for action in _actions(one)}
    needed = older | {_spelled(one) for one in permissions.actions(tree)}
    # the stacks are named, so these need no star; the component states them
    needed = {one for one in needed if not one.startswith("cloudformation:")}
    try:
        packed = permissions.policies(needed, [STACKS], boundary=True)
    except ValueError as error:
        raise BuildError(f"{name}: its launch role needs {error}; part the system") from None
    return [one["Properties"]["PolicyDocument"]["Statement"] for one in packed.values()]


def _actions(statement: Mapping[str, Any]) -> Sequence[str]:
    chosen = statement.get("Fn::If", [None, statement])[1]
    return list(chosen["Action"])


@cache
def _spelled(action: str) -> str:
    """Return an action as IAM spells it; the provider schemas write some in lower case."""
    service, _, name = action.partition(":")
    module = {"lambda": "awslambda"}.get(service, service.replace("-", "_"))
    known = vars(importlib.import_module(f"awacs.{module}")).values()
    names = {one.action.lower(): one.action for one in known if hasattr(one, "action")}
    return f"{service}:{names.get(name.lower(), name)}"
