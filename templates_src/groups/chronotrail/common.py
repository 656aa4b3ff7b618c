"""What the groups of ChronoTrail share: constants, and what is said of an environment once."""

from __future__ import annotations

from troposphere import AWSHelperFn, Join

from templates_src.components.database import database
from templates_src.components.service import service
from templates_src.contract import Nesting, Value, contract, flag, parameter, passed_to

APPLICATION = "chronotrail"  # its database, its user and its paths have this name
PORT = 8000
HEALTH_CHECK_PATH = "/health"


@contract
class Common(Nesting):
    environment: Value = parameter(
        "Name of the environment, the second part of names. Changing it replaces what has a name.",
        group="Environment",
        AllowedValues=["dev", "staging", "prod"],
    )
    deletion_protection: Value = flag(
        "Whether AWS refuses to delete the database, the user pool, the search collection and the"
        " load balancer, also when a first deployment fails.",
        default=False,
        group="Environment",
    )
    log_retention_days: Value = passed_to(service.takes.log_retention_days, group="Environment")
    permissions_boundary_arn: Value = passed_to(
        database.takes.permissions_boundary_arn, group="Environment"
    )


def named(p: Common) -> AWSHelperFn:
    """Return ``chronotrail-<environment>``."""
    return Join("-", [APPLICATION, p.environment])
