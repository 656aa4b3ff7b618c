"""The stores of Express: Aurora Serverless v2, and the queue between its API and its worker."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.aurora import Outputs as AuroraOutputs
from templates_src.components.aurora import aurora
from templates_src.components.network import Outputs as NetworkOutputs
from templates_src.components.queue import Outputs as QueueOutputs
from templates_src.components.queue import queue
from templates_src.contract import Value, after, contract, passed_to
from templates_src.groups import postgres

DATABASE = "express"
LONGEST_TIMEOUT = 300  # seconds that a batch may take; its messages are hidden for six times that


@contract
class Parameters(postgres.Rotated):
    engine_version: Value = passed_to(aurora.takes.engine_version, group="Database")
    min_capacity_acu: Value = passed_to(aurora.takes.min_capacity_acu, group="Database")
    max_capacity_acu: Value = passed_to(aurora.takes.max_capacity_acu, group="Database")
    auto_pause_seconds: Value = passed_to(aurora.takes.auto_pause_seconds, group="Database")
    has_reader: Value = passed_to(aurora.takes.has_reader, group="Database")
    backup_retention_days: Value = passed_to(aurora.takes.backup_retention_days, group="Database")
    connections_threshold_count: Value = passed_to(aurora.takes.connections_threshold_count)

    fifo: Value = passed_to(queue.takes.fifo)
    visibility_timeout_seconds: Value = passed_to(
        queue.takes.visibility_timeout_seconds, MaxValue=6 * LONGEST_TIMEOUT
    )
    message_retention_seconds: Value = passed_to(queue.takes.message_retention_seconds)
    max_receive_count: Value = passed_to(queue.takes.max_receive_count)
    depth_threshold_count: Value = passed_to(queue.takes.depth_threshold_count)
    age_threshold_seconds: Value = passed_to(queue.takes.age_threshold_seconds)


def nest_database(
    t: Template, p: Parameters, net: NetworkOutputs, *, alarm_topic_arn: Value
) -> AuroraOutputs:
    """Nest the database, in subnets without a way out."""
    return aurora.nest(
        t,
        "Database",
        vpc_id=net.vpc_id,
        subnet_ids=net.isolated_subnet_ids,
        availability_zones=net.availability_zones,
        database_name=DATABASE,
        engine_version=p.engine_version,
        min_capacity_acu=p.min_capacity_acu,
        max_capacity_acu=p.max_capacity_acu,
        auto_pause_seconds=p.auto_pause_seconds,
        has_reader=p.has_reader,
        deletion_protection=p.deletion_protection,
        backup_retention_days=p.backup_retention_days,
        log_retention_days=p.log_retention_days,
        connections_threshold_count=p.connections_threshold_count,
        alarm_topic_arn=alarm_topic_arn,
        permissions_boundary_arn=p.permissions_boundary_arn,
    )


def nest_queue(t: Template, p: Parameters, *, alarm_topic_arn: Value) -> QueueOutputs:
    """Nest the queue."""
    waiting = queue.nest(
        t,
        "Queue",
        fifo=p.fifo,
        visibility_timeout_seconds=p.visibility_timeout_seconds,
        message_retention_seconds=p.message_retention_seconds,
        max_receive_count=p.max_receive_count,
        depth_threshold_count=p.depth_threshold_count,
        age_threshold_seconds=p.age_threshold_seconds,
        alarm_topic_arn=alarm_topic_arn,
    )
    after(t, "Queue", "Network")
    return waiting
