"""Every stateful resource says what becomes of it when it is deleted and when it is replaced."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding
from stackyard.findings import Finding
from stackyard.resolved import System
from stackyard.stateful import stateful_types

# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html
OF_A_CLUSTER = {"AWS::RDS::DBInstance", "AWS::DocDB::DBInstance", "AWS::Neptune::DBInstance"}


def check(system: System) -> Iterator[Finding]:
    """Yield stateful resources without both policies, and policies that cannot be kept."""
    losses = stateful_types()
    for resource in system.resources():
        if resource.type not in losses:
            continue
        policies = {
            "DeletionPolicy": resource.deletion_policy,
            "UpdateReplacePolicy": resource.update_replace_policy,
        }
        for name, policy in policies.items():
            if policy is None:
                message = (
                    f"{resource.type} without {name}, and with it go {losses[resource.type]}; "
                    "say Retain, Snapshot or Delete"
                )
                yield finding(__name__, system, resource, message)
            in_cluster = "DBClusterIdentifier" in resource.properties
            if policy == "Snapshot" and in_cluster and resource.type in OF_A_CLUSTER:
                message = (
                    f"{name} is Snapshot, and an instance of a cluster has no snapshot of its own; "
                    "say Delete here and Snapshot on the cluster"
                )
                yield finding(__name__, system, resource, message)
