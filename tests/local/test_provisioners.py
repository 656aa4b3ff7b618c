"""Our table of provisioners against the provider schemas."""

from __future__ import annotations

import pytest

from stackyard.local import schemas
from stackyard.local.network import _permission
from stackyard.local.provisioners import PROVISIONERS


@pytest.mark.parametrize("resource_type", PROVISIONERS)
def test_a_provisioned_type_is_one_of_cloudformation(resource_type: str) -> None:
    assert resource_type in schemas.types()


def test_a_change_replaces_where_the_provider_schema_says_so() -> None:
    rule = {"NetworkAclId": "acl-1", "RuleNumber": 100, "Protocol": 6, "RuleAction": "allow"}
    entry = "AWS::EC2::NetworkAclEntry"
    assert schemas.replaces(entry, rule, {**rule, "RuleNumber": 110})
    assert not schemas.replaces(entry, rule, {**rule, "RuleAction": "deny"})


def test_a_rule_between_groups_keeps_its_ports_and_description() -> None:
    assert _permission(
        {
            "GroupId": "sg-1",
            "IpProtocol": "tcp",
            "FromPort": "5432",
            "ToPort": 5432,
            "SourceSecurityGroupId": "sg-2",
            "Description": "clients",
        }
    ) == {
        "GroupId": "sg-1",
        "IpPermissions": [
            {
                "IpProtocol": "tcp",
                "FromPort": 5432,
                "ToPort": 5432,
                "UserIdGroupPairs": [{"GroupId": "sg-2", "Description": "clients"}],
            }
        ],
    }
