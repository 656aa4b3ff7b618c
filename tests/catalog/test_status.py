"""Who runs which version; every call only against botocore's models."""

from __future__ import annotations

import pytest

from stackyard.aws.errors import AwsError
from stackyard.catalog.status import deprecate, status
from tests.catalog.stubbed import NEW, OLD, PRODUCT, Stubs, artifact, provisioned

SEARCH = {"AccessLevelFilter": {"Key": "Account", "Value": "self"}, "PageSize": 100}
VERSIONS = {
    "ProvisioningArtifactDetails": [
        artifact(NEW, "1.1.0", 2),
        artifact(OLD, "1.0.0", 1, "DEPRECATED"),
    ]
}


@pytest.fixture
def stubs() -> Stubs:
    return Stubs()


def test_everybody_is_listed_with_the_version_that_they_run(stubs: Stubs) -> None:
    pages: list[tuple[dict[str, object], dict[str, object]]] = [
        ({"ProvisionedProducts": [provisioned("b", NEW, "1.1.0")], "NextPageToken": "x"}, SEARCH),
        ({"ProvisionedProducts": [provisioned("a", OLD, "1.0.0")]}, {**SEARCH, "PageToken": "x"}),
    ]
    for answer, asked in pages:
        stubs.answer("servicecatalog", "search_provisioned_products", answer, asked)
    stubs.answer("servicecatalog", "list_provisioning_artifacts", VERSIONS, {"ProductId": PRODUCT})
    behind, current = status(stubs.account)
    assert (behind.name, behind.version, behind.newest) == ("a", "1.0.0", "1.1.0")
    assert behind.is_deprecated
    assert not behind.is_current
    assert current.is_current
    assert current.owner.endswith("user/ann")
    stubs.check()


def test_another_product_is_not_asked_about(stubs: Stubs) -> None:
    answer = {"ProvisionedProducts": [provisioned("a", OLD, "1.0.0")]}
    stubs.answer("servicecatalog", "search_provisioned_products", answer, SEARCH)
    assert status(stubs.account, "fastapi") == []
    stubs.check()


def test_old_versions_are_deprecated_and_never_deleted(stubs: Stubs) -> None:
    versions = [artifact(OLD, "1.0.0", 1), artifact(NEW, "1.1.0", 2)]
    stubs.answer(
        "servicecatalog",
        "list_provisioning_artifacts",
        {"ProvisioningArtifactDetails": versions},
        {"ProductId": PRODUCT},
    )
    asked = {"ProductId": PRODUCT, "ProvisioningArtifactId": OLD, "Guidance": "DEPRECATED"}
    stubs.answer("servicecatalog", "update_provisioning_artifact", {}, asked)
    assert dict(deprecate(stubs.account, PRODUCT)) == {"1.0.0": "DEPRECATED"}
    stubs.check()


def test_a_refusal_says_what_aws_says(stubs: Stubs) -> None:
    stubs.fail("servicecatalog", "search_provisioned_products", "AccessDeniedException", "not you")
    with pytest.raises(AwsError, match="not you; ask for this permission"):
        status(stubs.account)
