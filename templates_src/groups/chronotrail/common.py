"""What the groups of ChronoTrail share: constants, and what is said of an environment once."""

from __future__ import annotations

from troposphere import AWSHelperFn, Join

from templates_src.contract import Value, contract, parameter
from templates_src.groups import environment

APPLICATION = "chronotrail"  # its database, its user and its paths have this name
PORT = 8000
HEALTH_CHECK_PATH = "/health"


@contract
class Common(environment.Parameters):
    environment: Value = parameter(
        "Name of the environment, the second part of names. Changing it replaces what has a name.",
        group="Environment",
        AllowedValues=["dev", "staging", "prod"],
    )


def named(p: Common) -> AWSHelperFn:
    """Return ``chronotrail-<environment>``."""
    return Join("-", [APPLICATION, p.environment])
