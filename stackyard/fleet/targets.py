"""Which accounts and regions a fleet is for, as its parameters say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stackyard.aws import stacksets
from stackyard.aws.account import Account
from stackyard.declared import members

SERVICE_MANAGED = "SERVICE_MANAGED"
Place = tuple[str, str]  # account and region


@dataclass(frozen=True)
class Targets:
    """Who gets it, in the order of the regions.

    Attributes:
        stack_set_name: its name.
        call_as: ``SELF`` or ``DELEGATED_ADMIN``.
        accounts: twelve digits each.
        regions: in order.
    """

    stack_set_name: str
    call_as: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]

    def places(self) -> list[Place]:
        """Return every account in every region, region by region."""
        return [(account, region) for region in self.regions for account in self.accounts]


def targets(account: Account, given: Mapping[str, str]) -> Targets:
    """Return who gets it.

    Args:
        account: the organisation's, or a delegated administrator's.
        given: parameters of the blueprint ``fleet``, defaults included.

    Raises:
        DeployError: the organisation cannot be asked.
    """
    name, call_as = named(given)
    listed = members(given["AccountIds"])
    accounts = listed
    if given["PermissionModel"] == SERVICE_MANAGED:
        units = members(given["OrganizationalUnitIds"])
        inside = [one for unit in units for one in stacksets.accounts_of(account, unit)]
        accounts = filtered(given["AccountFilter"], [*dict.fromkeys(inside)], listed)
    regions = tuple(members(given["RegionNames"]))
    return Targets(name, call_as, tuple(sorted(accounts)), regions)


def named(given: Mapping[str, str]) -> tuple[str, str]:
    """Return the name of the StackSet and as whom it is called."""
    is_serviced = given.get("PermissionModel", SERVICE_MANAGED) == SERVICE_MANAGED
    return given["StackSetName"], given.get("CallAs", "SELF") if is_serviced else "SELF"


def filtered(rule: str, inside: list[str], listed: list[str]) -> list[str]:
    """Return the accounts that a filter leaves.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
    """
    match rule:
        case "INTERSECTION":
            return [one for one in inside if one in listed]
        case "DIFFERENCE":
            return [one for one in inside if one not in listed]
        case "UNION":
            return [*dict.fromkeys([*inside, *listed])]
    return inside
