"""Runs commands in turn and says what each took: wall and CPU seconds, peak memory.

The machine is never quiet, so what counts is the ratio of two commands within one round.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Case:
    """One command line.

    Attributes:
        name: what the report calls it.
        argv: the command.
        cwd: where it runs.
        env: what is added to the environment.
        prepare: brings the folder into the state to measure from; not measured itself.
    """

    name: str
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Sample:
    """One run. CPU counts all its processes, *mib* is the largest of them."""

    wall: float
    cpu: float
    mib: float


def run(case: Case) -> Sample:
    """Run *case* once.

    Raises:
        SystemExit: the command failed; the message ends with what it wrote.
    """
    case.prepare()
    with tempfile.TemporaryFile() as written:
        started = time.perf_counter()
        process = subprocess.Popen(
            case.argv,
            cwd=case.cwd,
            env={**os.environ, **case.env},
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            written.seek(0)
            end = written.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{case.name}: exit status {process.returncode}\n{end}")
    # Linux counts in KiB, macOS in bytes
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return Sample(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / scale)


def interleaved(cases: Sequence[Case], rounds: int) -> dict[str, list[Sample]]:
    """Run all *cases* in turn, once to warm up and *rounds* times to measure."""
    samples: dict[str, list[Sample]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        for case in cases:
            label = f"round {number}" if number else "warming up"
            print(f"\r\033[K{label} of {rounds}: {case.name}", end="", file=sys.stderr, flush=True)
            sample = run(case)
            if number:
                samples[case.name].append(sample)
    print("\r\033[K", end="", file=sys.stderr)
    return samples


def times(slow: Sequence[Sample], fast: Sequence[Sample], what: str = "wall") -> float:
    """Return how many times *fast* is in *slow*: the median over the rounds."""
    return median(getattr(s, what) / getattr(f, what) for s, f in zip(slow, fast, strict=True))


def row(name: str, samples: Sequence[Sample]) -> str:
    """Return a line of the report."""
    walls = [sample.wall for sample in samples]
    spread = f"({min(walls):.3f}-{max(walls):.3f})"
    cpu = median(sample.cpu for sample in samples)
    mib = median(sample.mib for sample in samples)
    return f"{name:42} {median(walls):8.3f} {spread:>17} {cpu:8.2f} {mib:6.0f}"
