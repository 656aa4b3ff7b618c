from __future__ import annotations

import pytest

from tests.checks.systems import Body, resource, said


@pytest.mark.parametrize(
    "properties",
    [
        {"PubliclyAccessible": True, "DBSubnetGroupName": "g"},
        {"PubliclyAccessible": "true"},
        {},
    ],
)
def test_public_database_is_found(properties: Body) -> None:
    assert len(said("public_databases", {"Main": resource("RDS::DBInstance", **properties)})) == 1


@pytest.mark.parametrize(
    "properties",
    [
        {"PubliclyAccessible": False},
        {"DBSubnetGroupName": "g"},
        {"DBClusterIdentifier": "c"},
        {"SourceDBInstanceIdentifier": "main"},
    ],
)
def test_private_database_is_fine(properties: Body) -> None:
    assert said("public_databases", {"Main": resource("RDS::DBInstance", **properties)}) == []
