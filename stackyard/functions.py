"""Builds the archives of the Lambda functions that components ship, the same bytes everywhere."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from stackyard import installed
from stackyard.errors import BuildError

REQUIREMENTS = "requirements.txt"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can tell
UNIX, READABLE = 3, 0o100644  # Lambda runs as another user than the one who unpacks
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[A-Za-z0-9.+!]+)")
# Never part of a function: what a Python makes of its sources, and tests
LEFT_OUT = {"__pycache__", "tests"}
# What an installer adds or changes; the licence and METADATA (read for versions at run time) stay
INSTALLERS_OWN = {"INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json", "uv_cache.json"}


def archives(functions: Path) -> dict[str, bytes]:
    """Return the archive of every function in the folder *functions*, by name.

    Raises:
        BuildError: a distribution that a function carries is not installed as it is pinned.
    """
    folders = sorted(path for path in functions.iterdir() if any(path.glob("handler.*")))
    return {folder.name: archive(folder) for folder in folders}


def archive(source: Path) -> bytes:
    """Return the zip of the function in *source* with the distributions that it pins.

    They come from this environment, so that building needs neither pip nor network. Files are
    stored, not compressed: the output of deflate depends on the zlib of the machine.

    Args:
        source: folder with the modules and data of the function. A ``requirements.txt`` there
            names every distribution it carries, those that others need included; what a function
            in Node.js carries is in its ``node_modules``.

    Raises:
        BuildError: a distribution is not installed as it is pinned.
    """
    files = dict(_own(source))
    for pinned in _pinned(source / REQUIREMENTS):
        files |= dict(_carried(pinned))
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = UNIX
            entry.external_attr = READABLE << 16
            made.writestr(entry, files[name].read_bytes())
    return written.getvalue()


def _own(source: Path) -> Iterator[tuple[str, Path]]:
    for path in source.rglob("*"):
        name = path.relative_to(source)
        if path.is_file() and not LEFT_OUT & set(name.parts) and name.name != REQUIREMENTS:
            yield name.as_posix(), path


def _pinned(requirements: Path) -> Iterator[Path]:
    if not requirements.is_file():
        return
    where = "/".join(requirements.parts[-3:])
    for number, line in enumerate(requirements.read_text("utf-8").splitlines(), start=1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        pin = PIN.fullmatch(text)
        if pin is None:
            raise BuildError(f"{where}:{number}: {text!r} is no pin; write it as name==version")
        yield _installed(f"{where}:{number}", requirements, pin["name"], pin["version"])


def _installed(where: str, requirements: Path, name: str, version: str) -> Path:
    remedy = f"pip install -r {requirements}"
    found = installed.info(name)
    if found is None:
        raise BuildError(f"{where}: {name} is not installed; run: {remedy}")
    there = installed.version(name)
    if there != version:
        raise BuildError(
            f"{where}: {name} {there} is installed instead of {version}; run: {remedy}"
        )
    return found


def _carried(info: Path) -> Iterator[tuple[str, Path]]:
    # https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    for file, *_ in csv.reader((info / "RECORD").read_text("utf-8").splitlines()):
        folder, *parts = file.split("/")
        if (
            folder == ".."  # scripts and data outside of site-packages
            or not LEFT_OUT.isdisjoint((folder, *parts))
            or (folder.endswith(".dist-info") and parts[-1] in INSTALLERS_OWN)
        ):
            continue
        yield file, info.parent / file
