"""Finds components and blueprints, and renders them. A module in the right folder is enough."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stackyard.errors import BuildError
from stackyard.project import Project

if TYPE_CHECKING:
    from templates_src.contract import AnyComponent

NESTED = re.compile(r"\$\{TemplatePrefix\}(components/\w+)\.yaml")
ARCHIVED = re.compile(r"\$\{TemplatePrefix\}functions/(\w+)\.zip")
DIGEST_LENGTH = 16  # hexadecimal digits: 64 bits, no two builds of one library ever meet


@dataclass
class Rendered:
    """One template.

    Attributes:
        path: below ``dist/``, without the ending: ``components/network``.
        source: the module it comes from, relative to the project.
        body: the template as JSON data.
        nested: paths of the templates it nests, in order.
        functions: names of the function archives it uses, in order.
        text: YAML, set when it is emitted.
    """

    path: str
    source: str
    body: dict[str, Any]
    nested: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    text: str = ""

    @property
    def name(self) -> str:
        """``network``."""
        return self.path.rpartition("/")[2]


class Library:
    """The components and blueprints of a project, rendered when asked for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.components: dict[str, AnyComponent] = {}
        self.blueprints: dict[str, AnyComponent] = {}
        self._rendered: dict[str, Rendered] = {}
        self._discover()

    def blueprint(self, name: str, source: str = "build.py") -> str:
        """Return *name* if there is such a blueprint.

        Raises:
            BuildError: there is none; the message gives the nearest name and all that exist.
        """
        return known("blueprint", name, self.blueprints, source)

    def template(self, path: str) -> Rendered:
        """Return the template ``components/network`` or ``blueprints/pyshop``.

        Raises:
            BuildError: it cannot be built; the message says where and why.
        """
        if path not in self._rendered:
            folder, _, name = path.partition("/")
            known_here = self.blueprints if folder == "blueprints" else self.components
            if name not in known_here:
                raise BuildError(f"{path}: no such template; nest a component of this library")
            self._rendered[path] = self._render(path, known_here[name])
        return self._rendered[path]

    def tree(self, blueprint: str) -> Iterator[Rendered]:
        """Yield a blueprint's template and every template nested below it, each once."""
        waiting, seen = [f"blueprints/{blueprint}"], set()
        while waiting:
            path = waiting.pop(0)
            if path not in seen:
                seen.add(path)
                rendered = self.template(path)
                yield rendered
                waiting += rendered.nested

    def _discover(self) -> None:
        root = str(self.project.root)
        if root not in sys.path:
            sys.path.insert(0, root)
        modules = [*self._modules("components"), *self._modules("blueprints")]
        for folder, module in modules:
            own = module.__name__.rpartition(".")[2]
            for value in list(vars(module).values()):
                # any object that renders and nests is a component; no import of the contract, so
                # that a project may bring its own version of it
                if not (hasattr(value, "nest") and hasattr(value, "template")):
                    continue
                if isinstance(value, type):
                    continue
                if folder == "blueprints" and value.name == own:
                    self.blueprints[own] = value
                else:
                    self.components[value.name] = value

    def _modules(self, folder: str) -> Iterator[tuple[str, ModuleType]]:
        directory = self.project.sources / folder
        try:
            names = sorted(path.stem for path in directory.glob("*.py"))
        except OSError as error:
            raise BuildError(f"{directory}: {error.strerror}; make it readable") from None
        for name in names:
            if name == "__init__":
                continue
            path = f"{self.project.package}/{folder}/{name}.py"
            try:
                yield folder, importlib.import_module(f"{self.project.package}.{folder}.{name}")
            except Exception as error:
                raise _blame(path, error) from error

    def _render(self, path: str, component: AnyComponent) -> Rendered:
        source = component.module.replace(".", "/") + ".py"
        try:
            body = component.template().to_dict()
        except Exception as error:
            raise _blame(source, error) from error
        if not body.get("Resources"):
            raise BuildError(f"{source}: the template has no resource; add one in build()")
        rendered = Rendered(path, source, body)
        rendered.nested = _unique(found for text in _subs(body) for found in NESTED.findall(text))
        rendered.functions = _unique(f for text in _subs(body) for f in ARCHIVED.findall(text))
        return rendered


def digest(parts: Mapping[str, bytes]) -> str:
    """Return the digest of files by name, the same on every machine."""
    total = hashlib.sha256()
    for name in sorted(parts):
        total.update(f"{name}\0{hashlib.sha256(parts[name]).hexdigest()}\n".encode())
    return total.hexdigest()[:DIGEST_LENGTH]


def known(kind: str, name: str, names: Iterable[str], source: str) -> str:
    """Return *name* if it is one of *names*.

    Raises:
        BuildError: it is not; the message gives the nearest name and all that exist.
    """
    there = sorted(names)
    if name in there:
        return name
    near = difflib.get_close_matches(name, there, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise BuildError(f"{source}: no {kind} {name!r}; {hint}known: {', '.join(there) or 'none'}")


def _blame(source: str, error: Exception) -> BuildError:
    """Return the error that a module raised as one line that names the place in the sources."""
    line = 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.replace("\\", "/").endswith(source):
            line = frame.lineno or 0
    if isinstance(error, SyntaxError):
        line = error.lineno or line
    reason = " ".join(str(error).split()) or "no message"
    place = f"{source}:{line}" if line else source
    return BuildError(f"{place}: {type(error).__name__}: {reason}; --verbose shows the traceback")


def _subs(data: Any) -> Iterator[str]:
    """Yield every text that a template substitutes."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "Fn::Sub":
                yield value if isinstance(value, str) else value[0]
            yield from _subs(value)
    elif isinstance(data, list):
        for value in data:
            yield from _subs(value)


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
