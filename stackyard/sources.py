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
    """The package of templates as files, each read once and only when it is asked about."""

    def __init__(self, project: Project) -> None:
        self.folder = str(project.sources)
        self.package = project.package
        package = re.escape(project.package.encode())
        # a mention in a comment costs a needless rendering, no more
        self._mention = re.compile(rb"%s((?:\.\w+)+|(?=\s+import))" % package)
        # the plain form alone; any other is left to be taken for all of the package that it names
        self._plain = re.compile(
            rb"^from[ \t]+(%s(?:\.\w+)*)[ \t]+import[ \t]+(?:\(([\w\s,]+)\)|([\w, \t]+))$"
            % package,
            re.M,
        )
        self._read: dict[str, tuple[str, set[str]]] = {}

    def digest(self, modules: Iterable[str]) -> str:
        """Return the digest of *modules*, all they import, and the data of the package."""
        parts = [f"{module} {self._module(module)[0]}" for module in sorted(self._all(modules))]
        return hashlib.sha256("\n".join([self._data, *parts]).encode()).hexdigest()

    def files(self, modules: Iterable[str]) -> dict[str, str]:
        """Return the digests of the files of *modules* and of all they import, by path."""
        return {self.modules[module]: self._module(module)[0] for module in self._all(modules)}

    def _all(self, modules: Iterable[str]) -> set[str]:
        seen: set[str] = set()
        waiting = [module for module in modules if module in self.modules]
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += self._module(module)[1]
        return seen

    @cached_property
    def modules(self) -> dict[str, str]:
        """The file of each module below the package, by dotted name."""
        return {
            f"{self.package}.{path.removesuffix('.py').replace(os.sep, '.')}": path
            for path in self._paths
            if _is_module(path)
        }

    def _module(self, name: str) -> tuple[str, set[str]]:
        """Return the digest of a module and the modules that it imports itself."""
        if name not in self._read:
            text = self._content(self.modules[name])
            mentioned: set[str] = set()
            for folder, many, few in self._plain.findall(text):
                mentioned |= self._named(folder.decode(), (many or few).decode())
            text_left = self._plain.sub(b"", text)
            mentioned |= {self.package + name.decode() for name in self._mention.findall(text_left)}
            if RELATIVE.search(text) or any(words in text for words in OPAQUE):
                mentioned.add(self.package)
            imported = {one for named in mentioned for one in _below(named, self.modules)}
            self._read[name] = hashlib.sha256(text).hexdigest(), imported
        return self._read[name]

    def _named(self, place: str, names: str) -> set[str]:
        """Return the modules that names come from; *place* if one of them is no module of it."""
        imported = {f"{place}.{name.split()[0]}" for name in names.split(",") if name.strip()}
        return imported if imported <= self.modules.keys() else {place}

    @cached_property
    def _data(self) -> str:
        """The digest of all files that are no modules: any template may contain any of them."""
        total = hashlib.sha256()
        for path in sorted(self._paths):
            if not _is_module(path):
                total.update(f"{path}\0".encode() + hashlib.sha256(self._content(path)).digest())
        return total.hexdigest()

    @cached_property
    def _paths(self) -> list[str]:
        return [
            os.path.join(folder, name)[len(self.folder) + 1 :]
            for folder, _, names in os.walk(self.folder)
            if not folder.endswith("__pycache__")
            for name in names
        ]

    def _content(self, path: str) -> bytes:
        with open(os.path.join(self.folder, path), "rb") as file:
            return file.read()


def digest_of(folder: Path) -> str:
    """Return the digest of every file of an installed package of templates."""
    everything = Sources(Project(folder.parent, folder.name))
    return everything.digest(everything.modules)


def _is_module(path: str) -> bool:
    is_python = path.endswith(".py") and not path.endswith("__init__.py")
    return is_python and not path.startswith(SHIPPED + os.sep)


def _below(name: str, modules: Iterable[str]) -> Iterable[str]:
    """Return the module *name*, or all modules of a package of that name."""
    return [name] if name in modules else [one for one in modules if one.startswith(f"{name}.")]
