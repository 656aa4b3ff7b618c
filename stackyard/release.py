"""Releases: what the templates of a version promise, frozen in a small file that is committed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stackyard.breaking import Change
from stackyard.errors import BuildError
from stackyard.library import DIGEST_LENGTH, NESTED, Library
from stackyard.local import schemas
from stackyard.project import Project
from stackyard.stateful import stateful_types

FOLDER = "releases"
STACK = "AWS::CloudFormation::Stack"
# Of a parameter, what a caller may rely on
CALLER = (
    *("Type", "Default", "AllowedValues", "AllowedPattern", "MinValue", "MaxValue"),
    *("MinLength", "MaxLength"),
)
PREFIX = "TemplatePrefix"  # its default is another in each build


class Version(NamedTuple):
    """A version as semver.org counts."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return ".".join(map(str, self))

    def next(self, level: str) -> Version:
        """Return the smallest version that says that something of *level* has changed."""
        if level == "major":
            return Version(self.major + 1, 0, 0)
        if level == "minor":
            return Version(self.major, self.minor + 1, 0)
        return Version(self.major, self.minor, self.patch + 1)


class Release(NamedTuple):
    """A version and what its templates promise, by their path below ``dist/``."""

    version: Version
    templates: Mapping[str, Any]


def parse(text: str) -> Version:
    """Return the version that *text* is.

    Raises:
        BuildError: it is none.
    """
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", text):
        raise BuildError(f"release: {text!r} is no version; write it as 1.2.3")
    return Version(*map(int, text.split(".")))


def releases(project: Project) -> list[Release]:
    """Return all releases, the first one first.

    Raises:
        BuildError: a file cannot be read.
    """
    found = []
    for path in (project.root / FOLDER).glob("*.json"):
        try:
            found.append(Release(parse(path.stem), json.loads(path.read_bytes())["templates"]))
        except (ValueError, KeyError, TypeError):
            raise BuildError(f"{path}: is no release; restore it, releases never change") from None
    return sorted(found)


def freeze(library: Library) -> dict[str, Any]:
    """Return what every template of a library promises now."""
    paths = [f"blueprints/{name}" for name in library.blueprints]
    paths += [f"components/{name}" for name in library.components]
    return {path: _template(library, path) for path in sorted(paths)}


def check(version: Version, last: Release | None, changes: Sequence[Change], docs: Path) -> None:
    """Do nothing if *version* may follow *last* with these changes.

    Raises:
        BuildError: it is too small, or no page tells users how to upgrade.
    """
    if last is None:
        return
    if version <= last.version:
        remedy = f"the next is {last.version.next(level(changes))} or higher"
        raise BuildError(f"release: {version} does not follow {last.version}; {remedy}")
    least = last.version.next(level(changes))
    # a version says no less than what has changed
    if version < least:
        said = "\n".join(f"  {one}" for one in changes if one.level == level(changes))
        raise BuildError(f"release: {version} is too small; take {least}, since\n{said}")
    check_upgrade_page(version, changes, docs)


def check_upgrade_page(version: Version, changes: Sequence[Change], docs: Path) -> None:
    """Do nothing if what breaks in *version* is told in ``docs/UPGRADE-<major>.md``.

    Raises:
        BuildError: there is no such page, or it does not name something.
    """
    broken = [one for one in changes if one.level == "major"]
    page = docs / f"UPGRADE-{version.major}.md"
    text = page.read_text("utf-8") if page.is_file() else ""
    missing = [str(one) for one in broken if one.name not in text]
    if missing:
        said = "\n".join(f"  {one}" for one in missing)
        raise BuildError(f"{page}: does not tell users of these; write how to upgrade\n{said}")


def level(changes: Sequence[Change]) -> str:
    """Return what a release with these changes is: ``major``, ``minor`` or ``patch``."""
    levels = {one.level for one in changes}
    return next((one for one in ("major", "minor") if one in levels), "patch")


def write(project: Project, version: Version, templates: Mapping[str, Any]) -> Path:
    """Write the file of a release, which nothing changes any more.

    Raises:
        BuildError: there is one of this version.
    """
    path = project.root / FOLDER / f"{version}.json"
    path.parent.mkdir(exist_ok=True)
    entries = [f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in templates.items()]
    body = ",\n".join(entries)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f'{{"version": "{version}", "templates": {{\n{body}\n}}}}\n')
    except FileExistsError:
        raise BuildError(f"{path}: exists, and a release never changes; take the next") from None
    return path


def _template(library: Library, path: str) -> dict[str, Any]:
    rendered = library.template(path)
    body = rendered.body
    declared = {
        name: {key: spec[key] for key in CALLER if key in spec and name != PREFIX}
        or {"Type": "String"}
        for name, spec in body.get("Parameters", {}).items()
    }
    return {
        "parameters": declared,
        "outputs": sorted(body.get("Outputs", {})),
        "resources": {name: item["Type"] for name, item in sorted(body["Resources"].items())},
        "stateful": dict(sorted(_stateful(library, body))),
    }


def _stateful(
    library: Library, body: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path of each resource with data, and what makes it another one if it changes."""
    kinds = stateful_types()
    for name, item in body["Resources"].items():
        condition = {"condition": _expanded(item["Condition"], body)} if "Condition" in item else {}
        if item["Type"] == STACK:
            nested = NESTED.search(json.dumps(item["Properties"]["TemplateURL"]).encode())
            if nested:
                child = library.template(nested[1].decode()).body
                for path, one in _stateful(library, child, f"{above}{name}/"):
                    outer = [condition["condition"]] if condition else []
                    yield path, _under(one, outer)
        elif item["Type"] in kinds:
            fixed = dict(_fixed(item["Type"], item.get("Properties", {})))
            yield f"{above}{name}", {"type": item["Type"], "fixed": fixed, **condition}


def _under(one: dict[str, Any], outer: list[Any]) -> dict[str, Any]:
    """Return a resource with the conditions of the stack that it is in."""
    return {**one, "stacks": [*outer, *one.get("stacks", [])]} if outer else one


def _fixed(kind: str, properties: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the properties that cannot change without another physical resource.

    Each with a digest of its value and the parameters in it.
    """
    for name in schemas.names(kind, "createOnlyProperties") if kind in schemas.types() else ():
        value: Any = properties
        for part in name.split("."):
            if not _is_function(value):
                value = value.get(part, {}) if isinstance(value, Mapping) else {}
        if value != {}:
            text = json.dumps(value, sort_keys=True)
            refs = re.findall(r'"Ref": "(\w+)"|\$\{(\w+)\}', text)
            named = dict.fromkeys(sorted(one or other for one, other in refs))
            yield name, [hashlib.sha256(text.encode()).hexdigest()[:DIGEST_LENGTH], *named]


def _is_function(value: Any) -> bool:
    names = list(value) if isinstance(value, Mapping) else []
    return len(names) == 1 and (names[0] == "Ref" or names[0].startswith("Fn::"))


def _expanded(condition: str, body: Mapping[str, Any]) -> Any:
    """Return what a condition asks, whatever it and those in it are called."""

    def expand(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"Condition"}:
                return expand(body["Conditions"][value["Condition"]])
            return {key: expand(item) for key, item in value.items()}
        return [expand(item) for item in value] if isinstance(value, list) else value

    return expand(body["Conditions"][condition])
