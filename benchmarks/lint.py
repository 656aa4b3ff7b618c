"""Validation with a cold cache against the floor: the least that the same validators cost.

The floor of cfn-lint is a script that reads the rules once and forks on two processes; that of the
native tier one that makes the engine and loops. All run as whole processes, in turns; what counts
are the ratios, since seconds on a shared machine change by the hour.

    python -m benchmarks.lint [rounds] [templates]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stackyard.emit import yaml_text
from stackyard.library import Library
from stackyard.project import Project

ROOT = Path(__file__).parents[1]

FLOOR_CFN_LINT = """
import gc, multiprocessing, pathlib, sys
import cfnlint
from cfnlint.config import ConfigMixIn
from cfnlint.rules import Rules
from cfnlint.runner.template import run_template_by_file_path
rules = Rules.create_from_directory(str(pathlib.Path(cfnlint.__file__).parent / "rules"))
config = ConfigMixIn(include_checks=["I3011"], regions=["us-east-1"])
gc.disable()
def lint(file):
    return len(list(run_template_by_file_path(file, config, rules, False)))
files = sorted(map(str, pathlib.Path(sys.argv[1], "components").glob("*.yaml")))
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(sum(pool.imap_unordered(lint, files, chunksize=1)))
"""

FLOOR_NATIVE = """
import pathlib, sys
from cloudformation_validate import CelEngine, DetailLevel, TemplateContent, ValidateConfig
engine = CelEngine()
config = ValidateConfig(detail_level=DetailLevel.STANDARD)
for file in sorted(pathlib.Path(sys.argv[1], "components").glob("*.yaml")):
    engine.validate_template(TemplateContent(file.read_text(), file.name), config)
"""

OURS = """
import pathlib, sys
from stackyard.lint import lint
folder = pathlib.Path(sys.argv[1])
texts = {f"components/{f.name}": f.read_text() for f in sorted(folder.glob("components/*.yaml"))}
tiers = {"native": "native" in sys.argv[3], "cfn_lint": "cfn" in sys.argv[3]}
print(len(lint(texts, [], ["us-east-1"], work=pathlib.Path(sys.argv[2]), **tiers).findings))
"""


def write_templates(folder: Path, count: int) -> int:
    """Write *count* templates, every component in turn, and return their size in bytes."""
    library = Library(Project(ROOT))
    bodies = [library.template(f"components/{name}").body for name in sorted(library.components)]
    (folder / "components").mkdir()
    size = 0
    for number in range(count):
        text = yaml_text(bodies[number % len(bodies)], f"copy {number}")
        size += (folder / "components" / f"template{number:03}.yaml").write_text(text)
    return size


def seconds(script: str, *arguments: str) -> float:
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", script, *arguments], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    return time.perf_counter() - begin


def measure(folder: Path, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each case, the cases taken in turns."""
    times: dict[str, list[float]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as cold:
            cases = {
                "cfn-lint, floor": (FLOOR_CFN_LINT, str(folder)),
                "cfn-lint, cold": (OURS, str(folder), f"{cold}/c", "cfn"),
                "native, floor": (FLOOR_NATIVE, str(folder)),
                "native, cold": (OURS, str(folder), f"{cold}/n", "native"),
                "both, cold": (OURS, str(folder), f"{cold}/b", "native cfn"),
                "both, cached": (OURS, str(folder), f"{cold}/b", "native cfn"),
            }
            for name, (script, *arguments) in cases.items():
                times.setdefault(name, []).append(seconds(script, *arguments))
    return times


def ratio(times: dict[str, list[float]], name: str, to: str) -> str:
    pairs = sorted(ours / floor for ours, floor in zip(times[name], times[to], strict=True))
    return f"{statistics.median(pairs):.2f} ({pairs[0]:.2f}-{pairs[-1]:.2f})"


def main() -> None:
    rounds, count = (int(value) for value in (*sys.argv[1:], *("5", "24")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_templates(folder, count)
        times = measure(folder, rounds)
    print(f"{count} templates of {size / count / 1000:.1f} kB, {rounds} rounds, whole processes")
    for case, values in times.items():
        print(f"{case:16} {statistics.median(values):6.3f} s ({min(values):.3f}-{max(values):.3f})")
    print(f"cfn-lint: {ratio(times, 'cfn-lint, cold', 'cfn-lint, floor')} of its floor; must: 1.2")
    print(f"native:   {ratio(times, 'native, cold', 'native, floor')} of one thread's floor")


if __name__ == "__main__":
    main()
