"""The commands of the catalog as people type them, good and bad.

What Service Catalog answers is made up in the shapes of botocore's models.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from stackyard import start
from stackyard.catalog import preview as previewing
from stackyard.commands import cataloging
from stackyard.deploy import target
from tests.catalog.stubbed import NEW, OLD, PRODUCT, Stubs, artifact, provisioned
from tests.support import ROOT

Said = Callable[..., tuple[int, str, str]]
SEARCH = {"AccessLevelFilter": {"Key": "Account", "Value": "self"}, "PageSize": 100}
VERSIONS = [artifact(OLD, "1.0.0", 1, "DEPRECATED"), artifact(NEW, "1.1.0", 2)]
PORTFOLIO, UNIT, TOKEN = "port-abcdefghijklm", "ou-a1b2-12345678", "share-abcdefghijklm"


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Stubs:
    """Return an account that the commands get, whatever place they are told."""
    found = Stubs()
    monkeypatch.setattr(cataloging, "_account", lambda *_, **__: found.account)
    monkeypatch.setattr(target, "account_of", lambda *_, **__: found.account)
    monkeypatch.setattr(previewing, "POLL_SECONDS", 0)
    return found


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a function that runs a command of the catalog: status, output, errors."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["build.py", "catalog", *words])
        with pytest.raises(SystemExit) as end:
            start.run(str(ROOT))
        return int(end.value.code or 0), *capsys.readouterr()

    return run


def answer(stubs: Stubs, operation: str, found: dict[str, Any], **asked: Any) -> None:
    stubs.answer("servicecatalog", operation, found, asked)


def launched(stubs: Stubs, *rows: dict[str, Any]) -> None:
    answer(stubs, "search_provisioned_products", {"ProvisionedProducts": [*rows]}, **SEARCH)


def versions(stubs: Stubs) -> None:
    found = {"ProvisioningArtifactDetails": VERSIONS}
    answer(stubs, "list_provisioning_artifacts", found, ProductId=PRODUCT)


def deployed(stubs: Stubs, **outputs: str) -> None:
    """Answer with a catalog that is deployed."""
    stack = {
        "StackId": "arn:aws:cloudformation:us-east-1:111111111111:stack/catalog-production/1",
        "StackName": "catalog-production",
        "CreationTime": "2026-01-01T00:00:00Z",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
    }
    asked = {"StackName": "catalog-production"}
    stubs.answer("cloudformation", "describe_stacks", {"Stacks": [stack]}, asked)


def test_status_says_who_runs_what_and_who_is_behind(stubs: Stubs, said: Said) -> None:
    launched(stubs, provisioned("ann", OLD, "1.0.0"), provisioned("bob", NEW, "1.1.0"))
    versions(stubs)
    code, told, _ = said("status", "pyshop")
    assert code == 0
    assert "pyshop ann: 1.0.0 (newest is 1.1.0, deprecated), AVAILABLE" in told
    assert "pyshop bob: 1.1.0 (newest), AVAILABLE" in told
    assert "2 provisioned products, 1 not on the newest version" in told


def test_status_says_the_same_as_json(stubs: Stubs, said: Said) -> None:
    launched(stubs, provisioned("ann", OLD, "1.0.0"))
    versions(stubs)
    (row,) = json.loads(said("status", "--json")[1])
    assert (row["name"], row["version"], row["newest"]) == ("ann", "1.0.0", "1.1.0")
    assert (row["current"], row["is_deprecated"]) == (False, True)


def test_older_versions_are_deprecated_and_never_deleted(stubs: Stubs, said: Said) -> None:
    rows = [
        {"ProductViewSummary": {"Name": name, "ProductId": PRODUCT}} for name in ("pyshop", "x")
    ]
    answer(stubs, "search_products_as_admin", {"ProductViewDetails": rows})
    found = {"ProvisioningArtifactDetails": [artifact(OLD, "1.0.0", 1), VERSIONS[1]]}
    answer(stubs, "list_provisioning_artifacts", found, ProductId=PRODUCT)
    asked = {"ProductId": PRODUCT, "ProvisioningArtifactId": OLD, "Guidance": "DEPRECATED"}
    answer(stubs, "update_provisioning_artifact", {}, **asked)
    assert said("deprecate") == (0, "pyshop: 1.0.0 DEPRECATED\n", "")
    stubs.check()


def test_a_portfolio_is_shared_with_what_its_parameter_names(stubs: Stubs, said: Said) -> None:
    deployed(stubs, PortfolioId=PORTFOLIO, OrganizationNodeIds=UNIT)
    for kind in ("ORGANIZATION", "ORGANIZATIONAL_UNIT"):
        asked = {"PortfolioId": PORTFOLIO, "Type": kind}
        answer(stubs, "describe_portfolio_shares", {"PortfolioShareDetails": []}, **asked)
    node = {"Type": "ORGANIZATIONAL_UNIT", "Value": UNIT}
    asked = {"PortfolioId": PORTFOLIO, "OrganizationNode": node}
    everything = {"ShareTagOptions": True, "SharePrincipals": True}
    token = {"PortfolioShareToken": TOKEN}
    answer(stubs, "create_portfolio_share", token, **asked, **everything)
    answer(stubs, "describe_portfolio_share_status", {"Status": "COMPLETED"}, **token)
    assert said("share", "production") == (0, f"{PORTFOLIO}: {UNIT}: shared\n", "")
    stubs.check()


def test_without_the_parameter_nothing_is_shared(stubs: Stubs, said: Said) -> None:
    deployed(stubs, PortfolioId=PORTFOLIO, OrganizationNodeIds="")
    for kind in ("ORGANIZATION", "ORGANIZATIONAL_UNIT"):
        asked = {"PortfolioId": PORTFOLIO, "Type": kind}
        answer(stubs, "describe_portfolio_shares", {"PortfolioShareDetails": []}, **asked)
    assert "names no OrganizationNodeIds for production" in said("share", "production")[1]


def refused(end: tuple[int, str, str], status: int) -> str:
    """Return the one line that says why a command did nothing."""
    code, told, errors = end
    assert (code, told, errors.count("\n")) == (status, "", 1), end
    return errors


@pytest.mark.parametrize("command", [("status",), ("preview",)])
def test_a_product_that_nobody_knows_names_the_nearest(
    stubs: Stubs, said: Said, command: tuple[str]
) -> None:
    launched(stubs)
    words = {"status": ("pyshap",), "preview": ("pyshap", "1.1.0", "--bucket", "templates")}
    line = refused(said(*command, *words[command[0]]), 1)
    assert "catalog: no product 'pyshap'; did you mean 'pyshop'? known: chronotrail" in line


def test_a_provisioned_product_that_nobody_knows_names_the_nearest(
    stubs: Stubs, said: Said
) -> None:
    launched(stubs, provisioned("ann", OLD, "1.0.0"))
    words = ("preview", "pyshop", "1.1.0", "--name", "anna", "--bucket", "templates")
    assert "no provisioned product 'anna'; did you mean 'ann'" in refused(said(*words), 1)


def test_whom_no_portfolio_lets_launch_is_told_so(stubs: Stubs, said: Said) -> None:
    launched(stubs, provisioned("ann", OLD, "1.0.0"))
    versions(stubs)
    answer(stubs, "list_launch_paths", {"LaunchPathSummaries": []}, ProductId=PRODUCT)
    line = refused(said("preview", "pyshop", "1.1.0", "--bucket", "templates"), 3)
    assert "ann: no portfolio lets you launch pyshop, so that nothing can be planned; add" in line


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("ThrottlingException", "AWS asks for fewer calls; try again in a minute"),
        ("AccessDeniedException", "ask for this permission"),
        ("ExpiredTokenException", "the session has expired; log in again"),
    ],
)
def test_what_aws_refuses_is_told_with_what_to_do(
    stubs: Stubs, said: Said, code: str, remedy: str
) -> None:
    stubs.fail("servicecatalog", "search_provisioned_products", code, "no.")
    line = refused(said("status"), 3)
    assert f"SearchProvisionedProducts: {code}: no; {remedy}" in line


def test_a_portfolio_that_is_not_deployed_cannot_be_shared(stubs: Stubs, said: Said) -> None:
    stubs.fail("cloudformation", "describe_stacks", "ValidationError", "it does not exist")
    line = refused(said("share", "production"), 3)
    assert "catalog-production in us-east-1: there is no such stack; deploy it first" in line


def test_a_portfolio_that_is_gone_is_named(stubs: Stubs, said: Said) -> None:
    deployed(stubs, PortfolioId=PORTFOLIO, OrganizationNodeIds=UNIT)
    gone = ("describe_portfolio_shares", "ResourceNotFoundException", "Portfolio not found.")
    stubs.fail("servicecatalog", *gone)
    line = refused(said("share", "production"), 3)
    assert f"{PORTFOLIO} in http://127.0.0.1:9: DescribePortfolioShares: Resource" in line


@pytest.mark.parametrize("words", [("status",), ("share", "dev"), ("deprecate",), ("publish",)])
def test_without_credentials_it_says_what_to_do(
    said: Said, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    line = refused(said(*words), 3)
    assert "no usable AWS credentials" in line
    assert "log in again or set AWS_PROFILE" in line
