"""Sharing with an organisation; every call only against botocore's models."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.catalog import sharing
from stackyard.catalog.sharing import Share, bring
from stackyard.errors import DeployError
from tests.catalog.stubbed import Stubs

PORTFOLIO, TOKEN = "port-abcdefghijklm", "share-abcdefghijklm"
ALL, UNIT = "o-a1b2c3d4e5", "ou-a1b2-12345678"


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Stubs:
    monkeypatch.setattr(sharing, "POLL_SECONDS", 0)
    return Stubs()


def shared_with(stubs: Stubs, **nodes: str) -> None:
    """Answer with whom the portfolio is shared, by kind."""
    for kind in ("ORGANIZATION", "ORGANIZATIONAL_UNIT"):
        rows = [{"PrincipalId": nodes[kind], "Type": kind}] if kind in nodes else []
        asked = {"PortfolioId": PORTFOLIO, "Type": kind}
        answer = {"PortfolioShareDetails": rows}
        stubs.answer("servicecatalog", "describe_portfolio_shares", answer, asked)


def changed(stubs: Stubs, operation: str, kind: str, node: str, **more: Any) -> None:
    """Expect a share to be made or ended."""
    asked = {"PortfolioId": PORTFOLIO, "OrganizationNode": {"Type": kind, "Value": node}, **more}
    stubs.answer("servicecatalog", operation, {"PortfolioShareToken": TOKEN}, asked)


def became(stubs: Stubs, status: str, **details: Any) -> None:
    answer = {"Status": status, "ShareDetails": details}
    asked = {"PortfolioShareToken": TOKEN}
    stubs.answer("servicecatalog", "describe_portfolio_share_status", answer, asked)


@pytest.mark.parametrize(("node", "kind"), [(ALL, "ORGANIZATION"), (UNIT, "ORGANIZATIONAL_UNIT")])
def test_a_node_is_shared_with_once_and_waited_for(stubs: Stubs, node: str, kind: str) -> None:
    shared_with(stubs)
    everything = {"ShareTagOptions": True, "SharePrincipals": True}
    changed(stubs, "create_portfolio_share", kind, node, **everything)
    became(stubs, "IN_PROGRESS")
    became(stubs, "COMPLETED")
    assert [*bring(stubs.account, PORTFOLIO, [node])] == [Share(node, "shared")]
    shared_with(stubs, **{kind: node})
    assert [*bring(stubs.account, PORTFOLIO, [node])] == [Share(node, "was shared")]
    stubs.check()


def test_what_the_parameter_no_longer_names_is_told_and_removed_when_asked(stubs: Stubs) -> None:
    shared_with(stubs, ORGANIZATIONAL_UNIT=UNIT)
    assert [*bring(stubs.account, PORTFOLIO, [])] == [Share(UNIT, "left over")]
    shared_with(stubs, ORGANIZATIONAL_UNIT=UNIT)
    changed(stubs, "delete_portfolio_share", "ORGANIZATIONAL_UNIT", UNIT)
    became(stubs, "COMPLETED")
    assert [*bring(stubs.account, PORTFOLIO, [], removes=True)] == [Share(UNIT, "removed")]
    stubs.check()


def test_accounts_that_were_not_reached_are_named_with_the_reason(stubs: Stubs) -> None:
    shared_with(stubs)
    changed(
        stubs,
        "create_portfolio_share",
        "ORGANIZATION",
        ALL,
        ShareTagOptions=True,
        SharePrincipals=True,
    )
    errors = [{"Accounts": ["210987654321"], "Message": "too many portfolios", "Error": "Limit"}]
    became(stubs, "COMPLETED_WITH_ERRORS", ShareErrors=errors)
    with pytest.raises(DeployError, match="o-a1b2c3d4e5: 210987654321: too many portfolios; mend"):
        [*bring(stubs.account, PORTFOLIO, [ALL])]
