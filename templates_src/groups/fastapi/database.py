"""The Database group of FastAPI: PostgreSQL, and the rotation of its password."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.credential_rotation import Outputs as RotationOutputs
from templates_src.components.credential_rotation import credential_rotation
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.database import database
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.contract import Value, contract, passed_to
from templates_src.groups.fastapi.common import DATABASE_NAME, Common, named


@contract
class Parameters(Common):
    engine_version: Value = passed_to(database.takes.engine_version)
    allow_major_upgrade: Value = passed_to(database.takes.allow_major_upgrade)
    instance_class: Value = passed_to(database.takes.instance_class)
    storage_gib: Value = passed_to(database.takes.storage_gib)
    max_storage_gib: Value = passed_to(database.takes.max_storage_gib)
    multi_az: Value = passed_to(database.takes.multi_az)
    backup_retention_days: Value = passed_to(database.takes.backup_retention_days)
    monitoring_interval_seconds: Value = passed_to(database.takes.monitoring_interval_seconds)
    rotation_schedule: Value = passed_to(
        credential_rotation.takes.schedule_expression, group="Database"
    )
    database_cpu_threshold_percent: Value = passed_to(
        database.takes.cpu_threshold_percent, group="Database: alarms"
    )
    connections_threshold_count: Value = passed_to(
        database.takes.connections_threshold_count, group="Database: alarms"
    )
    free_storage_threshold_bytes: Value = passed_to(
        database.takes.free_storage_threshold_bytes, group="Database: alarms"
    )


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
        engine_version=p.engine_version,
        allow_major_upgrade=p.allow_major_upgrade,
        instance_class=p.instance_class,
        storage_gib=p.storage_gib,
        max_storage_gib=p.max_storage_gib,
        multi_az=p.multi_az,
        deletion_protection=p.deletion_protection,
        backup_retention_days=p.backup_retention_days,
        monitoring_interval_seconds=p.monitoring_interval_seconds,
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.database_cpu_threshold_percent,
        connections_threshold_count=p.connections_threshold_count,
        free_storage_threshold_bytes=p.free_storage_threshold_bytes,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
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
    return credential_rotation.nest(
        t,
        "DatabaseRotation",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        credentials_secret_arn=data.credentials_secret_arn,
        connection_secret_arn=data.connection_secret_arn,
        service_arns=service_arn,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        client_security_group_id=data.client_security_group_id,
        schedule_expression=p.rotation_schedule,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
