"""What differs between two environments, or between two releases: two resolved systems compared."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from stackyard.aws.template_text import parsed
from stackyard.environments import ParameterSet
from stackyard.errors import BuildError
from stackyard.resolved import System, Unknown, plain, resolve
from stackyard.resolved.world import NESTED

MISSING = "(none)"
PUBLISHED = ("TemplateBucket", "TemplatePrefix")  # where a build is, not what it says


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same.

    Attributes:
        path: ``parameters``, ``stack``, or that of a resource, ``Database/Instance``.
        type: of the resource, empty for parameters.
        kind: whether it is only in the first, only in the second, or differs.
        key: the parameter, property or setting, ``ScalingConfiguration.MaxCapacity``.
        left: value in the first.
        right: value in the second.
    """

    path: str
    type: str
    kind: Literal["only left", "only right", "differs"]
    key: str = ""
    left: Any = None
    right: Any = None


def differences(left: System, right: System) -> Iterator[Difference]:
    """Yield what differs: root parameters first, then the resources.

    The name of the environment is in nearly every name and tag: what differs only by it, by stack
    name, region or the digest of the build is left out, and so is what a nested stack is given,
    which its resources show.
    """
    yield from _parameters(left, right)
    own, other = _own_words(left), _own_words(right)
    paths = dict.fromkeys([item.path for item in (*left.resources(), *right.resources())])
    for path in paths:
        mine, theirs = left.find(path), right.find(path)
        if mine and theirs and mine.type == theirs.type:
            if mine.type == NESTED:
                continue
            for key, a, b in _changed(_whole(mine), _whole(theirs)):
                if _neutral(a, own) != _neutral(b, other):
                    yield Difference(path, mine.type, "differs", key, a, b)
            continue
        if mine:
            yield Difference(path, mine.type, "only left")
        if theirs:
            yield Difference(path, theirs.type, "only right")


def kept(left: ParameterSet, right: ParameterSet) -> Iterator[Difference]:
    """Yield what differs in how two stacks are kept, which stands in no template."""
    for key in ("termination_protection", "destroy"):
        a, b = getattr(left, key), getattr(right, key)
        if a != b:
            yield Difference("stack", "", "differs", key, a, b)


def release(
    root: Path,
    revision: str,
    blueprint: str,
    environment: str,
    region: str = "",
    now: System | None = None,
) -> System:
    """Return a blueprint as it was built at a revision of the project's git history.

    ``dist/`` is committed, so nothing of the revision is run.

    Args:
        root: of the project.
        revision: a tag, branch or commit.
        blueprint: name of the system.
        environment: name of one of its environments.
        region: its first if empty.
        now: the same today: what its stages give, which is in no file, they gave then.

    Raises:
        BuildError: git does not know the revision, or it has no such blueprint or environment.
    """
    files = _files(root, revision)
    where = f"{revision}: dist"
    try:
        given = json.loads(files[f"dist/params/{blueprint}/{environment}.json"])
        config = json.loads(files.get(f"dist/params/{blueprint}/{environment}.config.json", "{}"))
        templates = {
            name.removeprefix("dist/").removesuffix(".yaml"): parsed(text)
            for name, text in files.items()
            if name.startswith(("dist/blueprints/", "dist/components/")) and name.endswith(".yaml")
        }
    except KeyError:
        raise BuildError(
            f"{where}: has no {blueprint} {environment}; choose a later revision"
        ) from None
    settings = yaml.safe_load(files.get(f"params/{blueprint}/{environment}.yaml", "{}")) or {}
    common = yaml.safe_load(files.get(f"params/{blueprint}/common.yaml", "{}")) or {}
    regions = settings.get("regions") or common.get("regions") or ["us-east-1"]
    takes = templates[f"blueprints/{blueprint}"]["Parameters"]
    handed = {
        name: value
        for name, value in (now.given if now else {}).items()
        if isinstance(value, Unknown) and name in takes
    }
    return resolve(
        blueprint,
        templates,
        {**handed, **{row["ParameterKey"]: row["ParameterValue"] for row in given}},
        region or regions[0],
        stack_name=settings.get("stack_name") or config.get("StackName") or environment,
        environment=environment,
    )


def _parameters(left: System, right: System) -> Iterator[Difference]:
    mine, theirs = plain(left.root.parameters), plain(right.root.parameters)
    for name in dict.fromkeys((*mine, *theirs)):
        a, b = mine.get(name, MISSING), theirs.get(name, MISSING)
        if a != b and name not in PUBLISHED:
            yield Difference("parameters", "", "differs", name, a, b)


def _whole(resource: Any) -> dict[str, Any]:
    found = {
        "DeletionPolicy": resource.deletion_policy,
        "UpdateReplacePolicy": resource.update_replace_policy,
    }
    kept = {name: value for name, value in found.items() if value}
    return {**kept, **plain(dict(resource.properties))}


def _changed(left: Any, right: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield where two JSON values differ, as deep as both are objects."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in dict.fromkeys((*left, *right)):
            inner = f"{key}.{name}" if key else str(name)
            yield from _changed(left.get(name, MISSING), right.get(name, MISSING), inner)
    elif left != right:
        yield key, left, right


def _own_words(system: System) -> Mapping[str, str]:
    """Return what stands for itself in a system's names, longest first."""
    words = {
        system.stack_name: "<stack>",
        system.region: "<region>",
        system.environment: "<environment>",
        str(system.root.parameters.get("Environment", "")): "<environment>",
        str(system.root.parameters.get("TemplatePrefix", "")): "<build>",
    }
    return {word: words[word] for word in sorted(words, key=len, reverse=True) if word}


def _neutral(value: Any, words: Mapping[str, str]) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    for word, stands in words.items():
        text = text.replace(word, stands)
    return text


def _files(root: Path, revision: str) -> dict[str, str]:
    """Return what a revision has in ``dist/`` and ``params/``, by path."""
    command = ["git", "-C", str(root), "archive", "--format=tar", revision, "dist", "params"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except FileNotFoundError:
        raise BuildError("diff: git is not installed; install it to compare releases") from None
    except subprocess.CalledProcessError as error:
        says = error.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise BuildError(f"diff: {revision}: {says}; name a tag, branch or commit") from None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        found = {}
        for member in archive:
            opened = archive.extractfile(member)
            if opened and member.name.endswith((".yaml", ".json")):
                found[member.name] = opened.read().decode()
        return found
