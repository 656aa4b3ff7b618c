"""What a parameter set takes for granted in its account and an empty embedded one lacks."""

from __future__ import annotations

from collections.abc import Mapping

from stackyard.aws.account import Account


def provide(account: Account, parameters: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Create what *parameters* name, and return them with the ids of what was created instead.

    Args:
        account: an embedded one.
        parameters: of a root stack.

    Returns:
        the parameters to deploy with, and a line for people on each that differs.
    """
    given = dict(parameters)
    notes = []
    domain, zone = given.get("DomainName", ""), given.get("HostedZoneId", "")
    if domain and zone:
        given["HostedZoneId"] = _zone(account, domain)
        notes.append(f"hosted zone {zone}: {given['HostedZoneId']} stands in for it here")
    return given, notes


def _zone(account: Account, domain: str) -> str:
    """Return the id of the hosted zone of *domain*, created if there is none."""
    route53 = account.client("route53")
    for zone in route53.list_hosted_zones()["HostedZones"]:
        if zone["Name"] == f"{domain}.":
            return _id(zone)
    return _id(route53.create_hosted_zone(Name=domain, CallerReference=domain)["HostedZone"])


def _id(zone: Mapping[str, str]) -> str:
    return zone["Id"].rpartition("/")[2]
