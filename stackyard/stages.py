"""Stages: blueprints that are deployed before another one and hand their outputs to it.

The module of a blueprint names them: ``STAGES = ("chronotrail-replica",)``. An output of a stage is
the parameter of the same name of the blueprint that names it, in each environment that both have.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stackyard.environments import environments
from stackyard.errors import BuildError
from stackyard.findings import Finding
from stackyard.library import Library, known
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.resolved import Unknown

NAME = "STAGES"
STATEMENT = re.compile(rb"^STAGES\s*[:=]", re.M)


class Declared(NamedTuple):
    """What a blueprint names.

    Attributes:
        names: of its stages.
        file: that says so, relative to the project.
        line: likewise.
    """

    names: tuple[str, ...]
    file: str
    line: int


class Course(NamedTuple):
    """The stacks of a system in one environment.

    Attributes:
        environment: its name.
        before: by blueprint, first what is deployed first, the stages that it waits for.
        left_out: stages that have no such environment.
    """

    environment: str
    before: Mapping[str, Sequence[str]]
    left_out: Sequence[str] = ()

    @property
    def last(self) -> str:
        """Return the blueprint that the others are stages of."""
        return [*self.before][-1]

    def alone(self) -> Course:
        """Return the last stack without its stages."""
        return self.without([name for name in self.before if name != self.last])

    def without(self, names: Collection[str]) -> Course:
        """Return the others."""
        before = {
            name: [stage for stage in stages if stage not in names]
            for name, stages in self.before.items()
            if name not in names
        }
        return Course(self.environment, before)

    @property
    def after(self) -> Mapping[str, Sequence[str]]:
        """Return by blueprint, first what is destroyed first, those that take something of it."""
        return {
            stage: [name for name, stages in self.before.items() if stage in stages]
            for stage in reversed([*self.before])
        }


def declared(project: Project) -> dict[str, Declared]:
    """Return what each blueprint names as its stages; the sources are read, not run.

    Raises:
        BuildError: one does not name blueprints, or they wait for each other in a circle.
    """
    paths = {path.stem.replace("_", "-"): path for path in _modules(project)}
    found: dict[str, Declared] = {}
    for name, path in paths.items():
        source = path.read_bytes()
        if NAME.encode() in source:
            file = str(path.relative_to(project.root))
            found.update({name: one} if (one := _read(source, file)) else {})
    for one in found.values():
        for stage in one.names:
            known("blueprint", stage, paths, f"{one.file}:{one.line}")
    for name in found:
        _order({other: one.names for other, one in found.items()}, name, found[name])
    return found


def course(project: Project, blueprint: str, environment: str) -> Course:
    """Return a blueprint and its stages, and theirs, in an environment.

    Raises:
        BuildError: as ``declared``.
    """
    found = declared(project)
    before: dict[str, list[str]] = {}
    left_out: dict[str, None] = {}
    waiting = [blueprint]
    exists = environment in environments(project.params, blueprint)
    while waiting:
        name = waiting.pop()
        if name in before:
            continue
        before[name] = []
        for stage in found[name].names if name in found else ():
            if environment in environments(project.params, stage):
                before[name].append(stage)
                waiting.append(stage)
            elif exists:
                left_out[stage] = None
    ordered = _order(before, blueprint, found.get(blueprint))
    return Course(environment, {name: before[name] for name in ordered}, [*left_out])


def shared(project: Project, system: Course) -> dict[str, str]:
    """Return the stages that another system of the environment needs too, each with that system.

    Raises:
        BuildError: as ``declared``.
    """
    needed = {
        stage: name
        for name, one in declared(project).items()
        if name not in system.before and system.environment in environments(project.params, name)
        for stage in one.names
    }
    found: dict[str, str] = {}
    for stage, takers in system.after.items():
        others = [needed[stage]] if stage in needed else []
        others += [found[taker] for taker in takers if taker in found]
        if others and stage != system.last:
            found[stage] = others[0]
    return found


class Handing:
    """What the stages of one blueprint give it.

    Args:
        project: whose.
        library: that renders the stages.
        found: what the blueprints of the project name.
        blueprint: which takes it.
        parameters: that it has.

    Attributes:
        is_stage: whether it is a stage itself.
    """

    def __init__(
        self,
        project: Project,
        library: Library,
        found: Mapping[str, Declared],
        blueprint: str,
        parameters: Collection[str],
    ) -> None:
        self.is_stage = any(blueprint in one.names for one in found.values())
        self._params = project.params
        self._takes = parameters
        self._declared = found.get(blueprint, Declared((), "", 0))
        self._outputs = {
            stage: [*library.template(f"blueprints/{stage}").body.get("Outputs", {})]
            for stage in self._declared.names
        }

    def of(self, environment: str) -> dict[str, str]:
        """Return the parameters that are handed over in an environment, each with its stage."""
        return {
            name: stage
            for stage, names in self._outputs.items()
            if names and environment in environments(self._params, stage)
            for name in names
            if name in self._takes
        }

    def problems(self) -> Iterator[Finding]:
        """Yield what cannot be handed over."""
        givers: dict[str, str] = {}
        for stage, names in self._outputs.items():
            for name in names:
                if name not in self._takes:
                    yield self._finding(
                        f"{stage} gives {name}, which is no parameter here; rename or remove it"
                    )
                elif givers.setdefault(name, stage) != stage:
                    yield self._finding(
                        f"{givers[name]} and {stage} both give {name}; rename one of them"
                    )

    def _finding(self, message: str) -> Finding:
        return Finding(self._declared.file, self._declared.line, 1, "stages", message)


def unknown(handed: Mapping[str, str]) -> dict[str, Unknown]:
    """Return what stands for values that a stage gives once it is deployed; none is empty."""
    from stackyard.resolved import Unknown

    return {name: Unknown("resource", stage, name) for name, stage in handed.items()}


def _modules(project: Project) -> list[Path]:
    folder = project.sources / "blueprints"
    return sorted(path for path in folder.glob("*.py") if path.stem != "__init__")


def _read(source: bytes, file: str) -> Declared | None:
    """Return what a module names, None if it names nothing.

    Only that statement is parsed: the whole of a module would take as long as to render it.
    """
    import ast

    found = STATEMENT.search(source)
    if not found:
        return None
    line = source.count(b"\n", 0, found.start()) + 1
    end = source.find(b")", found.start())
    while end >= 0:
        with contextlib.suppress(SyntaxError, ValueError):
            (statement,) = ast.parse(source[found.start() : end + 1]).body
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value:
                names = ast.literal_eval(statement.value)
                if isinstance(names, tuple) and all(isinstance(name, str) for name in names):
                    return Declared(names, file, line)
        end = source.find(b")", end + 1)
    raise BuildError(f'{file}:{line}: {NAME} is no tuple of names; write ("name",)')


def _order(graph: Mapping[str, Sequence[str]], last: str, where: Declared | None) -> list[str]:
    """Return a blueprint and all that it waits for, each after what it waits for itself."""
    from graphlib import CycleError, TopologicalSorter

    reached: dict[str, Sequence[str]] = {}
    waiting = [last]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached[name] = graph.get(name, ())
            waiting += reached[name]
    try:
        return [*TopologicalSorter(reached).static_order()]
    except CycleError as error:
        place = f"{where.file}:{where.line}" if where else last
        circle = " -> ".join(error.args[1])
        raise BuildError(f"{place}: {circle} wait for each other; take one out of {NAME}") from None
