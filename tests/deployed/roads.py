"""Other people's clients on the embedded account, and the commands that the documents print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from stackyard.aws.account import Account
from stackyard.roads.taskcat_offline import variables
from tests.support import ROOT

PAGE = ROOT / "docs" / "guide" / "roads.md"
BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Stack:
    """What stands in the first line of the commands."""

    blueprint: str
    environment: str
    name: str
    region: str
    bucket: str
    road: str


def stacks(project: Path, *roads: str) -> list[Stack]:
    """Return every environment that a project has parameters for, *roads* alternating."""
    found = []
    for path in sorted((project / "params").glob("*/*.yaml")):
        if path.stem != "common":
            own = yaml.safe_load(path.read_text())
            common = path.with_name("common.yaml")
            shared = yaml.safe_load(common.read_text()) if common.exists() else {}
            regions, name = own.get("regions") or shared["regions"], own["stack_name"]
            road = roads[len(found) % len(roads)]
            bucket = f"{len(roads)}-{name}".lower()  # of buckets, unlike stacks
            found.append(Stack(path.parent.name, path.stem, name, regions[0], bucket, road))
    return found


def commands(title: str) -> str:
    """Return a block of commands of the page, such as ``deploy``; the untitled one is first."""
    blocks = dict(re.findall(r"^```sh ?([\w-]*)\n(.*?)^```$", PAGE.read_text(), re.M | re.S))
    assert title in blocks, f"{PAGE.name} has no block {title!r}"
    return blocks[title]


def run(
    project: Path, account: Account, stack: Stack, *titles: str, uploads: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run blocks of the page in a project, with the values of *stack* in their first line.

    Unless one *uploads*, only that line of the block that is common to all is run.
    """
    first, _, rest = commands("").partition("\n")
    given = {
        "pyshop-dev": stack.name,
        "blueprint=pyshop": f"blueprint={stack.blueprint}",
        "environment=dev": f"environment={stack.environment}",
        "my-bucket": stack.bucket,
    }
    for old, new in given.items():
        assert old in first, f"{old} is not in {first}"
        first = first.replace(old, new)
    script = "\n".join(
        ["set -euo pipefail", first, rest if uploads else "", *map(commands, titles)]
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    path = f"{BIN}{os.pathsep}{kept['PATH']}"
    env = {**kept, **variables(account), "AWS_DEFAULT_REGION": stack.region, "PATH": path}
    return subprocess.run(
        ["bash", "-c", script], cwd=project, env=env, capture_output=True, text=True
    )
