"""A database that AWS upgrades by itself does not state its minor version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stackyard.checks import finding, is_true
from stackyard.findings import Finding
from stackyard.resolved import Resource, System

# What is a minor version stands behind the major one, which has one number for PostgreSQL since 10
# and two for the others
MINOR = {
    "postgres": re.compile(r"\d+\..+"),
    "aurora-postgresql": re.compile(r"\d+\..+"),
    "mysql": re.compile(r"\d+\.\d+\..+"),
    "mariadb": re.compile(r"\d+\.\d+\..+"),
    "aurora-mysql": re.compile(r"\d+\.\d+\..+"),
}


def check(system: System) -> Iterator[Finding]:
    """Yield databases whose stated minor version would soon be a downgrade."""
    for instance in system.resources("AWS::RDS::DBInstance"):
        cluster = system.target(instance.properties.get("DBClusterIdentifier"))
        versioned = cluster or instance
        if _upgrades(instance) and _is_pinned(versioned):
            yield finding(__name__, system, versioned, _message(versioned, instance))
    for cluster in system.resources("AWS::RDS::DBCluster"):
        # a Multi-AZ cluster has no instances in the template and the switch is its own
        is_multi_az = "DBClusterInstanceClass" in cluster.properties
        if is_multi_az and _upgrades(cluster) and _is_pinned(cluster):
            yield finding(__name__, system, cluster, _message(cluster, cluster))


def _upgrades(database: Resource) -> bool:
    return is_true(database.properties.get("AutoMinorVersionUpgrade", True))


def _is_pinned(database: Resource) -> bool:
    pattern = MINOR.get(str(database.properties.get("Engine")))
    version = str(database.properties.get("EngineVersion"))
    return pattern is not None and pattern.fullmatch(version) is not None


def _message(versioned: Resource, upgraded: Resource) -> str:
    version = versioned.properties["EngineVersion"]
    return (
        f"EngineVersion {version} with AutoMinorVersionUpgrade on {upgraded.path}: once AWS has "
        "upgraded it, the next update of the stack asks for a downgrade and fails; state the "
        "major version only, or turn the upgrade off"
    )
