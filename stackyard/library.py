"""Finds components and blueprints, and renders them. A module in the right folder is enough."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import marshal
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from stackyard import quick
from stackyard.errors import BuildError
from stackyard.project import Project
from stackyard.reference import section
from stackyard.renderings import Rendered, Renderings, tools
from stackyard.sources import Sources, digest_of

if TYPE_CHECKING:
    from templates_src.contract import AnyComponent

__all__ = ["Library", "Rendered", "digest", "known"]

NESTED = re.compile(rb"\$\{TemplatePrefix\}(components/\w+)\.yaml")
ARCHIVED = re.compile(rb"\$\{TemplatePrefix\}functions/(\w+)\.zip")
LIBRARY = "templates_src"  # the package that this one is installed with
MOMENT_SECONDS = 2  # file systems tell modifications apart by two seconds at worst
DIGEST_LENGTH = 16  # hexadecimal digits: 64 bits, no two builds of one library ever meet


class Library:
    """The components and blueprints of a project, imported and rendered when asked for."""

    def __init__(self, project: Project, renderings: Renderings | None = None) -> None:
        self.project = project
        self.renderings = renderings
        self.rendered: dict[str, Rendered] = {}
        self._found: dict[str, AnyComponent] = {}
        self._definer: dict[str, str] = {}
        self._searched: set[str] = set()
        root = str(project.root)
        if root not in sys.path:
            sys.path.insert(0, root)

    @cached_property
    def components(self) -> dict[str, AnyComponent]:
        """Every component by name."""
        return self._all("components")

    @cached_property
    def blueprints(self) -> dict[str, AnyComponent]:
        """Every blueprint by name."""
        return self._all("blueprints")

    def blueprint(self, name: str, source: str = "build.py") -> str:
        """Return *name* if there is such a blueprint.

        Raises:
            BuildError: there is none; the message gives the nearest name and all that exist.
        """
        if _module(name) in self._modules("blueprints"):
            self._search("blueprints", _module(name))
        if f"blueprints/{name}" in self._found:
            return name
        return known("blueprint", name, self.blueprints, source)

    def template(self, path: str) -> Rendered:
        """Return the template ``components/network`` or ``blueprints/pyshop``.

        Raises:
            BuildError: it cannot be built; the message says where and why.
        """
        if path not in self.rendered:
            self.rendered[path] = self._template(path, self._component(path))
        return self.rendered[path]

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

    def inputs(self, blueprint: str) -> dict[str, str]:
        """Return the digests of the modules that a blueprint is made from, by path in the project.

        Those of a library that is installed elsewhere are not among them.
        """
        modules: set[str] = set()
        for item in self.tree(blueprint):
            modules |= self._made_of(item.path, self._component(item.path))[0]
        package = self.project.package
        return {f"{package}/{file}": it for file, it in self._sources.files(modules).items()}

    def function(self, name: str) -> Path:
        """Return the folder of a function: the project's, or that of a component it has installed.

        Raises:
            BuildError: both have one of this name, and there is one archive of a name.
        """
        own = self.project.sources / "functions" / name
        installed = self._installed / "functions" / name
        if installed == own or not installed.is_dir():
            return own
        if own.is_dir():
            raise BuildError(f"{own}: {LIBRARY} has a function {name!r} as well; rename yours")
        return installed

    @cached_property
    def _installed(self) -> Path:
        """The folder of the library that the components of a project may come from."""
        if self.project.package == LIBRARY:
            return self.project.sources
        spec = importlib.util.find_spec(f"{LIBRARY}.contract")
        return Path(spec.origin).parent if spec and spec.origin else self.project.sources

    def _all(self, folder: str) -> dict[str, AnyComponent]:
        for each in ("components", "blueprints"):
            for name in self._modules(each):
                self._search(each, name)
        paths = [path for path in self._found if path.startswith(f"{folder}/")]
        return {path.partition("/")[2]: self._found[path] for path in paths}

    def _component(self, path: str) -> AnyComponent:
        """Return what renders a template; only if no module has its name is everything searched."""
        folder, _, name = path.partition("/")
        if path not in self._found and _module(name) in self._modules(folder):
            self._search(folder, _module(name))
        if path not in self._found:
            self._all(folder)
        if path not in self._found and (self._installed / f"{path}.py").is_file():
            self._search(folder, name, LIBRARY)
        if path not in self._found:
            raise BuildError(f"{path}: no such template; nest a component of this library")
        return self._found[path]

    def _search(self, folder: str, name: str, package: str = "") -> None:
        """Import a module and find the components in it."""
        package = package or self.project.package
        module = f"{package}.{folder}.{name}"
        if module in self._searched:
            return
        if not self._searched:
            self._distrust_bytecode()
        self._searched.add(module)
        source = f"{package}/{folder}/{name}.py"
        try:
            imported = importlib.import_module(module)
        except Exception as error:
            raise _blame(source, error) from error
        for value in _values(imported):
            # any object that renders and nests is a component; no import of the contract, so that
            # a project may bring its own version of it
            if isinstance(value, type) or not (
                hasattr(value, "nest") and hasattr(value, "template")
            ):
                continue
            is_blueprint = folder == "blueprints" and value.name == name
            path = f"components/{value.name}"
            if is_blueprint:  # a stack's name takes no underscore, a module's no hyphen
                path = f"blueprints/{name.replace('_', '-')}"
            if self._found.setdefault(path, value) is not value:
                raise BuildError(f"{source}: {value.name!r} exists already; rename one")
            self._definer.setdefault(path, module)

    def _distrust_bytecode(self) -> None:
        """Have no byte code written while a source was changed a moment ago.

        Python takes byte code for that of a source by the second of its modification and its size:
        another change in the same second would render what was there before, and that would be
        kept under the digest of what is there now.
        """
        paths = quick.files(str(self.project.sources), (".py",))
        newest = max((os.stat(path).st_mtime for path in paths), default=0.0)
        if time.time() - newest < MOMENT_SECONDS:
            sys.dont_write_bytecode = True

    def _modules(self, folder: str) -> list[str]:
        directory = self.project.sources / folder
        try:
            names = sorted(path.stem for path in directory.glob("*.py"))
        except OSError as error:
            raise BuildError(f"{directory}: {error.strerror}; make it readable") from None
        return [name for name in names if name != "__init__"]

    def _template(self, path: str, component: AnyComponent) -> Rendered:
        """Return a template as it was rendered last time, or render it."""
        key = self._key(path, component) if self.renderings else ""
        kept = self.renderings.find(path, key) if self.renderings else None
        return kept or self._render(path, component, key)

    def _render(self, path: str, component: AnyComponent, key: str) -> Rendered:
        from stackyard.encode import data

        source = component.module.replace(".", "/") + ".py"
        try:
            body = data(component.template())
            packed = marshal.dumps(body)  # its texts are in it as they are
        except Exception as error:
            raise _blame(source, error) from error
        if not body.get("Resources"):
            raise BuildError(f"{source}: the template has no resource; add one in build()")
        nested, functions = (_found(pattern, packed) for pattern in (NESTED, ARCHIVED))
        return Rendered(path, key, source, packed, nested, functions, section(path, source, body))

    def _key(self, path: str, component: AnyComponent) -> str:
        """Return the digest of all that a template is made from."""
        modules, names = self._made_of(path, component)
        parts = (self._tools, path, component.module, *names, self._sources.digest(modules))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def _made_of(self, path: str, component: AnyComponent) -> tuple[set[str], list[str]]:
        """Return the modules and the names in them that a template is made from."""
        parts: list[Any] = [component.build, component.gives, *component.takes.__mro__]
        modules = {component.module, *(part.__module__ for part in parts)}
        names = [f"{part.__module__}.{part.__qualname__}" for part in parts]
        # what a function made may hold whatever the module of that name gave to it; otherwise that
        # module may change without changing the components that it only extends
        if any("<locals>" in name for name in names):
            modules.add(self._definer[path])
        return modules, names

    @cached_property
    def _sources(self) -> Sources:
        return Sources(self.project)

    @cached_property
    def _tools(self) -> str:
        installed = self._installed
        is_ours = installed == self.project.sources
        return tools() if is_ours else f"{tools()} {digest_of(installed)}"


def digest(parts: Mapping[str, bytes]) -> str:
    """Return the digest of files by name, the same on every machine."""
    total = hashlib.sha256()
    for name in sorted(parts):
        total.update(f"{name}\0{hashlib.sha256(parts[name]).hexdigest()}\n".encode())
    return total.hexdigest()[:DIGEST_LENGTH]


def _values(module: ModuleType) -> Iterator[Any]:
    """Yield what stands in a module, and in the modules of groups that it composes."""
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType) and ".groups." in value.__name__:
            yield from _values(value)
        else:
            yield value


def _module(name: str) -> str:
    """Return the module of the blueprint or component *name*."""
    return name.replace("-", "_")


def known(kind: str, name: str, names: Iterable[str], source: str) -> str:
    """Return *name* if it is one of *names*.

    Raises:
        BuildError: it is not; the message gives the nearest name and all that exist.
    """
    there = sorted(names)
    if name in there:
        return name
    import difflib

    near = difflib.get_close_matches(name, there, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    raise BuildError(f"{source}: no {kind} {name!r}; {hint}known: {', '.join(there) or 'none'}")


def _blame(source: str, error: Exception) -> BuildError:
    """Return the error that a module raised as one line that names the place in the sources."""
    import traceback

    line = 0
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.replace("\\", "/").endswith(source):
            line = frame.lineno or 0
    if isinstance(error, SyntaxError):
        line = error.lineno or line
    reason = " ".join(str(error).split()) or "no message"
    place = f"{source}:{line}" if line else source
    return BuildError(f"{place}: {type(error).__name__}: {reason}; --verbose shows the traceback")


def _found(pattern: re.Pattern[bytes], packed: bytes) -> list[str]:
    return [name.decode() for name in dict.fromkeys(pattern.findall(packed))]
