"""Database engines and Lambda runtimes have versions that can still be created."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from functools import cache

from stackyard import linter_data
from stackyard.checks import finding
from stackyard.findings import Finding
from stackyard.resolved import System

ENGINES = {
    "AWS::RDS::DBInstance": "aws_rds_dbinstance",
    "AWS::RDS::DBCluster": "aws_rds_dbcluster",
}


def check(system: System, today: datetime.date | None = None) -> Iterator[Finding]:
    """Yield versions that AWS refuses, and runtimes that it will refuse soon, as warnings."""
    for kind, folder in ENGINES.items():
        for database in system.resources(kind):
            engine = str(database.properties.get("Engine"))
            version = database.properties.get("EngineVersion")
            if isinstance(version, str | int | float):
                problem = _engine_problem(folder, engine, str(version))
                if problem:
                    yield finding(__name__, system, database, problem)
    now = (today or datetime.date.today()).isoformat()
    for function in system.resources("AWS::Lambda::Function"):
        problem, blocked = _runtime_problem(str(function.properties.get("Runtime")), now)
        if problem:
            yield finding(__name__, system, function, problem, warning=not blocked)


def _engine_problem(folder: str, engine: str, version: str) -> str:
    known = _versions(folder, "engine_version").get(engine)
    if known is None:
        return ""
    creatable = known - _versions(folder, "engine_version_deprecated").get(engine, frozenset())
    # The data calls a major version deprecated as soon as one of its minor ones is, and AWS takes
    # it all the same: it then chooses the minor version itself
    if version in creatable or any(item.startswith(f"{version}.") for item in creatable):
        return ""
    major = version.partition(".")[0]
    same = {item for item in creatable if item.partition(".")[0] == major}
    state = "can no longer be created" if version in known else "is not known"
    return f"{engine} {version} {state}; take one of {_listed(same or creatable)}"


@cache
def _versions(folder: str, name: str) -> dict[str, frozenset[str]]:
    """Return the versions per engine that a table of cfn-lint lists."""
    listed = {}
    for rule in linter_data.read(f"schemas/extensions/{folder}/{name}.json")["allOf"]:
        condition = rule["if"]["properties"]
        then = rule["then"] or {"properties": condition}  # the table of deprecated ones forbids
        versions = then["properties"].get("EngineVersion")
        if versions:
            listed[condition["Engine"]["const"]] = frozenset(versions["enum"])
    return listed


def _runtime_problem(runtime: str, now: str) -> tuple[str, bool]:
    """Return what is wrong with a runtime, empty if nothing, and whether AWS refuses it."""
    lifecycles = linter_data.read("AdditionalSpecs/LmbdRuntimeLifecycle.json")
    dates = lifecycles.get(runtime)
    if dates is None or dates["deprecated"] > now:
        return "", False
    current = {
        name
        for name, item in lifecycles.items()
        if _language(name) == _language(runtime) and item["deprecated"] > now
    }
    blocked = dates["create-block"]
    remedy = f"take one of {_listed(current or {dates['successor']})}"
    if blocked and blocked <= now:
        return f"runtime {runtime} can no longer be created, since {blocked}; {remedy}", True
    until = f" and cannot be created from {blocked} on" if blocked else ""
    return f"runtime {runtime} is deprecated since {dates['deprecated']}{until}; {remedy}", False


def _language(runtime: str) -> str:
    return re.sub(r"\d.*", "", runtime)


def _listed(versions: Iterable[str]) -> str:
    """Return *versions* with the newest first."""
    return ", ".join(sorted(versions, key=_figures, reverse=True))


def _figures(version: str) -> list[int]:
    return [int(figure) for figure in re.findall(r"\d+", version)]
