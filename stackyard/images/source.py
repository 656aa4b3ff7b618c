"""``image`` and ``migrations`` of a parameter file: what is built, and what runs before it serves.

Every build reads parameter files, so that this module imports nothing that a build does not need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from stackyard.documents import Document, Entry, nearest

if TYPE_CHECKING:
    from stackyard.settings import Settings

PARAMETER = "Image"  # of the blueprint: what its tasks run
REPOSITORY = "RepositoryUri"  # its output: where that is pushed to
HOOKED = "MigrationCommand"  # its parameter, where a hook of the deployment migrates
KEYS = ("dockerfile", "context", "target", "arguments")

SETTINGS: dict[str, Any] = {
    "image": {
        "description": "The image that `deploy` builds and pushes; not together with Image.",
        "type": "object",
        "required": ["dockerfile"],
        "additionalProperties": False,
        "properties": {
            "dockerfile": {
                "description": "The Dockerfile, from the project's folder.",
                "type": "string",
                "minLength": 1,
            },
            "context": {
                "description": "Folder that it copies from; its own if left out.",
                "type": "string",
                "minLength": 1,
            },
            "target": {
                "description": "Stage of the Dockerfile; the last if left out.",
                "type": "string",
                "minLength": 1,
            },
            "arguments": {
                "description": "Build arguments. They stay in the image: no secrets.",
                "type": "object",
                "additionalProperties": {"type": ["string", "number"]},
            },
        },
    },
    "migrations": {
        "description": "Words of the command that a new image runs once, before it serves.",
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "examples": [["alembic", "upgrade", "head"]],
    },
}


class Source(NamedTuple):
    """What an image is built from; paths from the project's folder.

    Attributes:
        dockerfile: of the image.
        context: what the Dockerfile copies from.
        target: stage of the Dockerfile, the last if empty.
        arguments: of the build.
    """

    dockerfile: str
    context: str
    target: str = ""
    arguments: tuple[tuple[str, str], ...] = ()


def read(document: Document, entry: Entry) -> Source | None:
    """Return what ``image`` says, None with a complaint if it cannot be taken."""
    entries = document.entries(entry.key, entry.node)
    if entries is None:
        return None
    before = len(document.findings)
    for one in entries.values():
        if one.key not in KEYS:
            hint = nearest(one.key, KEYS)
            message = f"image has no key {one.key!r}; {hint}known: {', '.join(KEYS)}"
            document.complain(one.place, message)
    texts = {
        key: document.text(f"image.{key}", entries[key].node) or ""
        for key in KEYS[:3]
        if key in entries
    }
    arguments = _arguments(document, entries["arguments"]) if "arguments" in entries else ()
    if "dockerfile" not in entries:
        document.complain(entry.place, "image has no dockerfile; write dockerfile: ../Dockerfile")
    for key, text in texts.items():
        if not text and len(document.findings) == before:
            place = document.place(entries[key].node)
            document.complain(place, f"image.{key} is empty; write it or remove the key")
    if len(document.findings) > before:
        return None
    path = texts["dockerfile"]
    folder = path.rpartition("/")[0] or "."
    return Source(path, texts.get("context", folder), texts.get("target", ""), arguments)


def check(document: Document, body: Mapping[str, Any], merged: Settings) -> set[str]:
    """Complain of what the root template *body* cannot do with image and migrations.

    Returns:
        The parameters whose value is known only when the image is built.
    """
    for key, message in _problems(body, merged):
        document.complain(merged.places[key], message)
    return {PARAMETER} if merged.image else set()


def _problems(body: Mapping[str, Any], merged: Settings) -> Iterator[tuple[str, str]]:
    parameters = body.get("Parameters", {})
    for key in ("image", "migrations"):
        if key in merged.places and PARAMETER not in parameters:
            yield key, f"{key}: the template has no parameter {PARAMETER}; remove it"
    if merged.image and REPOSITORY not in body.get("Outputs", {}):
        yield "image", f"image: the template has no output {REPOSITORY} to push it to; remove it"
    if merged.image and PARAMETER in merged.places:
        message = f"image is built by deploy, and {PARAMETER} names another; remove one of them"
        yield "image", message
    if merged.migrations and HOOKED in parameters:
        yield "migrations", f"migrations run in a hook of this system; write {HOOKED} instead"


def _arguments(document: Document, entry: Entry) -> tuple[tuple[str, str], ...]:
    entries = document.entries("image.arguments", entry.node) or {}
    texts = {
        name: document.text(f"image.arguments.{name}", one.node) for name, one in entries.items()
    }
    return tuple((name, text) for name, text in texts.items() if text is not None)
