"""Service Catalog's calls, with answers as plain values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackyard.aws.account import Account

PAGE = 100  # provisioned products; the most that the API takes


@dataclass(frozen=True)
class Version:
    """A provisioning artifact."""

    id: str
    name: str
    guidance: str
    active: bool
    created: str


@dataclass(frozen=True)
class Provisioned:
    """A provisioned product: somebody's stack."""

    id: str
    name: str
    product_id: str
    product: str
    version_id: str
    version: str
    status: str
    reason: str
    owner: str
    stack_id: str


@dataclass(frozen=True)
class Plan:
    status: str
    reason: str
    changes: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class ShareStatus:
    status: str
    reasons: Sequence[str]


def products(account: Account) -> dict[str, str]:
    """Return the id of each product that this account administers, by name."""
    pages = _client(account).get_paginator("search_products_as_admin").paginate()
    rows = [row["ProductViewSummary"] for page in pages for row in page["ProductViewDetails"]]
    return {row["Name"]: row["ProductId"] for row in rows}


def versions(account: Account, product_id: str) -> list[Version]:
    """Return the versions of a product, the oldest first."""
    answer = _client(account, product_id).list_provisioning_artifacts(ProductId=product_id)
    found = [
        Version(
            row["Id"],
            row["Name"],
            row.get("Guidance", "DEFAULT"),
            row.get("Active", True),
            str(row.get("CreatedTime", "")),
        )
        for row in answer["ProvisioningArtifactDetails"]
    ]
    return sorted(found, key=lambda one: one.created)


def guide(account: Account, product_id: str, version_id: str, guidance: str) -> None:
    """Set the guidance of a version, ``DEFAULT`` or ``DEPRECATED``."""
    _client(account, product_id).update_provisioning_artifact(
        ProductId=product_id, ProvisioningArtifactId=version_id, Guidance=guidance
    )


def provisioned(account: Account) -> list[Provisioned]:
    """Return every provisioned product of the account, whoever owns it."""
    everybody = {"Key": "Account", "Value": "self"}
    rows = _pages(
        _client(account).search_provisioned_products,
        "ProvisionedProducts",
        AccessLevelFilter=everybody,
        PageSize=PAGE,
    )
    return [
        Provisioned(
            id=row["Id"],
            name=row["Name"],
            product_id=row.get("ProductId", ""),
            product=row.get("ProductName", ""),
            version_id=row.get("ProvisioningArtifactId", ""),
            version=row.get("ProvisioningArtifactName", ""),
            status=row["Status"],
            reason=row.get("StatusMessage", ""),
            owner=row.get("UserArn", ""),
            stack_id=row.get("PhysicalId", ""),
        )
        for row in rows
    ]


def launch_path(account: Account, product_id: str) -> str:
    """Return the first path by which the caller may launch a product, empty if there is none."""
    answer = _client(account, product_id).list_launch_paths(ProductId=product_id)
    return next((row["Id"] for row in answer["LaunchPathSummaries"]), "")


def parameters(account: Account, product_id: str, version_id: str, path_id: str) -> set[str]:
    """Return the names of the parameters that a version takes."""
    answer = _client(account, product_id).describe_provisioning_parameters(
        ProductId=product_id, ProvisioningArtifactId=version_id, PathId=path_id
    )
    return {row["ParameterKey"] for row in answer["ProvisioningArtifactParameters"]}


def create_plan(account: Account, **given: Any) -> str:
    """Ask for the plan of an upgrade and return its id; *given* is boto3's."""
    made = _client(account, given["ProvisionedProductName"]).create_provisioned_product_plan(
        PlanType="CLOUDFORMATION", **given
    )
    return str(made["PlanId"])


def plan(account: Account, plan_id: str) -> Plan:
    """Return a plan as it is now, with the changes of all its pages."""
    client, changes, token = _client(account, plan_id), [], ""
    while True:
        more = {"PageToken": token} if token else {}
        answer = client.describe_provisioned_product_plan(PlanId=plan_id, **more)
        changes += answer.get("ResourceChanges", [])
        token = answer.get("NextPageToken", "")
        if not token:
            found = answer["ProvisionedProductPlanDetails"]
            return Plan(found["Status"], found.get("StatusMessage", ""), changes)


def delete_plan(account: Account, plan_id: str) -> None:
    """Delete a plan, whatever state it is in."""
    _client(account, plan_id).delete_provisioned_product_plan(PlanId=plan_id, IgnoreErrors=True)


def shared_with(account: Account, portfolio_id: str, kind: str) -> set[str]:
    """Return the organisational units, or whatever *kind* says, that see a portfolio."""
    rows = _pages(
        _client(account, portfolio_id).describe_portfolio_shares,
        "PortfolioShareDetails",
        PortfolioId=portfolio_id,
        Type=kind,
    )
    return {row["PrincipalId"] for row in rows}


def share(account: Account, portfolio_id: str, kind: str, node: str) -> str:
    """Begin to share a portfolio, tags included, with a node; return the token of its status."""
    made = _client(account, portfolio_id).create_portfolio_share(
        PortfolioId=portfolio_id,
        OrganizationNode={"Type": kind, "Value": node},
        ShareTagOptions=True,
        SharePrincipals=True,
    )
    return str(made["PortfolioShareToken"])


def unshare(account: Account, portfolio_id: str, kind: str, node: str) -> str:
    """Begin to end a share with a node; return the token of its status."""
    made = _client(account, portfolio_id).delete_portfolio_share(
        PortfolioId=portfolio_id, OrganizationNode={"Type": kind, "Value": node}
    )
    return str(made["PortfolioShareToken"])


def share_status(account: Account, portfolio_id: str, token: str) -> ShareStatus:
    """Return how far a share is, with the reasons of accounts that it did not reach."""
    found = _client(account, portfolio_id).describe_portfolio_share_status(
        PortfolioShareToken=token
    )
    errors = found.get("ShareDetails", {}).get("ShareErrors", [])
    return ShareStatus(
        found["Status"],
        [
            f"{', '.join(one.get('Accounts', []))}: {one.get('Message') or one.get('Error', '')}"
            for one in errors
        ],
    )


def _pages(operation: Any, key: str, **given: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of an operation that botocore has no paginator for."""
    token = ""
    while True:
        answer = operation(**given, **({"PageToken": token} if token else {}))
        yield from answer[key]
        token = answer.get("NextPageToken", "")
        if not token:
            return


def _client(account: Account, about: str = "") -> Any:
    return account.client("servicecatalog", about)
