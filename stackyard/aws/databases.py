"""RDS's calls, as far as office hours need them."""

from __future__ import annotations

from collections.abc import Mapping

from stackyard.aws.account import Account


def status(account: Account, named: Mapping[str, str]) -> str:
    """Return the status of a database, such as ``available``.

    Args:
        account: where it is.
        named: its ``DBInstanceIdentifier`` or ``DBClusterIdentifier``.
    """
    client = account.client("rds", *named.values())
    if "DBClusterIdentifier" in named:
        return str(client.describe_db_clusters(**named)["DBClusters"][0]["Status"])
    return str(client.describe_db_instances(**named)["DBInstances"][0]["DBInstanceStatus"])
