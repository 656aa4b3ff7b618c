"""The digest of everything an image is built from: the same digest, the same image."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from stackyard.errors import BuildError
from stackyard.images.ignored import FILE, Ignored
from stackyard.images.source import Source

# Other builders and BuildKit read these first. Then nothing is left out of the digest: an image
# that is built once too often is better than one that is too old.
OTHERS = (".containerignore", "{dockerfile}.dockerignore")
LONGEST_TAG = 40  # of 128 that a registry takes


def tag(root: Path, source: Source, platform: str) -> str:
    """Return the tag of the image that is built from *source* as it is now.

    Args:
        root: the project's folder.
        source: what is built.
        platform: what it is built for.

    Raises:
        BuildError: Dockerfile or context is not there or cannot be read.
    """
    dockerfile, context = root / source.dockerfile, root / source.context
    if not dockerfile.is_file():
        raise BuildError(f"image.dockerfile: there is no {dockerfile}; correct the path")
    if not context.is_dir():
        raise BuildError(f"image.context: there is no folder {context}; correct the path")
    asked = [platform, source.target, sorted(source.arguments)]
    total = hashlib.sha256(json.dumps(asked).encode())
    try:
        total.update(hashlib.sha256(dockerfile.read_bytes()).digest())
        for path, name in _files(context, _ignored(dockerfile, context)):
            total.update(f"{name}\0{path.lstat().st_mode:o}\0".encode("utf-8", "surrogateescape"))
            total.update(_content(path))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BuildError(f"{error.filename}: cannot be read: {reason}; mend it") from None
    return total.hexdigest()[:LONGEST_TAG]


def _ignored(dockerfile: Path, context: Path) -> Ignored:
    others = [name.format(dockerfile=dockerfile.name) for name in OTHERS]
    if any((folder / name).exists() for folder in (context, dockerfile.parent) for name in others):
        return Ignored()
    path = context / FILE
    return Ignored(path.read_text("utf-8", "surrogateescape") if path.is_file() else "")


def _files(context: Path, ignored: Ignored) -> Iterator[tuple[Path, str]]:
    """Yield what a builder sees, sorted, with its name from the context."""
    for folder, folders, names in os.walk(context, onerror=_raise):
        prefix = Path(folder).relative_to(context).as_posix()
        prefix = "" if prefix == "." else f"{prefix}/"
        links = [one for one in folders if Path(folder, one).is_symlink()]
        folders[:] = sorted(
            one
            for one in folders
            if one not in links and (ignored.has_exceptions or not ignored(prefix + one))
        )
        for name in sorted([*names, *links]):
            if not ignored(prefix + name):
                yield Path(folder, name), prefix + name


def _raise(error: OSError) -> None:
    raise error


def _content(path: Path) -> bytes:
    if path.is_symlink():
        return os.fsencode(path.readlink())
    if not stat.S_ISREG(path.lstat().st_mode):
        return b""  # a socket or pipe, which no builder copies
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
