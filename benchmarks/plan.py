"""Measures `plan` and `deploy` of the largest blueprint on an embedded account of their own.

    python benchmarks/plan.py [--rounds 5]

Each figure is of one command as people run it: a process of its own that builds what has changed,
which is nothing. The memory is that process's; the embedded account has its own. It ends with
status 1 if the fastest plan of a case, as neighbours can only slow it, takes more than 5 seconds,
or a command more than 200 MiB.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import projects
from measure import Case, Sample, interleaved, row, run

LARGEST = ("chronotrail", "prod")
MOST_SECONDS = 5.0
MOST_MIB = 200.0


def main() -> int:
    """Measure, print a line for each case and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        project = projects.copied(Path(folder) / "project")
        _run(project, "build", LARGEST[0])
        _run(project, "local", "start")
        try:
            samples = _measured(project, rounds)
        finally:
            _run(project, "local", "stop")
    return _told(samples)


def _measured(project: Path, rounds: int) -> dict[str, list[Sample]]:
    """Return the samples of a life: nothing there, published, deployed, changed."""

    def measured(name: str, verb: str = "plan") -> None:
        samples.update(interleaved([replace(_case(project, verb), name=name)], rounds))

    samples: dict[str, list[Sample]] = {}
    measured("plan, nothing there")
    _run(project, "publish", *LARGEST, "--local")
    measured("plan, published")
    print(f"{len(_planned(project))} resources to add", file=sys.stderr)
    # nothing is created twice
    samples["deploy, everything is new"] = [run(_case(project, "deploy"))]
    measured("plan, nothing changes")
    measured("deploy, nothing changes", "deploy")
    _change(project)
    measured("plan, changed")
    _run(project, "publish", *LARGEST, "--local")
    measured("plan, changed and published")
    print(f"{len(_planned(project))} resources to change", file=sys.stderr)
    samples["deploy, changed"] = [run(_case(project, "deploy"))]
    return samples


def _told(samples: dict[str, list[Sample]]) -> int:
    broken = []
    print(f"{'':42} {'seconds':>8} {'':>17} {'CPU':>8} {'MiB':>6}")
    for name, found in samples.items():
        print(row(name, found))
        if name.startswith("plan") and min(one.wall for one in found) > MOST_SECONDS:
            broken.append(f"{name}: takes more than {MOST_SECONDS:g} s")
        if max(one.mib for one in found) > MOST_MIB:
            broken.append(f"{name}: takes more than {MOST_MIB:g} MiB")
    print("\n".join(broken or ["every bound is kept"]))
    return int(bool(broken))


def _case(project: Path, verb: str) -> Case:
    return Case(verb, [sys.executable, "build.py", verb, *LARGEST, "--local", "--json"], project)


def _run(project: Path, *words: str) -> str:
    command = [sys.executable, "build.py", *words]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stderr[-2000:]}")
    return done.stdout


def _planned(project: Path) -> list[object]:
    return list(json.loads(_run(project, "plan", *LARGEST, "--local", "--json"))["changes"])


def _change(project: Path) -> None:
    path = project.joinpath("params", *LARGEST).with_suffix(".yaml")
    path.write_text(path.read_text().replace("LogRetentionDays: 90", "LogRetentionDays: 180"))
    _run(project, "build", LARGEST[0])


if __name__ == "__main__":
    sys.exit(main())
