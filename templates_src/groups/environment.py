"""What every blueprint is told of its environment, whatever runs in it."""

from __future__ import annotations

from templates_src.components.configuration import configuration
from templates_src.components.service import service
from templates_src.contract import Nesting, Value, contract, flag, passed_to


@contract
class Parameters(Nesting):
    deletion_protection: Value = flag(
        "Whether AWS refuses to delete the load balancer and whatever holds data, also when a first"
        " deployment fails.",
        default=False,
        group="Environment",
    )
    log_retention_days: Value = passed_to(service.takes.log_retention_days, group="Environment")
    permissions_boundary_arn: Value = passed_to(
        service.takes.permissions_boundary_arn, group="Environment"
    )


@contract
class Named(Parameters):
    """What a blueprint takes that leaves it to people what environments there are."""

    environment: Value = passed_to(
        configuration.takes.environment,
        group="Environment",
        Description="Name of the environment, as the application and its parameters know it.",
    )
