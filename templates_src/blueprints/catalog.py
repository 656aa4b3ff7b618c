"""Catalog: the systems of this library as Service Catalog products, each in every released version.

A system joins with ``python build.py catalog add VERSION SYSTEM`` and a line in ``build``.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from troposphere import Or, Template

from templates_src.components.portfolio import portfolio
from templates_src.components.product import Outputs as ProductOutputs
from templates_src.components.product import Parameters as ProductParameters
from templates_src.components.product import product
from templates_src.contract import (
    Component,
    Nesting,
    Rule,
    Value,
    contract,
    output,
    passed_to,
)
from templates_src.parts.logic import has_members, is_given

if TYPE_CHECKING:
    from templates_src.contract import AnyComponent


@contract
class ChronotrailParameters(ProductParameters):
    """ChronoTrail; its copies in a second region are a stack of their own."""

    system = "chronotrail"


@contract
class ExpressParameters(ProductParameters):
    """Express."""

    system = "express"


@contract
class FastapiParameters(ProductParameters):
    """FastAPI."""

    system = "fastapi"


@contract
class FastapiBluegreenParameters(ProductParameters):
    """FastAPI, released by CodeDeploy."""

    system = "fastapi-bluegreen"


@contract
class PyshopParameters(ProductParameters):
    """PyShop."""

    system = "pyshop"


chronotrail_product = product.extended("chronotrail_product", ChronotrailParameters)
express_product = product.extended("express_product", ExpressParameters)
fastapi_product = product.extended("fastapi_product", FastapiParameters)
fastapi_bluegreen_product = product.extended(
    "fastapi_bluegreen_product", FastapiBluegreenParameters
)
pyshop_product = product.extended("pyshop_product", PyshopParameters)


@contract
class Parameters(Nesting):
    portfolio_name: Value = passed_to(portfolio.takes.portfolio_name)
    provider_name: Value = passed_to(portfolio.takes.provider_name)
    support_email: Value = passed_to(product.takes.support_email)
    cost_center: Value = passed_to(portfolio.takes.cost_center)
    principal_arns: Value = passed_to(portfolio.takes.principal_arns, group="Access")
    shared_account_ids: Value = passed_to(portfolio.takes.shared_account_ids, group="Access")
    organization_node_ids: Value = passed_to(portfolio.takes.organization_node_ids, group="Access")
    launch_role_prefix: Value = passed_to(product.takes.launch_role_prefix, group="Access")
    artifact_key_arn: Value = passed_to(product.takes.artifact_key_arn, group="Templates")
    permissions_boundary_arn: Value = passed_to(product.takes.permissions_boundary_arn)


@contract
class Outputs:
    portfolio_id: Value = output("Portfolio.")
    organization_node_ids: Value = output(
        "Comma-joined organisation or units that catalog share shares it with; empty if none."
    )
    chronotrail_product_id: Value = output("Product of ChronoTrail.")
    express_product_id: Value = output("Product of Express.")
    fastapi_product_id: Value = output("Product of FastAPI.")
    fastapi_bluegreen_product_id: Value = output("Product of FastAPI that CodeDeploy releases.")
    pyshop_product_id: Value = output("Product of PyShop.")


RULES = [
    Rule(
        "SharedHasLaunchRolePrefix",
        "Accounts that the portfolio is shared with launch with roles of their own:"
        " give LaunchRolePrefix.",
        holds=is_given(Parameters.launch_role_prefix),
        when=Or(
            has_members(Parameters.shared_account_ids),
            has_members(Parameters.organization_node_ids),
        ),
    ),
]


def build(t: Template, p: Parameters) -> Outputs:
    """Catalog: a portfolio with a product per system."""
    shelf = portfolio.nest(
        t,
        "Portfolio",
        portfolio_name=p.portfolio_name,
        provider_name=p.provider_name,
        principal_arns=p.principal_arns,
        shared_account_ids=p.shared_account_ids,
        organization_node_ids=p.organization_node_ids,
        cost_center=p.cost_center,
    )
    offered = partial(_offered, t, p, shelf.portfolio_id)
    return Outputs(
        portfolio_id=shelf.portfolio_id,
        organization_node_ids=shelf.organization_node_ids,
        chronotrail_product_id=offered("Chronotrail", chronotrail_product),
        express_product_id=offered("Express", express_product),
        fastapi_product_id=offered("Fastapi", fastapi_product),
        fastapi_bluegreen_product_id=offered("FastapiBluegreen", fastapi_bluegreen_product),
        pyshop_product_id=offered("Pyshop", pyshop_product),
    )


def _offered(
    t: Template, p: Parameters, portfolio_id: Value, title: str, system: AnyComponent
) -> Value:
    """Nest a product and return its id."""
    made: ProductOutputs = system.nest(
        t,
        title,
        template_bucket=p.template_bucket,
        portfolio_id=portfolio_id,
        owner=p.provider_name,
        support_email=p.support_email,
        artifact_key_arn=p.artifact_key_arn,
        launch_role_prefix=p.launch_role_prefix,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    return made.product_id


catalog = Component(Parameters, Outputs, build, rules=RULES)
