"""The network group of ChronoTrail: VPC, ways out, and the fences around its tiers."""

from __future__ import annotations

from troposphere import Equals, If, Not, Template

from templates_src.components.endpoints import endpoints
from templates_src.components.flow_log import flow_log
from templates_src.components.nat import nat
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network
from templates_src.components.network_acl import network_acl
from templates_src.contract import Value, contract, flag, passed_to
from templates_src.groups.chronotrail.common import Common
from templates_src.parts.logic import condition, is_true

# What tasks and the rotation function call; without NAT each needs an endpoint in the VPC:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
CALLED_SERVICES = "cognito-idp,ecr.api,ecr.dkr,ecs,kms,logs,secretsmanager,ssmmessages"


@contract
class Parameters(Common):
    vpc_cidr: Value = passed_to(network.takes.vpc_cidr)
    az_count: Value = passed_to(network.takes.az_count)
    nat: Value = passed_to(nat.takes.nat, group="Network")
    has_network_acls: Value = flag(
        "Whether network ACLs filter what security groups filter already.",
        default=False,
        group="Network",
    )
    has_flow_log: Value = flag(
        "Whether the VPC logs its traffic, at a price per GB.", default=False, group="Network"
    )


def nest_network(t: Template, p: Parameters) -> NetworkOutputs:
    """Nest the VPC and what hangs on it; return the VPC."""
    has_nat = condition(t, "HasNat", Not(Equals(p.nat, "none")))
    net = network.nest(
        t, "Network", vpc_cidr=p.vpc_cidr, az_count=p.az_count, has_isolated_tier="true"
    )
    nat.nest(
        t,
        "Egress",
        nat=p.nat,
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=p.az_count,
        availability_zones=net.availability_zones,
        public_subnet_ids=net.public_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    endpoints.nest(
        t,
        "Endpoints",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        private_subnet_ids=net.private_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        interface_services=If(has_nat, "", CALLED_SERVICES),
    )
    network_acl.nest_if(
        condition(t, "UsesNetworkAcls", is_true(p.has_network_acls)),
        t,
        "NetworkAcl",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=p.az_count,
        public_subnet_ids=net.public_subnet_ids,
        public_subnet_cidrs=net.public_subnet_cidrs,
        private_subnet_ids=net.private_subnet_ids,
        isolated_subnet_ids=net.isolated_subnet_ids,
    )
    flow_log.nest_if(
        condition(t, "UsesFlowLog", is_true(p.has_flow_log)),
        t,
        "FlowLog",
        vpc_id=net.vpc_id,
        log_retention_days=p.log_retention_days,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    return net
