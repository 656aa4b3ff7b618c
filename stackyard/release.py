"""Releases: versions, the files in which they are frozen, and what may follow the last."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stackyard.breaking import Change
from stackyard.errors import BuildError
from stackyard.manifest import MANIFEST
from stackyard.project import Project

FOLDER = "releases"


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
    """A version that was frozen.

    Attributes:
        version: its number.
        published: prefix under which each blueprint of it is published, which ends in its digest.
        templates: what its templates promise, by their path below ``dist/``.
    """

    version: Version
    published: Mapping[str, str]
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
            data = json.loads(path.read_bytes())
            found.append(Release(parse(path.stem), data["published"], data["templates"]))
        except (ValueError, KeyError, TypeError):
            raise BuildError(f"{path}: is no release; restore it, releases never change") from None
    return sorted(found, key=lambda one: one.version)


def published(dist: Path) -> dict[str, str]:
    """Return where the build of each blueprint in *dist* is, or will be, published.

    Raises:
        BuildError: nothing is built.
    """
    try:
        manifest = json.loads((dist / MANIFEST).read_bytes())
        return {name: str(facts["prefix"]) for name, facts in manifest["blueprints"].items()}
    except (OSError, ValueError, KeyError):
        raise BuildError(f"{dist}: holds no build; run python build.py first") from None


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


def write(project: Project, release: Release) -> Path:
    """Write the file of a release, which nothing changes any more.

    Raises:
        BuildError: there is one of this version.
    """
    path = project.root / FOLDER / f"{release.version}.json"
    path.parent.mkdir(exist_ok=True)
    parts = {"published": release.published, "templates": release.templates}
    body = ",\n".join(f'"{name}": {{\n{_lines(part)}\n}}' for name, part in parts.items())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f'{{"version": "{release.version}",\n{body}}}\n')
    except FileExistsError:
        raise BuildError(f"{path}: exists, and a release never changes; take the next") from None
    return path


def _lines(part: Mapping[str, Any]) -> str:
    """Return one line for each entry, so that a difference between two releases can be read."""
    return ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in part.items())
