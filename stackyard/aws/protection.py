"""The deletion protection that resources have of their own, beside that of their stack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from stackyard.aws.account import Account

BALANCER = "deletion_protection.enabled"


class _Protection(NamedTuple):
    """How one type is asked for its protection and how that is lifted."""

    service: str
    is_on: Callable[[Any, str], bool]
    lift: Callable[[Any, str], object]


def _balancer(client: Any, arn: str) -> bool:
    rows = client.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    return {row["Key"]: row["Value"] for row in rows}.get(BALANCER) == "true"


def _lift_pool(client: Any, pool_id: str) -> None:
    pool = client.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    # what UpdateUserPool is not told it resets:
    # https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
    taken = client.meta.service_model.operation_model("UpdateUserPool").input_shape.members
    kept = {name: value for name, value in pool.items() if name in taken and value != ""}
    client.update_user_pool(**{**kept, "UserPoolId": pool_id, "DeletionProtection": "INACTIVE"})


PROTECTIONS = {
    "AWS::Cognito::UserPool": _Protection(
        "cognito-idp",
        lambda client, pool_id: (
            client.describe_user_pool(UserPoolId=pool_id)["UserPool"].get("DeletionProtection")
            == "ACTIVE"
        ),
        _lift_pool,
    ),
    "AWS::DynamoDB::Table": _Protection(
        "dynamodb",
        lambda client, name: bool(
            client.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled")
        ),
        lambda client, name: client.update_table(TableName=name, DeletionProtectionEnabled=False),
    ),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _Protection(
        "elbv2",
        _balancer,
        lambda client, arn: client.modify_load_balancer_attributes(
            LoadBalancerArn=arn, Attributes=[{"Key": BALANCER, "Value": "false"}]
        ),
    ),
    "AWS::RDS::DBCluster": _Protection(
        "rds",
        lambda client, name: bool(
            client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0].get(
                "DeletionProtection"
            )
        ),
        lambda client, name: client.modify_db_cluster(
            DBClusterIdentifier=name, DeletionProtection=False
        ),
    ),
    "AWS::OpenSearchServerless::Collection": _Protection(
        "opensearchserverless",
        lambda client, collection: any(
            found.get("deletionProtection") == "ENABLED"
            for found in client.batch_get_collection(ids=[collection])["collectionDetails"]
        ),
        lambda client, collection: client.update_collection(
            id=collection, deletionProtection="DISABLED"
        ),
    ),
    "AWS::RDS::DBInstance": _Protection(
        "rds",
        lambda client, name: bool(
            client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0].get(
                "DeletionProtection"
            )
        ),
        lambda client, name: client.modify_db_instance(
            DBInstanceIdentifier=name, DeletionProtection=False
        ),
    ),
}


def is_protected(account: Account, resource_type: str, physical_id: str) -> bool:
    """Return whether a resource refuses to be deleted."""
    found = PROTECTIONS.get(resource_type)
    return found is not None and found.is_on(
        account.client(found.service, physical_id), physical_id
    )


def lift(account: Account, resource_type: str, physical_id: str) -> None:
    """Let a resource be deleted."""
    found = PROTECTIONS[resource_type]
    found.lift(account.client(found.service, physical_id), physical_id)
