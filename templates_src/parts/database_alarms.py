"""The alarms of a PostgreSQL server, and the events of RDS that a person should hear of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from troposphere import Ref
from troposphere.cloudwatch import Alarm
from troposphere.rds import DBCluster, DBInstance, EventSubscription

from templates_src.contract import Value, contract, parameter
from templates_src.parts.alarms import Alarmed, alarm

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
# https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html
TROUBLE = {
    "db-instance": ["failover", "failure", "low storage", "recovery"],
    "db-cluster": ["failover", "failure"],
}


@contract
class Loaded(Alarmed):
    """What every component with a database takes for its alarms."""

    cpu_threshold_percent: Value = parameter(
        "CPU use that raises an alarm after ten minutes.",
        Type="Number",
        default=80,
        group="Alarms",
    )
    # max_connections is the memory in bytes over 9,531,392: at most 112 on db.t4g.micro, and less
    # what RDS keeps for itself: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
    connections_threshold_count: Value = parameter(
        "Open connections that raise an alarm; a db.t4g.micro takes about 80, each size twice the"
        " one before.",
        Type="Number",
        default=60,
        group="Alarms",
    )
    free_memory_threshold_bytes: Value = parameter(
        "Free memory that raises an alarm after ten minutes; the default is 64 MiB.",
        Type="Number",
        default=64 * 1024**2,
        group="Alarms",
    )


@contract
class Watched(Loaded):
    """What a component takes whose database has storage and replicas of its own."""

    free_storage_threshold_bytes: Value = parameter(
        "Free storage that raises an alarm; the default is a fifth of 20 GiB.",
        Type="Number",
        default=4 * 1024**3,
        group="Alarms",
    )
    replica_lag_threshold_seconds: Value = parameter(
        "Seconds behind the database from which a replica raises an alarm.",
        Type="Number",
        default=60,
        group="Alarms",
    )


def load_alarms(p: Loaded, dimensions: Mapping[str, Value]) -> Iterator[Alarm]:
    """Yield the alarms on processor, connections and memory.

    Args:
        p: has the thresholds.
        dimensions: of one instance, or of whichever instance of a cluster writes.
    """
    above, below = "GreaterThanThreshold", "LessThanThreshold"
    for title, says, metric, comparison, threshold, minutes in (
        (
            *("CpuAlarm", "The database is short of CPU: see its top statements in Insights"),
            *("CPUUtilization", above, p.cpu_threshold_percent, 10),
        ),
        (
            *("ConnectionsAlarm", "The database has many connections: look for a pool that leaks"),
            *("DatabaseConnections", above, p.connections_threshold_count, 5),
        ),
        (
            *("MemoryAlarm", "The database is short of memory: let it be larger"),
            *("FreeableMemory", below, p.free_memory_threshold_bytes, 10),
        ),
    ):
        yield alarm(
            title,
            says,
            namespace="AWS/RDS",
            metric=metric,
            dimensions=dimensions,
            comparison=comparison,
            threshold=threshold,
            minutes=minutes,
            topic_arn=p.alarm_topic_arn,
        )


def storage_alarm(p: Watched, dimensions: Mapping[str, Value]) -> Alarm:
    """Return the alarm on the storage of an instance."""
    return alarm(
        "StorageAlarm",
        "The database runs out of storage: raise what it may grow to",
        namespace="AWS/RDS",
        metric="FreeStorageSpace",
        dimensions=dimensions,
        comparison="LessThanThreshold",
        threshold=p.free_storage_threshold_bytes,
        topic_arn=p.alarm_topic_arn,
    )


def lag_alarm(p: Watched, replica: DBInstance) -> Alarm:
    """Return the alarm on a replica that stays behind; it exists where the replica does."""
    return alarm(
        "ReplicaLagAlarm",
        "The replica is behind: readers see old data",
        namespace="AWS/RDS",
        metric="ReplicaLag",
        dimensions={"DBInstanceIdentifier": Ref(replica)},
        threshold=p.replica_lag_threshold_seconds,
        topic_arn=p.alarm_topic_arn,
        Condition=replica.Condition,
    )


def event_subscription(p: Loaded, source: DBInstance | DBCluster, kind: str) -> EventSubscription:
    """Return the subscription of the alarm topic to what no metric tells.

    Args:
        p: has the topic.
        source: whose events.
        kind: ``db-instance`` or ``db-cluster``.
    """
    return EventSubscription(
        "TroubleEvents",
        SnsTopicArn=p.alarm_topic_arn,
        SourceType=kind,
        SourceIds=[Ref(source)],
        EventCategories=TROUBLE[kind],
    )
