"""The operations group of ChronoTrail: rotation, office hours, dashboard and who is told."""

from __future__ import annotations

from troposphere import Equals, Join, Not, Template

from templates_src.components.alerts import alerts
from templates_src.components.credential_rotation import Outputs as RotationOutputs
from templates_src.components.credential_rotation import credential_rotation
from templates_src.components.database import Outputs as DatabaseOutputs
from templates_src.components.monitoring import Outputs as BoardOutputs
from templates_src.components.monitoring import monitoring
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.office_hours import office_hours
from templates_src.components.service import Outputs as ServiceOutputs
from templates_src.contract import Rule, Value, after, contract, flag, passed_to
from templates_src.groups.chronotrail import api, stores
from templates_src.groups.chronotrail.api import Front
from templates_src.parts.logic import condition, is_true


@contract
class Parameters(stores.Parameters, api.Parameters):
    alarm_email: Value = passed_to(alerts.takes.email, group="Alarms")
    rotation_schedule: Value = passed_to(
        credential_rotation.takes.schedule_expression, group="Database"
    )
    keeps_office_hours: Value = flag(
        "Whether the service runs no tasks and the database is stopped out of office hours.",
        default=False,
        group="Office hours",
    )
    working_days: Value = passed_to(office_hours.takes.working_days)
    opening_hour: Value = passed_to(office_hours.takes.opening_hour)
    closing_hour: Value = passed_to(office_hours.takes.closing_hour)
    time_zone: Value = passed_to(office_hours.takes.time_zone)


RULES = (
    Rule(
        "DatabaseCanBeStopped",
        "KeepsOfficeHours stops the database, which AWS refuses for one with a read replica: set"
        " ReadReplica to false.",
        holds=Equals(Parameters.read_replica, "false"),
        when=is_true(Parameters.keeps_office_hours),
    ),
    Rule(
        "RotatesWhileAwake",
        "The default RotationSchedule begins at midnight UTC, when KeepsOfficeHours has stopped the"
        " database: give a cron expression within office hours, in UTC.",
        holds=Not(Equals(Parameters.rotation_schedule, "rate(30 days)")),
        when=is_true(Parameters.keeps_office_hours),
    ),
)


def nest_rotation(
    t: Template,
    p: Parameters,
    net: NetworkOutputs,
    data: DatabaseOutputs,
    *,
    service_arn: Value,
    key_arn: Value,
    alarm_topic_arn: Value,
) -> RotationOutputs:
    """Nest what rotates the password of the database."""
    return credential_rotation.nest(
        t,
        "Rotation",
        template_bucket=p.template_bucket,
        template_prefix=p.template_prefix,
        credentials_secret_arn=data.credentials_secret_arn,
        connection_secret_arn=data.connection_secret_arn,
        service_arns=service_arn,
        vpc_id=net.vpc_id,
        private_subnet_ids=net.private_subnet_ids,
        client_security_group_id=data.client_security_group_id,
        kms_key_arn=key_arn,
        schedule_expression=p.rotation_schedule,
        log_retention_days=p.log_retention_days,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


def nest_office_hours(
    t: Template,
    p: Parameters,
    front: Front,
    service: ServiceOutputs,
    data: DatabaseOutputs,
    rotation: RotationOutputs,
) -> None:
    """Nest the hours out of which the service and the database sleep, where they are kept."""
    quiet = [front.balancer.alarm_names, service.alarm_names]
    quiet += [data.alarm_names, rotation.alarm_names]
    office_hours.nest_if(
        condition(t, "HasOfficeHours", is_true(p.keeps_office_hours)),
        t,
        "OfficeHours",
        working_days=p.working_days,
        opening_hour=p.opening_hour,
        closing_hour=p.closing_hour,
        time_zone=p.time_zone,
        cluster_name=front.cluster_name,
        service_name=service.service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        instance_identifier=data.instance_identifier,
        alarm_names=Join(",", quiet),
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # it scales what Scaling has registered
    after(t, "OfficeHours", "Scaling")


def nest_dashboard(
    t: Template,
    front: Front,
    service: ServiceOutputs,
    data: DatabaseOutputs,
    *,
    alarm_arns: Value,
) -> BoardOutputs:
    """Nest the dashboard of it all."""
    return monitoring.nest(
        t,
        "Monitoring",
        cluster_name=front.cluster_name,
        service_name=service.service_name,
        log_group_name=service.log_group_name,
        load_balancer_full_name=front.balancer.full_name,
        target_group_full_name=service.target_group_full_name,
        instance_identifier=data.instance_identifier,
        alarm_arns=alarm_arns,
    )
