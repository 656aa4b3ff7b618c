"""The hours out of which an environment sleeps, in the blueprints that know them."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import Equals, Join, Not, Template

from templates_src.components.office_hours import office_hours
from templates_src.contract import Rule, Value, after, contract, flag, passed_to
from templates_src.groups import fargate, postgres
from templates_src.parts.logic import condition, is_true


@contract
class Parameters(postgres.Rotated, fargate.Parameters):
    keeps_office_hours: Value = flag(
        "Whether the environment sleeps out of office hours: its service runs no tasks, its worker,"
        " if there is one, handles no messages, and its database is stopped.",
        default=False,
        group="Office hours",
    )
    working_days: Value = passed_to(office_hours.takes.working_days)
    opening_hour: Value = passed_to(office_hours.takes.opening_hour)
    closing_hour: Value = passed_to(office_hours.takes.closing_hour)
    time_zone: Value = passed_to(office_hours.takes.time_zone)


RULES = (
    Rule(
        "RotatesWhileAwake",
        "The default RotationSchedule begins at midnight UTC, when KeepsOfficeHours has stopped the"
        " database: give a cron expression within office hours, in UTC.",
        holds=Not(Equals(Parameters.rotation_schedule, "rate(30 days)")),
        when=is_true(Parameters.keeps_office_hours),
    ),
)


def replica_rule(read_replica: Value) -> Rule:
    """Return the rule of a database that may have the replica *read_replica*."""
    return Rule(
        "DatabaseCanBeStopped",
        "KeepsOfficeHours stops the database, which AWS refuses for one with a read replica: set"
        " ReadReplica to false.",
        holds=Equals(read_replica, "false"),
        when=is_true(Parameters.keeps_office_hours),
    )


def nest_office_hours(
    t: Template,
    p: Parameters,
    *,
    cluster_name: Value,
    service_name: Value,
    alarm_names: Sequence[Value],
    instance_identifier: Value = "",
    cluster_identifier: Value = "",
    event_source_id: Value = "",
) -> None:
    """Nest the office hours, where they are kept.

    Args:
        t: template of the blueprint.
        p: its parameters.
        cluster_name: ECS cluster.
        service_name: service that runs no tasks out of hours.
        alarm_names: lists of the alarms that are quiet then.
        instance_identifier: database instance that is stopped.
        cluster_identifier: Aurora cluster that is stopped.
        event_source_id: event source mapping that feeds no worker then.
    """
    office_hours.nest_if(
        condition(t, "HasOfficeHours", is_true(p.keeps_office_hours)),
        t,
        "OfficeHours",
        working_days=p.working_days,
        opening_hour=p.opening_hour,
        closing_hour=p.closing_hour,
        time_zone=p.time_zone,
        cluster_name=cluster_name,
        service_name=service_name,
        min_count=p.min_count,
        max_count=p.max_count,
        instance_identifier=instance_identifier,
        cluster_identifier=cluster_identifier,
        event_source_id=event_source_id,
        alarm_names=Join(",", list(alarm_names)),
        permissions_boundary_arn=p.permissions_boundary_arn,
    )
    # it scales what Scaling has registered
    after(t, "OfficeHours", "Scaling")
