"""The build: sources and parameter files in, a checked ``dist/`` out."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from stackyard import output, quick
from stackyard.environments import ParameterSet, strays
from stackyard.findings import Finding
from stackyard.library import Library, Rendered, digest
from stackyard.manifest import MANIFEST, Manifest, sha256
from stackyard.project import Project
from stackyard.reference import reference
from stackyard.renderings import Renderings
from stackyard.report import Options, Report, Row
from stackyard.validation import Progress, Validation, evaluations

if TYPE_CHECKING:
    from stackyard.lint import Evaluation
    from stackyard.resolved import System
    from stackyard.roads.taskcat_file import Test
    from stackyard.stages import Declared

__all__ = ["Build", "Options", "Report", "Row"]

REFERENCE, TASKCAT = quick.GENERATED
CACHE = "renderings"


class Build:
    """One build, step by step; ``run`` is the order of the steps."""

    def __init__(
        self, project: Project, options: Options, progress: Progress | None = None
    ) -> None:
        self.project = project
        self.options = options
        self.report = Report()
        self.sets: dict[str, list[ParameterSet]] = {}
        self.files: dict[str, bytes] = {}
        self._tests: list[Test] = []
        self.renderings = Renderings(project.work / CACHE)
        self._validation = Validation(project, options, progress)
        self._resolvable: tuple[str, dict[str, Any]] = ("", {})

    def run(self) -> Report:
        """Build, check and write.

        Raises:
            BuildError: the sources cannot be built, or a name is unknown.
        """
        started = time.perf_counter()
        collects = gc.isenabled()
        gc.disable()  # a build makes many objects and hardly a circle: this is a tenth of its time
        try:
            self._run()
        finally:
            gc.freeze()  # another tenth: the interpreter looks for circles once more as it ends
            if collects:
                gc.enable()
        self.report.seconds = time.perf_counter() - started
        return self.report

    def _run(self) -> None:
        inputs = quick.read_inputs(str(self.project.root), self.project.package)
        output.recover(self.project)
        if self.renderings.inputs != inputs:
            self._validation.expect()
        self.prepare()
        if self.whole:
            self.report.findings += strays(self.project.params, self.blueprints)
            self._emit_spare_components()
        built = {name: [item.environment for item in self.sets[name]] for name in self.blueprints}
        self.files[MANIFEST] = Manifest(self.library, self.files).text(built, self.whole)
        self.renderings.save(self.library.rendered, inputs, complete=self.whole)
        self._validate()
        self._finish(inputs)

    def prepare(self) -> None:
        """Render the blueprints and load their parameter sets.

        Raises:
            BuildError: the sources cannot be built, or a name is unknown.
        """
        self.library = Library(self.project, self.renderings)
        if self.options.blueprint:
            self.library.blueprint(self.options.blueprint)
        for name in self.blueprints:
            self._emit(name)

    @cached_property
    def _stages(self) -> Mapping[str, Declared]:
        from stackyard.stages import declared

        return declared(self.project)

    def resolve(self, blueprint: str, item: ParameterSet, region: str) -> System:
        """Return a blueprint as AWS would see it in one environment and region."""
        from stackyard.resolved import resolve
        from stackyard.stages import unknown

        return resolve(
            blueprint,
            self._bodies(blueprint),
            {**unknown(item.handed), **item.parameters},
            region,
            stack_name=item.stack_name,
            environment=item.environment,
        )

    def _bodies(self, blueprint: str) -> dict[str, Any]:
        """Return the templates of a blueprint; those of one are held at a time."""
        if self._resolvable[0] != blueprint:
            self._resolvable = ("", {})
            bodies = {item.path: item.body for item in self.library.tree(blueprint)}
            self._resolvable = (blueprint, bodies)
        return self._resolvable[1]

    @property
    def whole(self) -> bool:
        """Whether everything is built, so that dist/ holds nothing else."""
        return not self.options.blueprint

    @property
    def blueprints(self) -> list[str]:
        """Names of the blueprints to build."""
        return [self.options.blueprint] if self.options.blueprint else [*self.library.blueprints]

    def _emit(self, name: str) -> None:
        """Render a blueprint and what it nests, and load its parameter sets."""
        from stackyard.emit import yaml_text
        from stackyard.schema import schema

        root, *nested = self.library.tree(name)
        children: dict[str, bytes] = {}
        for rendered in nested:
            children[f"{rendered.path}.yaml"] = self._written(rendered)
            for function in rendered.functions:
                children[f"functions/{function}.zip"] = self._archive(function)
        body = root.body
        own = body["Parameters"]["TemplatePrefix"]
        parts = {**children, root.path: json.dumps(body).encode()}
        own["Default"] = root.prefix = f"{own['Default']}{digest(parts)}/"
        text = yaml_text(body, _header(root)).encode()
        self.files |= {**children, f"{root.path}.yaml": text}
        self.files[f"schema/{name}.json"] = _json(schema(name, body))
        self._load(root, body)

    def _written(self, rendered: Rendered) -> bytes:
        """Return the file of a component, as it is in dist/ if it was made from the same."""
        from stackyard.emit import yaml_text

        path = f"{rendered.path}.yaml"
        if path not in self.files:
            there = output.content(self.project.dist / path)
            if there is None or sha256(there) != rendered.written:
                there = yaml_text(rendered.body, _header(rendered)).encode()
                rendered.written = sha256(there)
            self.files[path] = there
        return self.files[path]

    def _archive(self, function: str) -> bytes:
        from stackyard.functions import archive

        path = f"functions/{function}.zip"
        if path not in self.files:
            self.files[path] = archive(self.library.function(function))
        return self.files[path]

    def _load(self, root: Rendered, body: Mapping[str, Any]) -> None:
        """Read and check the parameter files of a blueprint; emit its parameter sets."""
        from stackyard.environments import choose, load
        from stackyard.parameter_files import parameter_files
        from stackyard.stages import Handing

        if self.options.environment:
            choose(self.project.params, root.name, self.options.environment)
        takes = body["Parameters"]
        handing = Handing(self.project, self.library, self._stages, root.name, takes)
        sets, findings = load(self.project.params, root.name, body, handing.of)
        self.sets[root.name] = [item._replace(is_stage=handing.is_stage) for item in sets]
        self.report.findings += [*handing.problems(), *findings]
        for item in self.sets[root.name]:
            # with the template's defaults, or an update would never see a new TemplatePrefix
            for suffix, text in parameter_files(item, body).items():
                self.files[f"params/{root.name}/{item.environment}.{suffix}"] = text.encode()
        self._emit_for_releases(root.name)

    def _emit_for_releases(self, name: str) -> None:
        """Emit what the repository of an application needs that CodeDeploy releases."""
        if not any(item.path == "components/codedeploy" for item in self.library.tree(name)):
            return
        from stackyard.ci_files import ci_files, with_image

        released = [self.resolve(name, with_image(s), s.regions[0]) for s in self.sets[name]]
        for path, text in ci_files(released).items():
            self.files[path] = text.encode()

    def _emit_spare_components(self) -> None:
        """Render the components that no blueprint nests: people use them on their own."""
        for name in self.library.components:
            self._written(self.library.template(f"components/{name}"))

    def _validate(self) -> None:
        """Check every environment as AWS would see it, and every template as linters do."""
        evaluated: list[Evaluation] = []
        for name in self.blueprints:
            for item in self._chosen(name):
                started = time.perf_counter()
                row = self._check(name, item, evaluated)
                row.seconds = time.perf_counter() - started
                self.report.rows.append(row)
        if self.options.lints:
            self._lint(evaluated)
        self._sort_findings()

    def _check(self, name: str, item: ParameterSet, evaluated: list[Evaluation]) -> Row:
        """Check one environment in each of its regions, of which one is held at a time."""
        from stackyard import checks

        for region in item.regions:
            system = self.resolve(name, item, region)
            self.report.findings += checks.run(system)
            if self.options.lints:
                evaluated += evaluations(system)
        if self._has_taskcat_file():
            from stackyard.roads.taskcat_file import test_of

            self._tests.append(test_of(item, system))
        return Row(
            blueprint=name,
            environment=item.environment,
            nested=sum(1 for _ in system.stacks()) - 1,
            resources=sum(1 for _ in system.resources()),
            parameters=len(item.parameters),
            findings=0,
            seconds=0.0,
        )

    def _lint(self, evaluated: Sequence[Evaluation]) -> None:
        texts = {
            path: content.decode()
            for path, content in self.files.items()
            if path.startswith(("components/", "blueprints/"))
        }
        result = self._validation.run(texts, evaluated, self._as_json, complete=self.whole)
        self.report.findings += result.findings
        self.report.notes += result.notes

    def _as_json(self, path: str) -> str:
        return json.dumps(self.library.template(path.removesuffix(".yaml")).body)

    def _sort_findings(self) -> None:
        """Part warnings from what fails the build, and count what concerns each row."""
        found = sorted(set(self.report.findings))
        self.report.warnings = [finding for finding in found if finding.warning]
        self.report.findings = [finding for finding in found if not finding.warning]
        for row in self.report.rows:
            row.findings = sum(self._concerns(finding, row) for finding in self.report.findings)

    def _finish(self, inputs: str) -> None:
        """Write what was built, or put it aside when it is not good."""
        if self.report.findings:
            if not self.options.check:
                self.report.rejected = str(output.set_aside(self.project, self.files))
            return
        dist, root = self.project.dist, self.project.root
        self.report.changes = output.differences(dist, self.files, whole=self.whole)
        stale = {path: text for path, text in self._pages() if output.content(root / path) != text}
        if not self.options.check:
            if self.report.changes:
                output.write(self.project, self.files, whole=self.whole)
            for path, text in stale.items():
                output.replace(self.project, root / path, text)
            self.report.inputs = inputs
        self.report.changes += [f"stale {path}" for path in stale]

    def _pages(self) -> Iterator[tuple[str, bytes]]:
        """Yield what is generated outside of dist/, where a project wants it."""
        if self.whole and (self.project.root / REFERENCE).parent.is_dir():
            pages = {path: item.page for path, item in self.library.rendered.items()}
            yield REFERENCE, reference(pages).encode()
        if self._has_taskcat_file():
            from stackyard.roads.taskcat_file import text

            yield TASKCAT, text(self._tests).encode()

    def _has_taskcat_file(self) -> bool:
        return self.whole and (self.project.root / TASKCAT).is_file()

    def _chosen(self, blueprint: str) -> list[ParameterSet]:
        """Return the parameter sets to validate: all of a blueprint, or the one asked for."""
        wanted = self.options.environment
        return [item for item in self.sets[blueprint] if wanted in ("", item.environment)]

    def _concerns(self, finding: Finding, row: Row) -> bool:
        """Return whether a finding is about one row of the table."""
        files = {f"dist/{item.path}.yaml" for item in self.library.tree(row.blueprint)}
        files.add(f"params/{row.blueprint}/{row.environment}.yaml")
        files.add(f"params/{row.blueprint}/common.yaml")
        return finding.file in files and finding.subject.split(" ")[0] in ("", row.environment)


def _header(rendered: Rendered) -> str:
    return f"Made from {rendered.source} by build.py. Change that, not this file."


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()
