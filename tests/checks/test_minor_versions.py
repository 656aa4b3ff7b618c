from __future__ import annotations

import pytest

from tests.checks.systems import Body, resource, said


def instance(**properties: object) -> list[str]:
    return said("minor_versions", {"Main": resource("RDS::DBInstance", **properties)})


def test_pinned_minor_version_that_aws_upgrades_is_found() -> None:
    (message,) = instance(Engine="postgres", EngineVersion="15.14")
    assert message.startswith("dev Main: EngineVersion 15.14 with AutoMinorVersionUpgrade on Main")


@pytest.mark.parametrize(
    "properties",
    [
        {"Engine": "postgres", "EngineVersion": "15"},
        {"Engine": "postgres", "EngineVersion": "15.14", "AutoMinorVersionUpgrade": "false"},
        {"Engine": "mysql", "EngineVersion": "8.0"},
        {"Engine": "postgres"},
    ],
)
def test_major_version_or_no_upgrade_is_fine(properties: Body) -> None:
    assert instance(**properties) == []


def test_instances_upgrade_the_cluster_they_are_in() -> None:
    cluster = resource("RDS::DBCluster", Engine="aurora-postgresql", EngineVersion="16.9")
    writer = resource("RDS::DBInstance", DBClusterIdentifier={"Ref": "Cluster"})
    (message,) = said("minor_versions", {"Cluster": cluster, "Writer": writer})
    assert message.startswith(
        "dev Cluster: EngineVersion 16.9 with AutoMinorVersionUpgrade on Writer"
    )


def test_multi_az_cluster_has_a_switch_of_its_own() -> None:
    pinned = {
        "Engine": "postgres",
        "EngineVersion": "16.9",
        "DBClusterInstanceClass": "db.m6gd.large",
    }
    cluster = resource("RDS::DBCluster", **pinned)
    assert len(said("minor_versions", {"Cluster": cluster})) == 1
    quiet = resource("RDS::DBCluster", **pinned, AutoMinorVersionUpgrade=False)
    assert said("minor_versions", {"Cluster": quiet}) == []
