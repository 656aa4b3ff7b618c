"""What the three groups of FastAPI share: constants, and what is said of an environment once."""

from __future__ import annotations

from troposphere import AWSHelperFn, Join

from templates_src.components.database import database
from templates_src.components.service import service
from templates_src.contract import Nesting, Value, contract, flag, parameter, passed_to

DATABASE_NAME = "fastapi"
PORT = 8000
HEALTH_CHECK_PATH = "/health"
# What tasks and the rotation function call; without NAT each needs an endpoint in the VPC:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
CALLED_SERVICES = "ecr.api,ecr.dkr,ecs,logs,secretsmanager,ssmmessages"
# The longest name made of it is <organization>-prod-monitoring-dashboard. A database's takes 63
# characters, and there is room for resources that somebody adds.
ORGANIZATION_LENGTH = 24


@contract
class Common(Nesting):
    organization: Value = parameter(
        "Short name of the organization, with which names begin. Changing it replaces what has a"
        " name, the database included.",
        group="Environment",
        AllowedPattern="[a-z](-?[a-z0-9])*",
        MaxLength=ORGANIZATION_LENGTH,
    )
    environment: Value = parameter(
        "Name of the environment, the second part of names. Changing it replaces them as well.",
        group="Environment",
        AllowedValues=["dev", "test", "prod"],
    )
    deletion_protection: Value = flag(
        "Whether AWS refuses to delete the database and the load balancer, also when a first"
        " deployment fails.",
        default=False,
        group="Environment",
    )
    log_retention_days: Value = passed_to(service.takes.log_retention_days, group="Environment")
    permissions_boundary_arn: Value = passed_to(
        database.takes.permissions_boundary_arn, group="Environment"
    )


def named(p: Common, resource_type: str) -> AWSHelperFn:
    """Return ``<organization>-<environment>-<resource_type>``."""
    return Join("-", [p.organization, p.environment, resource_type])
