"""Provisioners of the network: addresses, gateways, access lists, rules, flow logs, interfaces."""

from __future__ import annotations

import uuid
from typing import Any

from stackyard.local import ministack
from stackyard.local.api import call
from stackyard.local.handlers import Created, Properties, Provisioner, is_true, pick


def _tags(resource: str, properties: Properties) -> list[dict[str, Any]] | None:
    tags = properties.get("Tags")
    return [{"ResourceType": resource, "Tags": tags}] if tags else None


def _address(properties: Properties) -> Created:
    made = call("ec2", "AllocateAddress", TagSpecifications=_tags("elastic-ip", properties))
    if instance := properties.get("InstanceId"):
        call("ec2", "AssociateAddress", AllocationId=made["AllocationId"], InstanceId=instance)
    return made["PublicIp"], pick(made, "PublicIp", "AllocationId")


def _release_address(public_ip: str, _: Properties) -> None:
    # MiniStack's DescribeAddresses returns all, whatever it is asked for
    for address in call("ec2", "DescribeAddresses")["Addresses"]:
        if address["PublicIp"] == public_ip:
            call("ec2", "ReleaseAddress", AllocationId=address["AllocationId"])


def _association(properties: Properties) -> Created:
    given = pick(properties, "AllocationId", "InstanceId", "NetworkInterfaceId")
    identifier = call("ec2", "AssociateAddress", **given)["AssociationId"]
    return identifier, {"Id": identifier}


def _nat_gateway(properties: Properties) -> Created:
    given = pick(properties, "SubnetId", "AllocationId", "ConnectivityType")
    tags = _tags("natgateway", properties)
    made = call("ec2", "CreateNatGateway", **given, TagSpecifications=tags)["NatGateway"]
    return made["NatGatewayId"], {"NatGatewayId": made["NatGatewayId"]}


def _network_acl(properties: Properties) -> Created:
    tags = _tags("network-acl", properties)
    made = call("ec2", "CreateNetworkAcl", VpcId=properties["VpcId"], TagSpecifications=tags)
    acl = made["NetworkAcl"]["NetworkAclId"]
    return acl, {"Id": acl}


def _entry(properties: Properties) -> dict[str, Any]:
    given = pick(
        properties, "NetworkAclId", "RuleAction", "CidrBlock", "Ipv6CidrBlock", "PortRange"
    )
    given |= {"RuleNumber": int(properties["RuleNumber"]), "Protocol": str(properties["Protocol"])}
    if icmp := properties.get("Icmp"):
        given["IcmpTypeCode"] = icmp
    if "PortRange" in given:
        given["PortRange"] = {end: int(port) for end, port in given["PortRange"].items()}
    return {**given, "Egress": is_true(properties.get("Egress"))}


def _network_acl_entry(properties: Properties) -> Created:
    call("ec2", "CreateNetworkAclEntry", **_entry(properties))
    identifier = f"acl-entry-{uuid.uuid4().hex[:17]}"
    return identifier, {"Id": identifier}


def _replace_network_acl_entry(_: str, properties: Properties) -> None:
    call("ec2", "ReplaceNetworkAclEntry", **_entry(properties))


def _delete_network_acl_entry(_: str, properties: Properties) -> None:
    rule = _entry(properties)
    call("ec2", "DeleteNetworkAclEntry", **pick(rule, "NetworkAclId", "RuleNumber", "Egress"))


def _subnet_acl(properties: Properties) -> Created:
    # MiniStack's ReplaceNetworkAclAssociation forgets the subnet and its subnets have no
    # association with a default list to replace, so the record is written here
    ec2 = ministack.module("services.ec2")
    if properties["NetworkAclId"] not in ec2._network_acls:
        raise ValueError(f"The network ACL '{properties['NetworkAclId']}' does not exist")
    identifier = f"aclassoc-{uuid.uuid4().hex[:17]}"
    ec2._network_acls[properties["NetworkAclId"]]["Associations"].append(
        {"NetworkAclAssociationId": identifier, "SubnetId": properties["SubnetId"]}
    )
    return identifier, {"AssociationId": identifier}


def _delete_subnet_acl(identifier: str, properties: Properties) -> None:
    acl = ministack.module("services.ec2")._network_acls.get(properties["NetworkAclId"])
    if acl:
        acl["Associations"] = [
            one for one in acl["Associations"] if one["NetworkAclAssociationId"] != identifier
        ]


def _permission(properties: Properties) -> dict[str, Any]:
    """Return a rule of a template as the EC2 API takes it."""
    rule: dict[str, Any] = {"IpProtocol": str(properties["IpProtocol"])}
    rule |= {end: int(properties[end]) for end in ("FromPort", "ToPort") if end in properties}
    about = pick(properties, "Description")
    for source, group, name in (
        ("CidrIp", "IpRanges", "CidrIp"),
        ("CidrIpv6", "Ipv6Ranges", "CidrIpv6"),
        ("SourcePrefixListId", "PrefixListIds", "PrefixListId"),
        ("DestinationPrefixListId", "PrefixListIds", "PrefixListId"),
        ("SourceSecurityGroupId", "UserIdGroupPairs", "GroupId"),
        ("DestinationSecurityGroupId", "UserIdGroupPairs", "GroupId"),
    ):
        if source in properties:
            rule[group] = [{name: properties[source], **about}]
    return {"GroupId": properties["GroupId"], "IpPermissions": [rule]}


def _rule(direction: str) -> Provisioner:
    def create(properties: Properties) -> Created:
        made = call("ec2", f"AuthorizeSecurityGroup{direction}", **_permission(properties))
        rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return rule, {"Id": rule}

    def delete(_: str, properties: Properties) -> None:
        call("ec2", f"RevokeSecurityGroup{direction}", **_permission(properties))

    return Provisioner(create, delete)


def _flow_log(properties: Properties) -> Created:
    given = pick(
        properties,
        *("ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName"),
        *("DeliverLogsPermissionArn", "LogFormat", "MaxAggregationInterval"),
    )
    if "MaxAggregationInterval" in given:
        given["MaxAggregationInterval"] = int(given["MaxAggregationInterval"])
    tags = _tags("vpc-flow-log", properties)
    resources = [properties["ResourceId"]]
    made = call("ec2", "CreateFlowLogs", ResourceIds=resources, **given, TagSpecifications=tags)
    return made["FlowLogIds"][0], {"Id": made["FlowLogIds"][0]}


def _network_interface(properties: Properties) -> Created:
    given = pick(properties, "SubnetId", "Description")
    groups = properties.get("GroupSet")
    tags = _tags("network-interface", properties)
    made = call("ec2", "CreateNetworkInterface", **given, Groups=groups, TagSpecifications=tags)
    interface = made["NetworkInterface"]
    identifier = interface["NetworkInterfaceId"]
    return identifier, {
        "Id": identifier,
        "VpcId": interface["VpcId"],
        "PrimaryPrivateIpAddress": interface["PrivateIpAddress"],
    }


PROVISIONERS = {
    "AWS::EC2::EIP": Provisioner(_address, _release_address),
    "AWS::EC2::EIPAssociation": Provisioner(
        _association, lambda id, _: call("ec2", "DisassociateAddress", AssociationId=id)
    ),
    "AWS::EC2::NatGateway": Provisioner(
        _nat_gateway, lambda id, _: call("ec2", "DeleteNatGateway", NatGatewayId=id)
    ),
    "AWS::EC2::NetworkAcl": Provisioner(
        _network_acl, lambda id, _: call("ec2", "DeleteNetworkAcl", NetworkAclId=id)
    ),
    "AWS::EC2::NetworkAclEntry": Provisioner(
        _network_acl_entry, _delete_network_acl_entry, _replace_network_acl_entry
    ),
    "AWS::EC2::SubnetNetworkAclAssociation": Provisioner(_subnet_acl, _delete_subnet_acl),
    "AWS::EC2::SecurityGroupIngress": _rule("Ingress"),
    "AWS::EC2::SecurityGroupEgress": _rule("Egress"),
    "AWS::EC2::FlowLog": Provisioner(
        _flow_log, lambda id, _: call("ec2", "DeleteFlowLogs", FlowLogIds=[id])
    ),
    "AWS::EC2::NetworkInterface": Provisioner(
        _network_interface,
        lambda id, _: call("ec2", "DeleteNetworkInterface", NetworkInterfaceId=id),
    ),
}
