"""Templates as they were rendered last time, so that only what changed is rendered again."""

from __future__ import annotations

import hashlib
import io
import marshal
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackyard import installed

# Distributions whose version can change a byte of dist/
EMITTERS = ("troposphere", "awacs", "PyYAML")
SEAL = 32  # bytes


@dataclass
class Rendered:
    """One template.

    Attributes:
        path: below ``dist/``, without the ending: ``components/network``.
        key: digest of all that it was made from; empty if nobody wants to keep it.
        source: the module it comes from, relative to the project.
        packed: the template: ``marshal`` is five times as fast as JSON, and what it writes takes a
            tenth of the memory of objects.
        nested: paths of the templates it nests, in order.
        functions: names of the function archives it uses, in order.
        page: its section of the reference.
        written: digest of its file in ``dist/``, empty if that is not known or depends on others.
        prefix: of a blueprint, where what it nests will be; empty if that is not known.
    """

    path: str
    key: str
    source: str
    packed: bytes
    nested: list[str]
    functions: list[str]
    page: str
    written: str = ""
    prefix: str = field(default="", compare=False)  # a build adds it

    def record(self) -> tuple[Any, ...]:
        """Return what makes the same object again but for what a build adds."""
        *values, _ = vars(self).values()
        return tuple(values)

    @property
    def name(self) -> str:
        """``network``."""
        return self.path.rpartition("/")[2]

    @property
    def body(self) -> dict[str, Any]:
        """The template as JSON data, made anew each time."""
        body: dict[str, Any] = marshal.loads(self.packed)
        if self.prefix:
            body["Parameters"]["TemplatePrefix"]["Default"] = self.prefix
        return body


class Renderings:
    """The renderings that a project keeps in a file.

    The file ends with the digest of the rest: one that was cut short, or edited, counts as empty.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.inputs, found = _read(file)
        self.kept = {one.path: one for one in found}

    def find(self, path: str, key: str) -> Rendered | None:
        """Return a template, None if it is not kept or of other sources."""
        found = self.kept.get(path)
        return found if found and found.key == key else None

    def save(self, rendered: Mapping[str, Rendered], inputs: str, *, complete: bool) -> None:
        """Keep templates and, unless they are *complete*, what was kept of others.

        What cannot be written is rendered again next time: no reason to fail.

        Args:
            rendered: the templates by path.
            inputs: digest of all that this build read.
            complete: whether these are all there are.
        """
        kept = {**rendered} if complete else {**self.kept, **rendered}
        if inputs == self.inputs and kept == self.kept:
            return
        aside = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        with suppress(OSError):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            seal = hashlib.sha256()
            with aside.open("wb") as file:
                records: list[Any] = [inputs, *(one.record() for one in kept.values())]
                for record in records:
                    data = marshal.dumps(record)
                    seal.update(data)
                    file.write(data)
                file.write(seal.digest())
            aside.replace(self.file)


def tools() -> str:
    """Return the digest of what turns sources into templates: this package and what it uses."""
    total = hashlib.sha256(f"{sys.version}{[installed.version(x) for x in EMITTERS]}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _read(file: Path) -> tuple[str, list[Rendered]]:
    """Return the digest of the inputs of the last build, and what it rendered."""
    try:
        content = file.read_bytes()
        if hashlib.sha256(content[:-SEAL]).digest() != content[-SEAL:]:
            return "", []
        stream, end, found = io.BytesIO(content), len(content) - SEAL, []
        inputs: str = marshal.load(stream)
        while stream.tell() < end:
            found.append(Rendered(*marshal.load(stream)))
    except (OSError, ValueError, TypeError, EOFError):  # of another version of Python
        return "", []
    return inputs, found
