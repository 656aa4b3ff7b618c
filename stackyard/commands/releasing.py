"""Commands for other roads: freeze a release, write a relative tree, run taskcat."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackyard.commands.options import Json, Verbose
from stackyard.errors import BuildError, UsageError

if TYPE_CHECKING:
    from stackyard.breaking import Change
    from stackyard.project import Project
    from stackyard.release import Release


def release(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="Such as 1.2.0; not with --check.")] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; say what has changed since the last.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Freeze what the templates promise, or say what a change since the last release breaks."""
    from stackyard import release as releasing
    from stackyard.breaking import changes
    from stackyard.library import Library
    from stackyard.promises import freeze

    if bool(version) == check:
        raise UsageError("release: name a version, or --check to see what it must be")
    project: Project = context.obj
    earlier = releasing.releases(project)
    last = earlier[-1] if earlier else None
    frozen = freeze(Library(project))
    found = changes(last.templates, frozen) if last else []
    docs = project.root / "docs"
    if check:
        _report(last, found, as_json=as_json)
        if last:
            releasing.check_upgrade_page(last.version.next(releasing.level(found)), found, docs)
        return
    wanted = releasing.parse(version)
    releasing.check(wanted, last, found, docs)
    _check_metadata(project, version)
    _check_current(project)
    published = releasing.published(project.dist)
    _check_offers(project, version, published)
    path = releasing.write(project, releasing.Release(wanted, published, frozen))
    path = path.relative_to(project.root)
    if as_json:
        print(json.dumps({"version": version, "file": str(path)}))
    else:
        print(f"{path}: written; next: git add {path} && git commit && git tag v{version}")


def relative(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Write the templates with relative addresses, for aws cloudformation package."""
    from stackyard.roads.relative import write

    written = write(context.obj.dist, folder)
    if as_json:
        print(json.dumps(written, indent=2))
    else:
        print(f"{folder}: {len(written)} templates")


def taskcat(
    context: typer.Context,
    tests: Annotated[
        list[str] | None, typer.Argument(help="Such as pyshop-dev; all of taskcat.yml if none.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the report; taskcat_outputs by default.")
    ] = None,
    lint: Annotated[
        bool, typer.Option("--lint", help="Deploy nothing; let taskcat lint the templates.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Run taskcat, its tests on an embedded account of their own."""
    from contextlib import nullcontext, redirect_stdout
    from importlib.util import find_spec

    if find_spec("taskcat") is None:
        raise UsageError("taskcat: is not installed; pip install taskcat 'setuptools<81'")
    from stackyard.roads import taskcat_offline as offline

    root: Path = context.obj.root
    report = output or root / "taskcat_outputs"
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        status = offline.lint(root, tests or ()) if lint else offline.run(root, tests or (), report)
    if as_json:
        page = {} if lint else {"report": str(report / "index.html")}
        print(json.dumps({"passed": not status, **page}))
    sys.exit(status)


def _report(last: Release | None, found: Sequence[Change], *, as_json: bool) -> None:
    from stackyard import release as releasing

    if last is None:
        print("null" if as_json else "no release yet; the first is free to be what it is")
        return
    least = str(last.version.next(releasing.level(found)))
    if as_json:
        rows = [asdict(one) for one in found]
        print(json.dumps({"last": str(last.version), "next": least, "changes": rows}, indent=2))
        return
    for one in found:
        print(one)
    print(f"since {last.version}: {len(found)} changes, the next is {least} or higher")


def _check_metadata(project: Project, version: str) -> None:
    """Do nothing if setup.cfg, where a project has one, says the same version."""
    from configparser import ConfigParser

    parser = ConfigParser()
    parser.read(project.root / "setup.cfg", "utf-8")
    stated = parser.get("metadata", "version", fallback=version)
    if stated != version:
        raise BuildError(f"setup.cfg: says version {stated}, not {version}; change it first")


def _check_offers(project: Project, version: str, published: Mapping[str, str]) -> None:
    """Do nothing if the catalog offers no other build as this version."""
    from stackyard.catalog.offers import FOLDER, prefixes, read

    for name, offer in read(project).items():
        offered = prefixes(offer).get(version)
        if offered and offered != published.get(name):
            path = f"{project.package}/{FOLDER}/{name}.json"
            remedy = f"take that entry out, build, and run catalog add {version}"
            raise BuildError(f"{path}: offers another build as {version}; {remedy}")


def _check_current(project: Project) -> None:
    from stackyard.build import Build, Options

    report = Build(project, Options(check=True)).run()
    for finding in report.findings:
        print(f"error: {finding}", file=sys.stderr)
    if report.findings or report.changes:
        raise BuildError("dist/: is not what the sources give; run python build.py and commit it")
