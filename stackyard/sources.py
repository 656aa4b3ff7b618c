"""Which sources a module of the template package is made from, found out without importing it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from stackyard.project import Project

# where the text of a module does not tell what it imports, it may be any other
RELATIVE = re.compile(rb"from\s+\.")
OPAQUE = (b"importlib", b"__import__")
SHIPPED = "functions"  # its Python is not imported but shipped: data to the templates


class Sources:
    """The package of templates as files, each read once."""

    def __init__(self, project: Project) -> None:
        self.folder = str(project.sources)
        self.package = project.package
        package = re.escape(project.package.encode())
        # a mention in a comment costs a needless rendering, no more
        self._mention = re.compile(rb"%s((?:\.\w+)+|(?=\s+import))" % package)

    def digest(self, modules: Iterable[str]) -> str:
        """Return the digest of *modules*, all they import, and the data of the package."""
        seen: set[str] = set()
        waiting = [module for module in modules if module in self._modules]
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += self._modules[module][1]
        parts = [f"{module} {self._modules[module][0]}" for module in sorted(seen)]
        return hashlib.sha256("\n".join([self._data, *parts]).encode()).hexdigest()

    @cached_property
    def _modules(self) -> dict[str, tuple[str, set[str]]]:
        """The digest of each module and the modules that it imports itself, by dotted name."""
        texts = {
            f"{self.package}.{path.removesuffix('.py').replace(os.sep, '.')}": text
            for path, text in self._files.items()
            if _is_module(path)
        }
        found = {}
        for name, text in texts.items():
            mentioned = {self.package + match.decode() for match in self._mention.findall(text)}
            if RELATIVE.search(text) or any(words in text for words in OPAQUE):
                mentioned.add(self.package)
            imported = {one for named in mentioned for one in _below(named, texts)}
            found[name] = hashlib.sha256(text).hexdigest(), imported
        return found

    @cached_property
    def _data(self) -> str:
        """The digest of all files that are no modules: any template may contain any of them."""
        total = hashlib.sha256()
        for path in sorted(self._files):
            if not _is_module(path):
                total.update(f"{path}\0".encode() + hashlib.sha256(self._files[path]).digest())
        return total.hexdigest()

    @cached_property
    def _files(self) -> dict[str, bytes]:
        found = {}
        for folder, _, names in os.walk(self.folder):
            if not folder.endswith("__pycache__"):
                for name in names:
                    path = os.path.join(folder, name)
                    with open(path, "rb") as file:
                        found[path[len(self.folder) + 1 :]] = file.read()
        return found


def digest_of(folder: Path) -> str:
    """Return the digest of every file of an installed package of templates."""
    everything = Sources(Project(folder.parent, folder.name))
    return everything.digest(everything._modules)


def _is_module(path: str) -> bool:
    is_python = path.endswith(".py") and not path.endswith("__init__.py")
    return is_python and not path.startswith(SHIPPED + os.sep)


def _below(name: str, modules: Iterable[str]) -> Iterable[str]:
    """Return the module *name*, or all modules of a package of that name."""
    return [name] if name in modules else [one for one in modules if one.startswith(f"{name}.")]
