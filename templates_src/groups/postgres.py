"""What blueprints say of their PostgreSQL instance, and the rotation of its password."""

from __future__ import annotations

from typing import TypedDict

from troposphere import Template

from templates_src.components.aurora import Outputs as AuroraOutputs
from templates_src.components.credential_rotation import Outputs as RotationOutputs
from templates_src.components.credential_rotation import credential_rotation
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.database import database
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.contract import Value, contract, passed_to
from templates_src.groups import environment


@contract
class Rotated(environment.Parameters):
    """What a blueprint takes whose database has a password that rotates."""

    rotation_schedule: Value = passed_to(
        credential_rotation.takes.schedule_expression, group="Database"
    )


@contract
class Parameters(Rotated):
    """What a blueprint takes whose database is one instance."""

    engine_version: Value = passed_to(database.takes.engine_version)
    database_snapshot_identifier: Value = passed_to(database.takes.snapshot_identifier)
    allow_major_upgrade: Value = passed_to(database.takes.allow_major_upgrade)
    instance_class: Value = passed_to(database.takes.instance_class)
    storage_gib: Value = passed_to(database.takes.storage_gib)
    max_storage_gib: Value = passed_to(database.takes.max_storage_gib)
    multi_az: Value = passed_to(database.takes.multi_az)
    backup_retention_days: Value = passed_to(database.takes.backup_retention_days)
    maintenance_window: Value = passed_to(database.takes.maintenance_window)
    monitoring_interval_seconds: Value = passed_to(database.takes.monitoring_interval_seconds)
    database_cpu_threshold_percent: Value = passed_to(database.takes.cpu_threshold_percent)
    connections_threshold_count: Value = passed_to(database.takes.connections_threshold_count)
    free_storage_threshold_bytes: Value = passed_to(database.takes.free_storage_threshold_bytes)


class Instance(TypedDict):
    """What the component calls what ``Parameters`` says."""

    engine_version: Value
    snapshot_identifier: Value
    allow_major_upgrade: Value
    instance_class: Value
    storage_gib: Value
    max_storage_gib: Value
    multi_az: Value
    deletion_protection: Value
    backup_retention_days: Value
    maintenance_window: Value
    monitoring_interval_seconds: Value
    log_retention_days: Value
    cpu_threshold_percent: Value
    connections_threshold_count: Value
    free_storage_threshold_bytes: Value
    permissions_boundary_arn: Value


def instance(p: Parameters) -> Instance:
    """Return what *p* says, for the component."""
    return Instance(
        engine_version=p.engine_version,
        snapshot_identifier=p.database_snapshot_identifier,
        allow_major_upgrade=p.allow_major_upgrade,
        instance_class=p.instance_class,
        storage_gib=p.storage_gib,
        max_storage_gib=p.max_storage_gib,
        multi_az=p.multi_az,
        deletion_protection=p.deletion_protection,
        backup_retention_days=p.backup_retention_days,
        maintenance_window=p.maintenance_window,
        monitoring_interval_seconds=p.monitoring_interval_seconds,
        log_retention_days=p.log_retention_days,
        cpu_threshold_percent=p.database_cpu_threshold_percent,
        connections_threshold_count=p.connections_threshold_count,
        free_storage_threshold_bytes=p.free_storage_threshold_bytes,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


def nest_rotation(
    t: Template,
    p: Rotated,
    net: NetworkOutputs,
    data: DatabaseOutputs | AuroraOutputs,
    *,
    alarm_topic_arn: Value,
    service_arns: Value = "",
    release_application_name: Value = "",
    kms_key_arn: Value = "",
    prefix: str = "",
) -> RotationOutputs:
    """Nest what rotates the password and then lets whoever reads it know.

    Args:
        t: template of the blueprint.
        p: its parameters.
        net: has the subnets that reach the database.
        data: the database.
        alarm_topic_arn: whom alarms notify.
        service_arns: services whose tasks are replaced, as they read the password at their start.
        release_application_name: CodeDeploy application that releases such a service instead.
        kms_key_arn: key of the secrets; AWS's own if empty.
        prefix: what the title of the nested stack begins with.
    """
    return credential_rotation.nest(
        t,
        f"{prefix}Rotation",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        credentials_secret_arn=data.credentials_secret_arn,
        connection_secret_arn=data.connection_secret_arn,
        service_arns=service_arns,
        release_application_name=release_application_name,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        client_security_group_id=data.client_security_group_id,
        kms_key_arn=kms_key_arn,
        schedule_expression=p.rotation_schedule,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
