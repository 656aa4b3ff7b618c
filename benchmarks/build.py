"""Measures `python build.py build` against plain troposphere and, on request, the AWS CDK.

    python benchmarks/build.py [--cdk] [--rounds 7] [--only blueprint|library|scaling] [--work DIR]

All commands of a part run in turn; each figure is a median, each ratio the median of ratios within
one round. The CDK (npm and pip, pinned in `benchmarks/cdk`) is installed into the work folder.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import projects
from measure import Case, Sample, interleaved, row, times

BUILD = (sys.executable, "build.py", "build")
FLOOR = Path(__file__).parent / "floor"
LIBRARY = (5, 25, 4)  # blueprints, service stacks of each, environments
Samples = dict[str, list[Sample]]


@dataclass(frozen=True)
class Goal:
    """What one case must reach against another.

    Attributes:
        case: name of ours.
        against: name of the other; a goal whose cases did not run is left out.
        bound: at least so many times as fast, or if *slower*, at most so many times as slow.
        slower: whether the other is a floor.
    """

    case: str
    against: str
    bound: float
    slower: bool = False


GOALS = (
    Goal("one blueprint, no lint", "CDK JS, bare", 2.5),
    Goal("one blueprint, no lint", "cdk synth, Python", 25),
    Goal("one blueprint, native", "cdk synth, Python", 8),
    Goal("one blueprint, nothing changed", "floor, nothing changed", 2.5, slower=True),
    Goal("one blueprint, no lint", "floor, one blueprint", 2.0, slower=True),
    Goal("library, one module changed, native", "CDK JS, library", 20),
    Goal("library, no lint", "CDK JS, library, bare", 13),
    Goal("library, nothing changed", "floor, library unchanged", 2.5, slower=True),
    Goal("1,000 stacks, no lint", "floor, 1,000 stacks", 1.5, slower=True),
)
MOST_MIB = 60  # for 1,000 stacks
MOST_GROWTH = 1.1  # of the time for one more stack, from 10 to 1,000


def ours(name: str, folder: Path, *arguments: str, prepare: Callable[[], object]) -> Case:
    return Case(name, [*BUILD, *arguments], folder, prepare=prepare)


def cold(name: str, folder: Path, *arguments: str) -> Case:
    return ours(name, folder, *arguments, prepare=partial(projects.empty, folder))


def floor(name: str, script: str, *arguments: object) -> Case:
    return Case(name, [sys.executable, str(FLOOR / script), *map(str, arguments)], FLOOR)


def blueprint_cases(work: Path, cdk: Path | None) -> list[Case]:
    warm = projects.copied(work / "warm")
    cases = [
        floor("floor, one blueprint", "blueprint.py", work / "floor"),
        cold(
            "one blueprint, no lint", projects.copied(work / "cold"), "pyshop", "dev", "--no-lint"
        ),
        cold(
            "one blueprint, native",
            projects.copied(work / "native"),
            "pyshop",
            "dev",
            "--native-only",
        ),
        ours("one blueprint, nothing changed", warm, "--native-only", prepare=lambda: None),
        floor("floor, nothing changed", "unchanged.py", warm),
    ]
    return cases + (cdk_cases(cdk, work) if cdk else [])


def library_cases(work: Path, cdk: Path | None) -> list[Case]:
    warm = projects.library(work / "library-warm", *LIBRARY)
    changing = projects.library(work / "library-changing", *LIBRARY)
    versions = itertools.count(1)
    cases = [
        floor("floor, library", "services.py", work / "floor-library", *LIBRARY),
        cold("library, no lint", projects.library(work / "library", *LIBRARY), "--no-lint"),
        ours(
            "library, one module changed, native",
            changing,
            "--native-only",
            prepare=lambda: projects.change(changing, next(versions)),
        ),
        ours("library, nothing changed", warm, "--native-only", prepare=lambda: None),
        floor("floor, library unchanged", "unchanged.py", warm),
    ]
    if cdk:
        blueprints, stacks, environments = LIBRARY
        size = {"STACKS": str(blueprints * stacks), "ENVIRONMENTS": str(environments)}
        out = {"OUT": str(work / "cdk-library"), **size}
        cases += [
            Case("CDK JS, library", ["node", "app.js"], cdk, out),
            Case(
                "CDK JS, library, bare", ["node", "app.js"], cdk, {**out, "CDK_VALIDATION": "false"}
            ),
        ]
    return cases


def scaling_cases(work: Path, _: Path | None) -> list[Case]:
    cases = [floor("floor, 1,000 stacks", "services.py", work / "floor-1000", 10, 100, 1)]
    for count, size in (("1,000", (10, 100, 1)), ("100", (10, 10, 1)), ("10", (10, 1, 1))):
        folder = projects.library(work / f"library-{count}", *size)
        cases.append(cold(f"{count} stacks, no lint", folder, "--no-lint"))
    return cases


def cdk_cases(folder: Path, work: Path) -> list[Case]:
    python = str(folder / "venv" / "bin" / "python")
    out = {"OUT": str(work / "cdk"), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}
    bare = {**out, "CDK_VALIDATION": "false"}
    synth = ["node_modules/.bin/cdk", "synth", "--quiet", "--no-notices", "--no-version-reporting"]
    synth += ["--output", out["OUT"], "--app", f"{python} app.py"]
    return [
        Case("CDK JS, bare", ["node", "app.js"], folder, bare),
        Case("CDK JS", ["node", "app.js"], folder, out),
        Case("CDK Python, bare", [python, "app.py"], folder, bare),
        Case("cdk synth, Python", synth, folder, {**out, "CDK_DISABLE_CLI_TELEMETRY": "true"}),
    ]


def judged(samples: Samples) -> list[str]:
    """Return one line for each goal whose cases ran."""
    lines = []
    for goal in GOALS:
        if {goal.case, goal.against} <= samples.keys():
            mine, other = samples[goal.case], samples[goal.against]
            got = times(mine, other) if goal.slower else times(other, mine)
            cpu = times(mine, other, "cpu") if goal.slower else times(other, mine, "cpu")
            word, good = (
                ("slower", got <= goal.bound) if goal.slower else ("faster", got >= goal.bound)
            )
            limit = f"{'at most' if goal.slower else 'at least'} {goal.bound:g}"
            lines.append(
                f"{'ok    ' if good else 'MISSED'} {goal.case}: {got:.2f}x {word} than"
                f" {goal.against} ({cpu:.2f}x by CPU; must be {limit})"
            )
    return lines + growth(samples)


def growth(samples: Samples) -> list[str]:
    """Return the lines on memory and on the time of one more stack, blueprints being as many."""
    sizes = {size: samples.get(f"{size:,} stacks, no lint") for size in (10, 100, 1000)}
    if not all(sizes.values()):
        return []
    rounds = zip(*(runs or [] for runs in sizes.values()), strict=True)
    steps = [((b.wall - a.wall) / 90, (c.wall - b.wall) / 900) for a, b, c in rounds]
    early, late = (median(step) * 1000 for step in zip(*steps, strict=True))
    times_more = median(last / first for first, last in steps)
    mib = median(sample.mib for sample in sizes[1000] or [])
    return [
        f"{'ok    ' if times_more <= MOST_GROWTH else 'MISSED'} one more stack: {early:.2f} ms up"
        f" to 100, {late:.2f} ms up to 1,000 ({times_more:.2f}x; must be at most {MOST_GROWTH})",
        f"{'ok    ' if mib <= MOST_MIB else 'MISSED'} 1,000 stacks, no lint: {mib:.0f} MiB"
        f" (must be at most {MOST_MIB})",
    ]


PARTS = {"blueprint": blueprint_cases, "library": library_cases, "scaling": scaling_cases}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cdk", action="store_true", help="measure the AWS CDK too")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", choices=PARTS)
    cache = Path.home() / ".cache" / "stackyard-benchmarks"
    parser.add_argument("--work", type=Path, default=cache)
    parser.add_argument("--match", default="", help="only cases whose name has this pattern")
    given = parser.parse_args()
    work = given.work.resolve()
    cdk = projects.cdk(work / "cdk-app") if given.cdk else None
    for part in [given.only] if given.only else PARTS:
        cases = [case for case in PARTS[part](work, cdk) if re.search(given.match, case.name)]
        samples = interleaved(cases, given.rounds)
        load = os.getloadavg()[0]
        print(f"\n{part}: {given.rounds} rounds, load {load:.1f} on {os.cpu_count()} cores")
        print(f"{'':42} {'wall s':>8} {'(min-max)':>17} {'CPU s':>8} {'MiB':>6}")
        for name, runs in samples.items():
            print(row(name, runs))
        print(*judged(samples), sep="\n")


if __name__ == "__main__":
    main()
