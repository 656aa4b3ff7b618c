"""No database has a public address."""

from __future__ import annotations

from collections.abc import Iterator

from stackyard.checks import finding, is_true
from stackyard.findings import Finding
from stackyard.resolved import System

TYPES = ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::Redshift::Cluster")


def check(system: System) -> Iterator[Finding]:
    """Yield databases that are publicly accessible, by word or by default."""
    for kind in TYPES:
        for database in system.resources(kind):
            stated = database.properties.get("PubliclyAccessible")
            if is_true(stated):
                message = "PubliclyAccessible is true; set it to false and reach it within the VPC"
                yield finding(__name__, system, database, message)
    for database in system.resources("AWS::RDS::DBInstance"):
        # https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
        inherits = {"DBSubnetGroupName", "DBClusterIdentifier", "SourceDBInstanceIdentifier"}
        if "PubliclyAccessible" not in database.properties and inherits.isdisjoint(
            database.properties
        ):
            message = "public by default without a subnet group; set PubliclyAccessible to false"
            yield finding(__name__, system, database, message)
