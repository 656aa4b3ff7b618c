"""Provisioners of OpenSearch Serverless: policies, which AWS checks, and collections."""

from __future__ import annotations

from functools import partial
from typing import Any

from stackyard.local.api import call
from stackyard.local.handlers import Created, Properties, Provisioner

SERVICE = "opensearchserverless"


def _policy(kind: str) -> Provisioner:
    """Return how policies of a *kind* (``Security``, ``Access``) are made, changed and deleted."""
    return Provisioner(
        partial(_create_policy, kind), partial(_delete_policy, kind), partial(_change_policy, kind)
    )


def _create_policy(kind: str, properties: Properties) -> Created:
    call(SERVICE, f"Create{kind}Policy", **_named(properties), policy=properties["Policy"])
    return properties["Name"], {}


def _change_policy(kind: str, _: str, properties: Properties) -> None:
    named = _named(properties)
    detail = call(SERVICE, f"Get{kind}Policy", **named)[f"{kind.lower()}PolicyDetail"]
    call(
        SERVICE,
        f"Update{kind}Policy",
        **named,
        policyVersion=detail["policyVersion"],
        policy=properties["Policy"],
    )


def _delete_policy(kind: str, _: str, properties: Properties) -> None:
    call(SERVICE, f"Delete{kind}Policy", **_named(properties))


def _named(properties: Properties) -> dict[str, Any]:
    return {"name": properties["Name"], "type": properties["Type"]}


def _collection(properties: Properties) -> Created:
    # the embedded account knows no groups of collections
    made = call(
        SERVICE,
        "CreateCollection",
        name=properties["Name"],
        type=properties.get("Type"),
        standbyReplicas=properties.get("StandbyReplicas"),
        deletionProtection=properties.get("DeletionProtection"),
    )["createCollectionDetail"]
    (found,) = call(SERVICE, "BatchGetCollection", ids=[made["id"]])["collectionDetails"]
    attributes = {
        "Id": found["id"],
        "Arn": found["arn"],
        "CollectionEndpoint": found["collectionEndpoint"],
        "DashboardEndpoint": found["dashboardEndpoint"],
    }
    return found["id"], attributes


def _change_collection(identifier: str, properties: Properties) -> None:
    protection = properties.get("DeletionProtection")
    call(SERVICE, "UpdateCollection", id=identifier, deletionProtection=protection)


PROVISIONERS = {
    "AWS::OpenSearchServerless::SecurityPolicy": _policy("Security"),
    "AWS::OpenSearchServerless::AccessPolicy": _policy("Access"),
    "AWS::OpenSearchServerless::Collection": Provisioner(
        _collection,
        lambda identifier, _: call(SERVICE, "DeleteCollection", id=identifier),
        _change_collection,
    ),
}
