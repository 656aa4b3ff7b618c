"""Provisioners of address sets (WAF) and budgets, which change in place."""

from __future__ import annotations

import uuid
from typing import Any

from stackyard.local import ministack
from stackyard.local.api import call
from stackyard.local.handlers import Created, Properties, Provisioner, pick
from stackyard.local.typed import typed

BUDGET = "AWS::Budgets::Budget"


def _address_set(properties: Properties) -> Created:
    name = properties.get("Name") or f"addresses-{uuid.uuid4().hex[:12]}"
    given = pick(properties, "Scope", "IPAddressVersion", "Addresses", "Description")
    made = call("wafv2", "CreateIPSet", Name=name, **given)["Summary"]
    return "|".join([name, made["Id"], given["Scope"]]), {"Arn": made["ARN"], "Id": made["Id"]}


def _existing(physical_id: str) -> dict[str, str]:
    """Return by what WAF knows a set, with the token that each change asks for."""
    name, identifier, scope = physical_id.split("|")
    known = {"Name": name, "Id": identifier, "Scope": scope}
    return {**known, "LockToken": call("wafv2", "GetIPSet", **known)["LockToken"]}


def _change_addresses(physical_id: str, properties: Properties) -> None:
    given = pick(properties, "Addresses", "Description")
    call("wafv2", "UpdateIPSet", **_existing(physical_id), **given)


def _budget(properties: Properties) -> Created:
    properties = typed(BUDGET, properties)
    wanted = _wanted(properties, f"budget-{uuid.uuid4().hex[:12]}")
    call(
        "budgets",
        "CreateBudget",
        AccountId=_account(),
        Budget=wanted,
        NotificationsWithSubscribers=properties.get("NotificationsWithSubscribers"),
    )
    return wanted["BudgetName"], {}


def _wanted(properties: Properties, name: str) -> dict[str, Any]:
    """Return a budget of a template as the API takes it: limits are text there."""
    wanted = {"BudgetName": name, **properties["Budget"]}
    if limit := wanted.get("BudgetLimit"):
        wanted["BudgetLimit"] = {key: str(value) for key, value in limit.items()}
    return wanted


def _change_budget(name: str, properties: Properties) -> None:
    call("budgets", "UpdateBudget", AccountId=_account(), NewBudget=_wanted(properties, name))


def _account() -> str:
    return str(ministack.module("core.responses").get_account_id())


PROVISIONERS = {
    BUDGET: Provisioner(
        _budget,
        lambda name, _: call("budgets", "DeleteBudget", AccountId=_account(), BudgetName=name),
        _change_budget,
    ),
    "AWS::WAFv2::IPSet": Provisioner(
        _address_set,
        lambda physical_id, _: call("wafv2", "DeleteIPSet", **_existing(physical_id)),
        _change_addresses,
    ),
}
