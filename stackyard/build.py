"""The build: sources and parameter files in, a checked ``dist/`` out."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from stackyard import output, quick
from stackyard.environments import ParameterSet, strays
from stackyard.findings import Finding
from stackyard.library import Library, Rendered, digest
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.lint import Evaluation
    from stackyard.resolved import System

# Distributions whose version can change a byte of dist/
EMITTERS = ("troposphere", "awacs", "PyYAML")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Options:
    """What to build and how thoroughly.

    Attributes:
        blueprint: only this one; all if empty.
        environment: only this one of the blueprint; all if empty.
        check: write nothing, report what is stale.
        native: run AWS's own validator.
        cfn_lint: run cfn-lint.
    """

    blueprint: str = ""
    environment: str = ""
    check: bool = False
    native: bool = True
    cfn_lint: bool = True


@dataclass
class Row:
    """One environment of a blueprint, as the table shows it."""

    blueprint: str
    environment: str
    nested: int
    resources: int
    parameters: int
    findings: int
    seconds: float


@dataclass
class Report:
    """What a build did.

    Attributes:
        rows: one per environment.
        findings: everything wrong; empty if the build is good.
        warnings: what will be wrong one day.
        changes: files of dist/ that differ from what was there, with what is the matter.
        notes: facts worth a line, such as a validator that is not installed.
        rejected: folder with what was built, if there are findings; dist/ is then as it was.
        inputs: digest of all that was read, if the build is good.
        seconds: wall time.
    """

    rows: list[Row] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rejected: str = ""
    inputs: str = ""
    seconds: float = 0.0

    def data(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return asdict(self)


class Build:
    """One build, step by step; ``run`` is the order of the steps."""

    def __init__(
        self, project: Project, options: Options, progress: Progress | None = None
    ) -> None:
        self.project = project
        self.options = options
        self.progress = progress
        self.report = Report()
        self.sets: dict[str, list[ParameterSet]] = {}
        self.files: dict[str, bytes] = {}

    def run(self) -> Report:
        """Build, check and write.

        Raises:
            BuildError: the sources cannot be built, or a name is unknown.
        """
        started = time.perf_counter()
        inputs = quick.read_inputs(str(self.project.root), self.project.package)
        output.recover(self.project)
        self.prepare()
        if self.whole:
            self.report.findings += strays(self.project.params, self.blueprints)
            self._emit_spare_components()
        self._emit_manifest()
        self._validate()
        self._finish(inputs)
        self.report.seconds = time.perf_counter() - started
        return self.report

    def prepare(self) -> None:
        """Render the blueprints and load their parameter sets.

        Raises:
            BuildError: the sources cannot be built, or a name is unknown.
        """
        self.library = Library(self.project)
        if self.options.blueprint:
            self.library.blueprint(self.options.blueprint)
        for name in self.blueprints:
            self._emit(name)

    def resolve(self, blueprint: str, item: ParameterSet, region: str) -> System:
        """Return a blueprint as AWS would see it in one environment and region."""
        from stackyard.resolved import resolve

        return resolve(
            blueprint,
            {rendered.path: rendered.body for rendered in self.library.tree(blueprint)},
            item.parameters,
            region,
            stack_name=item.stack_name,
            environment=item.environment,
        )

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
        from stackyard.functions import archive
        from stackyard.schema import schema

        root, *nested = self.library.tree(name)
        children: dict[str, bytes] = {}
        for rendered in nested:
            rendered.text = rendered.text or yaml_text(rendered.body, _header(rendered))
            children[f"{rendered.path}.yaml"] = rendered.text.encode()
            for function in rendered.functions:
                source = self.project.sources / "functions" / function
                children[f"functions/{function}.zip"] = archive(source)
        own = root.body["Parameters"]["TemplatePrefix"]
        parts = {**children, root.path: yaml_text(root.body).encode()}
        own["Default"] = f"{own['Default']}{digest(parts)}/"
        root.text = yaml_text(root.body, _header(root))
        self.files |= {**children, f"{root.path}.yaml": root.text.encode()}
        self.files[f"schema/{name}.json"] = _json(schema(name, root.body))
        self._load(root)

    def _load(self, root: Rendered) -> None:
        """Read and check the parameter files of a blueprint; emit its parameter sets."""
        from stackyard.environments import choose, load
        from stackyard.parameter_files import parameter_files

        if self.options.environment:
            choose(self.project.params, root.name, self.options.environment)
        self.sets[root.name], findings = load(self.project.params, root.name, root.body)
        self.report.findings += findings
        for item in self.sets[root.name]:
            # with the template's defaults, or an update would never see a new TemplatePrefix
            for suffix, text in parameter_files(item, root.body).items():
                self.files[f"params/{root.name}/{item.environment}.{suffix}"] = text.encode()

    def _emit_spare_components(self) -> None:
        """Render the components that no blueprint nests: people use them on their own."""
        from stackyard.emit import yaml_text

        for name in self.library.components:
            rendered = self.library.template(f"components/{name}")
            if not rendered.text:
                rendered.text = yaml_text(rendered.body, _header(rendered))
                self.files[f"{rendered.path}.yaml"] = rendered.text.encode()

    def _emit_manifest(self) -> None:
        """State what was built from what; parts of blueprints that are not built are kept."""
        path = self.project.dist / "manifest.json"
        manifest: dict[str, Any] = {"blueprints": {}}
        if not self.whole and path.exists():
            manifest = json.loads(path.read_bytes())
        manifest["tools"] = {name: metadata.version(name) for name in EMITTERS}
        for name in self.blueprints:
            manifest["blueprints"][name] = self._blueprint_facts(name)
        self.files["manifest.json"] = _json(manifest)

    def _blueprint_facts(self, name: str) -> dict[str, Any]:
        tree = list(self.library.tree(name))
        functions = sorted({function for item in tree for function in item.functions})
        outputs = [
            *(f"{item.path}.yaml" for item in tree),
            *(f"functions/{function}.zip" for function in functions),
            *(path for path in self.files if path.startswith(f"params/{name}/")),
            f"schema/{name}.json",
        ]
        return {
            "template": f"{tree[0].path}.yaml",
            "prefix": tree[0].body["Parameters"]["TemplatePrefix"]["Default"],
            "environments": [item.environment for item in self.sets[name]],
            "inputs": dict(self._inputs(tree, functions, name)),
            "outputs": {path: _sha256(self.files[path]) for path in sorted(outputs)},
        }

    def _inputs(
        self, tree: Sequence[Rendered], functions: Iterable[str], blueprint: str
    ) -> Iterator[tuple[str, str]]:
        """Yield the files that a blueprint is made from and their digests, in order."""
        sources = self.project.sources
        paths = {self.project.root / item.source for item in tree}
        paths |= {sources / "contract.py", *sources.glob("parts/*.py")}
        paths |= {*(self.project.params / blueprint).glob("*.yaml")}
        for function in functions:
            paths |= {path for path in (sources / "functions" / function).glob("*.*")}
        for path in sorted(path for path in paths if path.is_file()):
            yield str(path.relative_to(self.project.root)), _sha256(path.read_bytes())

    def _validate(self) -> None:
        """Check every environment as AWS would see it, and every template as linters do."""
        from stackyard import checks

        evaluations: list[Evaluation] = []
        for name in self.blueprints:
            for item in self._chosen(name):
                started = time.perf_counter()
                for region in item.regions:
                    system = self.resolve(name, item, region)
                    self.report.findings += checks.run(system)
                    evaluations += _evaluations(system)
                row = Row(
                    blueprint=name,
                    environment=item.environment,
                    nested=sum(1 for _ in system.stacks()) - 1,
                    resources=sum(1 for _ in system.resources()),
                    parameters=len(item.parameters),
                    findings=0,
                    seconds=time.perf_counter() - started,
                )
                self.report.rows.append(row)
        if self.options.native or self.options.cfn_lint:
            self._lint(evaluations)
        self._sort_findings()

    def _lint(self, evaluations: Sequence[Evaluation]) -> None:
        from stackyard.lint import lint

        texts = {
            path: content.decode()
            for path, content in self.files.items()
            if path.startswith(("components/", "blueprints/"))
        }
        result = lint(
            texts,
            evaluations,
            sorted({evaluation.region for evaluation in evaluations}),
            work=self.project.work,
            native=self.options.native,
            cfn_lint=self.options.cfn_lint,
            progress=self.progress,
            complete=self.whole,
        )
        self.report.findings += result.findings
        self.report.notes += result.notes

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
        dist = self.project.dist
        self.report.changes = output.differences(dist, self.files, whole=self.whole)
        if self.options.check:
            return
        if self.report.changes:
            output.write(self.project, self.files, whole=self.whole)
        self.report.inputs = inputs

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


def _evaluations(system: System) -> Iterator[Evaluation]:
    """Yield every template of a system with the parameters that are known before AWS answers."""
    from stackyard.lint import Evaluation

    for stack in system.stacks():
        known = {name: value for name, value in stack.parameters.items() if isinstance(value, str)}
        yield Evaluation(f"{stack.template}.yaml", system.environment, known, system.region)


def _header(rendered: Rendered) -> str:
    return f"Made from {rendered.source} by build.py. Change that, not this file."


def _json(data: Any) -> bytes:
    return (json.dumps(data, indent=2) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
