from __future__ import annotations

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.portfolio import ENVIRONMENTS, portfolio
from tests.components.evaluated import stack_of

NAMED = {"PortfolioName": "Systems", "ProviderName": "Platform"}


def titles(stack: Stack, kind: str) -> list[str]:
    kind = f"AWS::ServiceCatalog::{kind}"
    return [name for name, item in stack.resources.items() if item.type == kind]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_as_many_principals_as_are_given_see_it(count: int) -> None:
    arns = [f"arn:aws:iam:::role/Developer{number}*" for number in range(count)]
    stack = stack_of(portfolio, **NAMED, PrincipalArns=",".join(arns))
    found = titles(stack, "PortfolioPrincipalAssociation")
    assert [stack.resources[name].properties["PrincipalARN"] for name in found] == arns


def test_only_an_arn_without_an_account_is_a_pattern() -> None:
    arns = ["arn:aws:iam::111111111111:role/Admin", "arn:aws:iam:::role/Developer*"]
    stack = stack_of(portfolio, **NAMED, PrincipalArns=",".join(arns))
    found = titles(stack, "PortfolioPrincipalAssociation")
    kinds = [stack.resources[name].properties["PrincipalType"] for name in found]
    assert kinds == ["IAM", "IAM_PATTERN"]


def test_accounts_that_it_is_shared_with_get_its_tags() -> None:
    stack = stack_of(portfolio, **NAMED, SharedAccountIds="111111111111,222222222222")
    shares = [stack.resources[name].properties for name in titles(stack, "PortfolioShare")]
    assert [one["AccountId"] for one in shares] == ["111111111111", "222222222222"]
    assert all(one["ShareTagOptions"] for one in shares)


def test_people_choose_the_environment_and_nothing_else() -> None:
    stack = stack_of(portfolio, **NAMED)
    tags = [plain(stack.resources[name].properties) for name in titles(stack, "TagOption")]
    assert [(one["Key"], one["Value"]) for one in tags] == [
        ("environment", one) for one in ENVIRONMENTS
    ]
    assert len(titles(stack, "TagOptionAssociation")) == len(tags)


def test_a_cost_center_is_put_on_everything() -> None:
    stack = stack_of(portfolio, **NAMED, CostCenter="4711")
    assert stack.resources["CostCenterTag"].properties["Value"] == "4711"
    assert "CostCenterTagOfPortfolio" in stack.resources
