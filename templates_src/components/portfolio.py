"""A Service Catalog portfolio: who sees it, with whom it is shared, what its stacks are tagged."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, If, Join, Ref, Select, Split, Template
from troposphere.servicecatalog import (
    Portfolio,
    PortfolioPrincipalAssociation,
    PortfolioShare,
    TagOption,
    TagOptionAssociation,
)

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.logic import condition, is_given
from templates_src.parts.slots import slots

# What a person chooses from when launching a product; names of environments in params/
ENVIRONMENTS = ("dev", "test", "staging", "production")
ONE_PATTERN = "arn:[^,]+:iam:[^,]*:[0-9]*:(role|user|group)/[^,]+"


@contract
class Parameters:
    portfolio_name: Value = parameter(
        "Name of the portfolio, as people see it.", MinLength=1, MaxLength=100
    )
    provider_name: Value = parameter(
        "Team that offers it and owns its products.", MinLength=1, MaxLength=50
    )
    principal_arns: Value = parameter(
        "ARNs of roles, users or groups that may launch its products, at most five. One with no"
        " account before the kind (iam:::role/Developer*) may have wildcards and works in every"
        " account that the portfolio is shared with.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern=f"^$|{ONE_PATTERN}",
    )
    shared_account_ids: Value = parameter(
        "Accounts that the portfolio is shared with, at most five.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern="^$|[0-9]{12}",
    )
    organization_node_ids: Value = parameter(
        "Organisation (o-...) or organisational units (ou-...) that the portfolio is shared with."
        " CloudFormation can share with accounts only, so python build.py catalog share reads this"
        " from the stack and does it.",
        Type="CommaDelimitedList",
        default="",
        AllowedPattern="^$|o-[a-z0-9]{10,32}|ou-[a-z0-9]{4,32}-[a-z0-9]{8,32}",
    )
    cost_center: Value = parameter(
        "Value of the tag cost-center of everything that is launched; no such tag if empty.",
        default="",
        MaxLength=256,
        AllowedPattern="[A-Za-z0-9 _.:/=+@-]*",
    )


@contract
class Outputs:
    portfolio_id: Value = output("Portfolio, to add products to.")
    tag_option_ids: Value = output("Comma-joined choices of the tag environment.")
    organization_node_ids: Value = output(
        "Comma-joined organisation or units that it is to be shared with; empty if none."
    )


def build(t: Template, p: Parameters) -> Outputs:
    """Service Catalog portfolio: principals, shares and tags."""
    portfolio = t.add_resource(
        Portfolio("Portfolio", DisplayName=p.portfolio_name, ProviderName=p.provider_name)
    )
    for title, exists, arn in slots(t, "Principal", p.principal_arns):
        t.add_resource(
            PortfolioPrincipalAssociation(
                title,
                Condition=exists,
                PortfolioId=Ref(portfolio),
                PrincipalARN=arn,
                PrincipalType=If(_has_account(t, title, arn), "IAM", "IAM_PATTERN"),
            )
        )
    for title, exists, account_id in slots(t, "Share", p.shared_account_ids):
        t.add_resource(
            PortfolioShare(
                title,
                Condition=exists,
                PortfolioId=Ref(portfolio),
                AccountId=account_id,
                ShareTagOptions=True,
            )
        )
    choices = [
        _tag(t, portfolio, f"{environment.title()}Environment", "environment", environment)
        for environment in ENVIRONMENTS
    ]
    charged = condition(t, "HasCostCenter", is_given(p.cost_center))
    _tag(t, portfolio, "CostCenter", "cost-center", p.cost_center, Condition=charged)
    return Outputs(
        portfolio_id=Ref(portfolio),
        tag_option_ids=Join(",", [Ref(one) for one in choices]),
        organization_node_ids=Join(",", p.organization_node_ids),
    )


def _has_account(t: Template, title: str, arn: AWSHelperFn) -> str:
    """Add the condition that an ARN names an account: AWS takes one without as a pattern only."""
    account = Select(4, Split(":", Join("", [arn, ":::::"])))  # arn:aws:iam:<region>:<account>
    return condition(t, f"{title}HasAccount", is_given(account))


def _tag(
    t: Template, portfolio: Portfolio, title: str, key: str, value: Value, **more: Any
) -> TagOption:
    """Add a tag that Service Catalog puts on what is launched, or offers where there are several.

    An account has only one option of the same key and value:
    https://docs.aws.amazon.com/servicecatalog/latest/adminguide/tagoptions.html
    """
    option = t.add_resource(TagOption(f"{title}Tag", Key=key, Value=value, Active=True, **more))
    t.add_resource(
        TagOptionAssociation(
            f"{title}TagOfPortfolio",
            ResourceId=Ref(portfolio),
            TagOptionId=Ref(option),
            **more,
        )
    )
    return option


portfolio = Component(Parameters, Outputs, build)
