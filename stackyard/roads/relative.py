"""A tree of templates with relative addresses, for ``aws cloudformation package``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stackyard.aws.template_text import parsed
from stackyard.emit import yaml_text
from stackyard.errors import BuildError
from stackyard.resolved.world import NESTED

FOLDERS = ("blueprints", "components")
PUBLISHED = re.compile(r"\$\{TemplatePrefix\}((?:components|functions)/\w+\.(?:yaml|zip))$")
PLACE = ("TemplateBucket", "TemplatePrefix")
INTERFACE = "AWS::CloudFormation::Interface"
HEADER = "Made from dist/ by build.py relative, for aws cloudformation package."


def write(dist: Path, target: Path) -> list[str]:
    """Write every template of *dist* to *target* with relative addresses; return their paths.

    Where templates are is then said by their addresses, so that the two parameters for it are
    gone, except where ``package`` cannot follow: code that may come from another bucket.

    Raises:
        BuildError: nothing is built, or *target* is a folder with something in it.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BuildError(f"{target}: is there already; name a new folder")
    bodies = {
        f"{folder}/{path.name}": parsed(path.read_text("utf-8"))
        for folder in FOLDERS
        for path in sorted((dist / folder).glob("*.yaml"))
    }
    if not bodies:
        raise BuildError(f"{dist}: holds no templates; run python build.py first")
    made: dict[str, dict[str, Any]] = {}
    for path, body in sorted(bodies.items(), reverse=True):  # what is nested before what nests
        made[path] = relative(body, made)
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(yaml_text(made[path], HEADER), "utf-8")
    for archive in sorted((dist / "functions").glob("*.zip")):
        (target / "functions").mkdir(exist_ok=True)
        (target / "functions" / archive.name).write_bytes(archive.read_bytes())
    return sorted(bodies)


def relative(body: Mapping[str, Any], nested: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return a template in which addresses of nested templates and archives are relative paths.

    Args:
        body: the template.
        nested: what this function returned for those that it nests, by path.
    """
    resources = {k: _resource(v, nested) for k, v in body["Resources"].items()}
    used = set(_refs(resources))
    gone = [name for name in PLACE if name not in used]
    made = {**body, "Resources": resources}
    made["Parameters"] = {k: v for k, v in body.get("Parameters", {}).items() if k not in gone}
    interface = body.get("Metadata", {}).get(INTERFACE)
    if interface:
        made["Metadata"] = {**body["Metadata"], INTERFACE: _without(interface, gone)}
    return made


def _resource(
    resource: Mapping[str, Any], nested: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    properties = dict(resource.get("Properties", {}))
    if resource["Type"] == NESTED:
        url = properties["TemplateURL"] = _path(properties["TemplateURL"])
        takes = nested.get(str(url).removeprefix("../"), {}).get("Parameters", PLACE)
        passed = properties.get("Parameters", {})
        properties["Parameters"] = {
            name: value for name, value in passed.items() if name not in PLACE or name in takes
        }
    elif isinstance(properties.get("Code"), dict) and "S3Key" in properties["Code"]:
        properties["Code"] = _path(properties["Code"]["S3Key"])
    return {**resource, **({"Properties": properties} if properties else {})}


def _path(address: Any) -> Any:
    found = PUBLISHED.search(str(address.get("Fn::Sub", ""))) if isinstance(address, dict) else None
    return f"../{found[1]}" if found else address


def _without(interface: Mapping[str, Any], gone: list[str]) -> dict[str, Any]:
    groups = [
        {**group, "Parameters": [name for name in group["Parameters"] if name not in gone]}
        for group in interface["ParameterGroups"]
    ]
    labels = {k: v for k, v in interface["ParameterLabels"].items() if k not in gone}
    kept = [group for group in groups if group["Parameters"]]
    return {"ParameterGroups": kept, "ParameterLabels": labels}


def _refs(data: Any) -> Iterator[str]:
    """Yield the names that templates refer to by ``Ref`` and ``Fn::Sub``."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "Ref":
                yield value
            elif name == "Fn::Sub":
                yield from re.findall(r"\$\{(\w+)", value if isinstance(value, str) else value[0])
            yield from _refs(value)
    elif isinstance(data, list):
        for item in data:
            yield from _refs(item)
