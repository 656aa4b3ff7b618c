"""The network of every blueprint: VPC, ways out, the fences around its tiers, and its log."""

from __future__ import annotations

from troposphere import Equals, If, Not, Template

from templates_src.components.endpoints import endpoints
from templates_src.components.flow_log import flow_log
from templates_src.components.nat import Outputs as EgressOutputs
from templates_src.components.nat import nat
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.network import network
from templates_src.components.network_acl import network_acl
from templates_src.contract import Value, contract, flag, passed_to
from templates_src.groups import environment
from templates_src.parts.logic import condition, is_true

# What tasks of every blueprint and the rotation call; without NAT each needs an endpoint in the
# VPC: https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
CALLED_SERVICES = "ecr.api,ecr.dkr,ecs,logs,secretsmanager,ssmmessages"


@contract
class Parameters(environment.Parameters):
    vpc_cidr: Value = passed_to(network.takes.vpc_cidr)
    public_subnet_cidrs: Value = passed_to(network.takes.public_subnet_cidrs)
    private_subnet_cidrs: Value = passed_to(network.takes.private_subnet_cidrs)
    nat: Value = passed_to(nat.takes.nat, group="Network")
    has_network_acls: Value = flag(
        "Whether network ACLs filter what security groups filter already.",
        default=False,
        group="Network",
    )
    has_flow_log: Value = flag(
        "Whether the VPC logs its traffic, at a price per GB.", default=False, group="Network"
    )


def nest_network(
    t: Template,
    p: Parameters,
    *,
    az_count: Value,
    has_isolated_tier: bool = False,
    called_services: Value = CALLED_SERVICES,
    prefix: str = "",
) -> tuple[NetworkOutputs, EgressOutputs]:
    """Nest the VPC and what hangs on it; return the VPC and its way out.

    Args:
        t: template of the blueprint.
        p: its parameters.
        az_count: 2 or 3.
        has_isolated_tier: whether there are subnets without any route to the internet.
        called_services: comma-joined services that have an endpoint where there is no NAT.
        prefix: what the titles of the nested stacks begin with.
    """
    net = network.nest(
        t,
        f"{prefix}Network",
        vpc_cidr=p.vpc_cidr,
        az_count=az_count,
        public_subnet_cidrs=p.public_subnet_cidrs,
        private_subnet_cidrs=p.private_subnet_cidrs,
        has_isolated_tier=str(has_isolated_tier).lower(),
    )
    egress = nat.nest(
        t,
        f"{prefix}Egress",
        nat=p.nat,
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=az_count,
        availability_zones=net.availability_zones,
        public_subnet_ids=net.public_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    has_nat = condition(t, "HasNat", Not(Equals(p.nat, "none")))
    endpoints.nest(
        t,
        f"{prefix}Endpoints",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        private_subnet_ids=net.private_subnet_ids,
        private_route_table_ids=net.private_route_table_ids,
        interface_services=If(has_nat, "", called_services),
    )
    _fences_and_log(t, p, net, az_count, prefix)
    return net, egress


def _fences_and_log(
    t: Template, p: Parameters, net: NetworkOutputs, az_count: Value, prefix: str
) -> None:
    network_acl.nest_if(
        condition(t, "UsesNetworkAcls", is_true(p.has_network_acls)),
        t,
        f"{prefix}NetworkAcl",
        vpc_id=net.vpc_id,
        vpc_cidr=net.vpc_cidr,
        az_count=az_count,
        public_subnet_ids=net.public_subnet_ids,
        public_subnet_cidrs=net.public_subnet_cidrs,
        private_subnet_ids=net.private_subnet_ids,
        isolated_subnet_ids=net.isolated_subnet_ids,
    )
    flow_log.nest_if(
        condition(t, "UsesFlowLog", is_true(p.has_flow_log)),
        t,
        f"{prefix}FlowLog",
        vpc_id=net.vpc_id,
        log_retention_days=p.log_retention_days,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
