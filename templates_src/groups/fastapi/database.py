"""The Database group of FastAPI: PostgreSQL, and the rotation of its password."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.credential_rotation import Outputs as RotationOutputs
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.database import database
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.contract import Value, contract
from templates_src.groups import postgres
from templates_src.groups.fastapi.common import DATABASE_NAME, Common, named


@contract
class Parameters(Common, postgres.Parameters):
    """What every blueprint with such a database takes."""


def nest_database(
    t: Template, p: Parameters, net: NetworkOutputs, *, alarm_topic_arn: Value
) -> DatabaseOutputs:
    """Nest the database in the API's network."""
    return database.nest(
        t,
        "Database",
        instance_identifier=named(p, "database"),
        vpc_id=net.vpc_id,
        subnet_ids=net.private_subnet_ids,
        database_name=DATABASE_NAME,
        alarm_topic_arn=alarm_topic_arn,
        **postgres.instance(p),
    )


def nest_rotation(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    data: DatabaseOutputs,
    *,
    service_arn: Value,
    alarm_topic_arn: Value,
) -> RotationOutputs:
    """Nest the rotation, which rolls the tasks of the service that reads the password."""
    return postgres.nest_rotation(
        *(t, p, net, data),
        service_arns=service_arn,
        alarm_topic_arn=alarm_topic_arn,
        prefix="Database",
    )
