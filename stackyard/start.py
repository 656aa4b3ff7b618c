"""From the command line to a command: the build at once, everything else through typer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stackyard import quick
from stackyard.errors import BuildError, StackyardError
from stackyard.project import Project

if TYPE_CHECKING:
    from stackyard.build import Build, Options, Report
    from stackyard.environments import ParameterSet
    from stackyard.resolved import System

INTERRUPTED = 130  # as shells say it: 128 and the number of the signal
CLOSED_PIPE = 141
# The build's flags. typer declares them too, for --help; a test holds the two together.
FLAGS = ("--check", "--json", "--native-only", "--no-lint", "--verbose")


def run(root: str, package: str = "templates_src") -> None:
    """Run the command that ``sys.argv`` names and exit with its status.

    0: done. 1: the sources or parameter files are wrong, a name is unknown, or dist/ is stale. 2:
    the command line is wrong. 3: AWS, or the way to it, refused. 4: data would be lost that nobody
    has named. 5: there is a difference: drift, or --exit-code asked. 6: a task that was run failed.
    130: interrupted, or answered no. 141: who read the output in a pipe has gone.

    Args:
        root: the project's folder.
        package: name of its package of templates.
    """
    project = Project(Path(root), package)
    arguments = sys.argv[1:]
    try:
        try:
            sys.exit(_run(project, arguments))
        finally:
            sys.stdout.flush()  # or a closed pipe shows only when nobody can catch it
    except StackyardError as error:
        if "--verbose" in arguments:
            import traceback  # 3 ms that a build need not pay

            traceback.print_exc()
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.status)
    except KeyboardInterrupt:
        import signal  # 2 ms that a build need not pay

        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who presses twice gets no traceback
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except (BrokenPipeError, SystemExit) as end:
        # typer and rich turn a closed pipe into an exit of their own
        if isinstance(end, SystemExit) and not isinstance(end.__context__, BrokenPipeError):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLOSED_PIPE)
    except OSError as error:
        if "--verbose" in arguments or not error.filename:
            raise
        print(f"error: {error.filename}: {error.strerror}; check the path", file=sys.stderr)
        sys.exit(1)


def _run(project: Project, arguments: list[str]) -> int:
    if is_plain_build(arguments):
        return build(project, arguments)
    if arguments[:1] and arguments[0] in FLAGS:
        sys.argv.insert(1, "build")  # so that typer complains of what is wrong with it
    from stackyard.cli import main

    return main(project)


def is_plain_build(arguments: list[str]) -> bool:
    """Return whether this is a build with nothing that needs explaining.

    typer would take as long to import as the build itself.
    """
    if arguments[:1] not in ([], ["build"]):
        return arguments[0].startswith("--") and set(arguments) <= set(FLAGS)
    words = [word for word in arguments[1:] if not word.startswith("-")]
    flags = [word for word in arguments[1:] if word.startswith("-")]
    return len(words) <= 2 and set(flags) <= set(FLAGS)


def build(project: Project, arguments: list[str]) -> int:
    """Build, print the report and return the exit status."""
    import gc

    gc.disable()  # the build does so itself, but importing it is a fifth of its time
    from stackyard.build import Build, Options

    words = [word for word in arguments if not word.startswith("-") and word != "build"]
    blueprint, environment = [*words, "", ""][:2]
    options = Options(
        blueprint,
        environment,
        check="--check" in arguments,
        native="--no-lint" not in arguments,
        cfn_lint="--no-lint" not in arguments and "--native-only" not in arguments,
    )
    terminal = sys.stdout.isatty() and "--json" not in arguments
    if terminal:
        from stackyard.view import progress

        with progress() as show:
            report = Build(project, options, show).run()
    else:
        report = Build(project, options).run()
    _print(report, options, arguments, terminal)
    failed = bool(report.findings) or (options.check and bool(report.changes))
    if not failed and not options.check:
        _remember(project, report, arguments)
    return int(failed)


def environment(project: Project, blueprint: str, name: str) -> ParameterSet:
    """Build a blueprint, if that is needed, and return one of its parameter sets.

    Raises:
        BuildError: there is none of this name, or the build has findings, which are printed.
    """
    return built(project, blueprint, name)[0]


def built(project: Project, blueprint: str, name: str) -> tuple[ParameterSet, Build]:
    """Build a blueprint, if that is needed; return one of its parameter sets and the build.

    Raises:
        BuildError: there is none of this name, or the build has findings, which are printed.
    """
    from stackyard.build import Build, Options

    made = Build(project, Options(blueprint, name))
    report = made.run()
    for finding in report.findings:
        print(f"error: {finding}", file=sys.stderr)
    if report.findings:
        raise BuildError(f"{blueprint} {name}: {len(report.findings)} findings; mend them first")
    return next(item for item in made.sets[blueprint] if item.environment == name), made


def resolved(project: Project, blueprint: str, name: str, region: str = "") -> System:
    """Return a blueprint as AWS would see it in one environment.

    Raises:
        BuildError: there is no such blueprint or environment, or its files are wrong.
    """
    from stackyard.build import Build, Options

    made = Build(project, Options(blueprint, name, check=True, native=False, cfn_lint=False))
    made.prepare()
    item = next((one for one in made.sets[blueprint] if one.environment == name), None)
    if item is None:
        problems = [str(finding) for finding in made.report.findings]
        raise BuildError("\n".join(problems) or f"{blueprint} {name}: cannot be read")
    return made.resolve(blueprint, item, region_of(item, region))


def region_of(item: ParameterSet, asked: str) -> str:
    """Return the region that was asked for, the environment's first if none was."""
    return asked or item.regions[0]


def _print(report: Report, options: Options, arguments: list[str], terminal: bool) -> None:
    if "--json" in arguments:
        print(json.dumps(report.data(), indent=2))
        return
    for finding in report.findings:
        print(f"error: {finding}", file=sys.stderr)
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if options.check:
        for change in report.changes:
            print(f"dist/: {change}; run python build.py", file=sys.stderr)
    if terminal:
        from stackyard.view import build_table

        build_table(report)
    else:
        for row in report.rows:
            print(
                f"{row.blueprint} {row.environment}: {row.nested} nested templates, "
                f"{row.resources} resources, {row.parameters} parameters, "
                f"{row.findings} findings, {row.seconds:.2f} s"
            )
    for note in report.notes:
        print(note)
    print(_verdict(report, options))


def _verdict(report: Report, options: Options) -> str:
    seconds = f"{report.seconds:.2f} s"
    if report.findings:
        kept = f"; what was built is in {report.rejected}" if report.rejected else ""
        return f"{len(report.findings)} findings, dist/ is as it was{kept} ({seconds})"
    if options.check:
        stale = (
            f"{len(report.changes)} files of dist/ are stale"
            if report.changes
            else "dist/ is current"
        )
        return f"{stale} ({seconds})"
    return f"{len(report.changes)} files of dist/ changed ({seconds})"


def _remember(project: Project, report: Report, arguments: list[str]) -> None:
    """Leave what lets the next build see at once that nothing changed."""
    root = str(project.root)
    if "--json" in arguments:
        report.changes = []
        message = json.dumps(report.data())
    else:
        environments = len(report.rows)
        resources = sum(row.resources for row in report.rows)
        message = (
            f"nothing changed: {environments} environments, {resources} resources, 0 findings "
            "({seconds} s)"
        )
    path = Path(quick.state_path(root, arguments))
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(f".{os.getpid()}")
    written.write_text(f"{quick.state(report.inputs, quick.read_outputs(root))}\n{message}")
    written.replace(path)
