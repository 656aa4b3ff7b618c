from __future__ import annotations

from typing import Any

import pytest

from templates_src.components.dns_records import dns_records

APEX = {"Ref": "DomainName"}
WWW = {"Fn::Join": [".", ["www", {"Ref": "DomainName"}]]}


@pytest.fixture(scope="module")
def resources() -> Any:
    return dns_records.template().to_dict()["Resources"]


@pytest.mark.parametrize(
    ("title", "name", "record_type", "condition"),
    [
        ("Ipv4Record", APEX, "A", None),
        ("Ipv6Record", APEX, "AAAA", None),
        ("WwwIpv4Record", WWW, "A", "IncludesWww"),
        ("WwwIpv6Record", WWW, "AAAA", "IncludesWww"),
    ],
)
def test_name_leads_to_the_load_balancer(
    resources: Any, title: str, name: Any, record_type: str, condition: str | None
) -> None:
    record = resources[title]
    assert record.get("Condition") == condition
    assert record["Properties"] == {
        "Name": name,
        "Type": record_type,
        "HostedZoneId": {"Ref": "HostedZoneId"},
        "AliasTarget": {
            "DNSName": {"Ref": "LoadBalancerDnsName"},
            "HostedZoneId": {"Ref": "LoadBalancerHostedZoneId"},
            "EvaluateTargetHealth": True,
        },
    }


def test_there_are_no_other_records(resources: Any) -> None:
    assert len(resources) == 4
