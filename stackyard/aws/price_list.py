"""The price-list API: what AWS asks for on demand, without discounts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from stackyard.aws.account import Account

# It has endpoints in few regions, each with the prices of all:
# https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
ENDPOINT_REGION = "us-east-1"


def on_demand(account: Account, service: str, fields: Mapping[str, str]) -> set[float]:
    """Return the prices of all products that fit; of tiers the first that is not free.

    Args:
        account: any; prices are the same for all.
        service: AWS's code, ``AmazonECS``.
        fields: attributes that a product must have, ``usagetype`` among them.
    """
    filters = [
        {"Type": "TERM_MATCH", "Field": name, "Value": text} for name, text in fields.items()
    ]
    pages = account.client("pricing", service).get_paginator("get_products")
    return {
        price
        for page in pages.paginate(ServiceCode=service, Filters=filters)
        for text in page["PriceList"]
        for price in _prices(json.loads(text))
    }


def _prices(product: Mapping[str, object]) -> Iterator[float]:
    terms = product["terms"]
    assert isinstance(terms, dict), "of a product in the form aws_v1"
    for offer in terms.get("OnDemand", {}).values():
        tiers = sorted(
            offer["priceDimensions"].values(), key=lambda tier: float(tier.get("beginRange") or 0)
        )
        asked = [float(tier["pricePerUnit"].get("USD", 0)) for tier in tiers]
        yield next((price for price in asked if price), 0.0)
