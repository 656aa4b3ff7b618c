"""What the three groups of FastAPI share: constants, and what is said of an environment once."""

from __future__ import annotations

from troposphere import AWSHelperFn, Join

from templates_src.contract import Value, contract, parameter
from templates_src.groups import environment

DATABASE_NAME = "fastapi"
PORT = 8000
HEALTH_CHECK_PATH = "/health"
# The longest name made of it is <organization>-prod-monitoring-dashboard. A database's takes 63
# characters, and there is room for resources that somebody adds.
ORGANIZATION_LENGTH = 24


@contract
class Common(environment.Parameters):
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


def named(p: Common, resource_type: str) -> AWSHelperFn:
    """Return ``<organization>-<environment>-<resource_type>``."""
    return Join("-", [p.organization, p.environment, resource_type])
