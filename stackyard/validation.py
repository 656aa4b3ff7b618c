"""What the build asks the validators, and when it lets them get ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from stackyard.project import Project
from stackyard.report import Options

if TYPE_CHECKING:
    from threading import Thread

    from stackyard.lint import Evaluation, Result
    from stackyard.resolved import System

Progress = Callable[[str, int, int], None]


class Validation:
    """The validators of one build; nothing of them is imported before it is needed."""

    def __init__(self, project: Project, options: Options, progress: Progress | None) -> None:
        self.project = project
        self.options = options
        self.progress = progress
        self._engine: Thread | None = None

    def expect(self) -> None:
        """Begin to make AWS's validator, which takes as long as rendering a blueprint."""
        if not self.options.native:
            return
        from stackyard.installed import version
        from stackyard.lint.native import warm_up
        from stackyard.lint.tasks import NATIVE

        if version(NATIVE):
            self._engine = warm_up()

    def run(
        self,
        texts: Mapping[str, str],
        evaluated: Sequence[Evaluation],
        as_json: Callable[[str], str],
        *,
        complete: bool,
    ) -> Result:
        """Validate templates, by path below ``dist/``, and each as its environments deploy it."""
        from stackyard.lint import lint

        if self._engine:
            self._engine.join()
        # the largest first, so that no processor waits for another in the end
        paths = sorted(texts, key=lambda path: -len(texts[path]))
        return lint(
            {path: texts[path] for path in paths},
            sorted(evaluated, key=lambda item: -len(texts[item.template])),
            sorted({item.region for item in evaluated}),
            work=self.project.work,
            native=self.options.native,
            cfn_lint=self.options.cfn_lint,
            progress=self.progress,
            complete=complete,
            as_json=as_json,
        )


def evaluations(system: System) -> Iterator[Evaluation]:
    """Yield every template of a system with the parameters that are known before AWS answers."""
    from stackyard.lint import Evaluation

    for stack in system.stacks():
        known = {name: value for name, value in stack.parameters.items() if isinstance(value, str)}
        yield Evaluation(f"{stack.template}.yaml", system.environment, known, system.region)
