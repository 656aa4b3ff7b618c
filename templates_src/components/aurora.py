"""PostgreSQL on Aurora Serverless v2: writer, reader by choice, secrets, clients, logs, alarms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from troposphere import Equals, GetAtt, If, Join, Not, Ref, Select, Template
from troposphere.cloudwatch import Alarm
from troposphere.rds import (
    DBCluster,
    DBClusterParameterGroup,
    DBInstance,
    ServerlessV2ScalingConfiguration,
)

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts import postgres
from templates_src.parts.alarms import alarm, arns, names
from templates_src.parts.database_access import Accessible, add_connection, add_way
from templates_src.parts.database_alarms import Loaded, event_subscription, load_alarms
from templates_src.parts.database_parameters import IDENTIFIER, REPLACES, Operated
from templates_src.parts.insights import Observed, cluster_observation
from templates_src.parts.logic import condition, is_given, is_true, only_if

ENGINE = "aurora-postgresql"
LOGS = ["postgresql"]  # the only one that Aurora writes to files
# Half steps up to 256; https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ServerlessV2ScalingConfiguration.html
HUNDREDS = r"([1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])(\.[05])?|256"
# 300 to 86400; every version that can still be created can pause
PAUSE = "0|[3-9][0-9]{2}|[1-9][0-9]{3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400"


@contract
class Parameters(Operated, Loaded, Observed):
    availability_zones: Value = parameter(
        "Comma-joined names of the zones of these subnets: the writer starts in the first, the"
        " reader in the second.",
        Type="CommaDelimitedList",
    )
    cluster_identifier: Value = parameter(
        f"Name of the cluster; generated if empty. {REPLACES}",
        default="",
        AllowedPattern=IDENTIFIER,
    )
    min_capacity_acu: Value = parameter(
        "Capacity units of 2 GiB that an instance always has, in halves.",
        default="0.5",
        AllowedPattern=rf"^(0\.5|{HUNDREDS})$",
        label="Minimum capacity in ACU",
    )
    # the number of connections follows from it, after a restart of each instance only:
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html
    max_capacity_acu: Value = parameter(
        "Capacity units that an instance may grow to, in halves. A change takes effect at once,"
        " but on the number of connections only after the instances were restarted.",
        default="2",
        AllowedPattern=rf"^({HUNDREDS})$",
        label="Maximum capacity in ACU",
    )
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html
    auto_pause_seconds: Value = parameter(
        "Seconds without any connection, 300 to 86400, after which an instance pauses instead of"
        " keeping its minimum, and the next one waits 15 seconds for it; 0 for never. A pool of"
        " connections or a monitor that logs in keeps it awake.",
        default="0",
        AllowedPattern=f"^({PAUSE})$",
    )
    has_reader: Value = flag(
        "Whether there is a reader in another zone, which takes over when the writer fails.",
        default=False,
    )
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.how-it-works.html
    reader_promotion_tier: Value = parameter(
        "Tier of the reader: in 0 and 1 it keeps the writer's capacity to take over at once, from"
        " 2 on it has the capacity of its own load.",
        default="1",
        AllowedValues=[str(tier) for tier in range(16)],
    )
    # max_connections is the memory at the maximum over 9,531,392, less what Aurora keeps for
    # itself: about 189 at 1 ACU, 823 at 4, 1669 at 8
    connections_threshold_count: Value = parameter(
        "Open connections that raise an alarm; 1 ACU of the maximum takes about 190, each further"
        " one 200 more.",
        Type="Number",
        default=300,
        group="Alarms",
    )
    capacity_threshold_percent: Value = parameter(
        "Share of the maximum capacity in use that raises an alarm after fifteen minutes.",
        Type="Number",
        default=90,
        group="Alarms",
    )
    reader_lag_threshold_milliseconds: Value = parameter(
        "Milliseconds behind the writer from which the reader raises an alarm.",
        Type="Number",
        default=1000,
        group="Alarms",
    )


@contract
class Outputs(Accessible):
    reader_endpoint_address: Value = output("Host name for reading; the writer's without reader.")
    cluster_identifier: Value = output("Name of the cluster.")


def build(t: Template, p: Parameters) -> Outputs:
    """PostgreSQL on Aurora Serverless v2 with its secrets, security groups, logs and alarms."""
    way = add_way(t, p)
    cluster = t.add_resource(
        _cluster(
            t,
            p,
            MasterUsername=way.username,
            MasterUserPassword=postgres.current_password(),
            KmsKeyId=way.key,
            VpcSecurityGroupIds=[way.group_id],
            **cluster_observation(t, p, way.key),
        )
    )
    access = add_connection(t, p, way, cluster)
    reader = _instances(t, p, cluster)
    alarms = [t.add_resource(watch) for watch in _alarms(p, cluster)]
    t.add_resource(_lag_alarm(p, reader))
    t.add_resource(event_subscription(p, cluster, "db-cluster"))
    return Outputs(
        **access,
        resource_id=GetAtt(cluster, "DBClusterResourceId"),
        cluster_identifier=Ref(cluster),
        reader_endpoint_address=GetAtt(cluster, "ReadEndpoint.Address"),
        alarm_arns=arns(alarms),
        alarm_names=names(alarms),
    )


def _cluster(t: Template, p: Parameters, **more: Any) -> DBCluster:
    named = condition(t, "HasClusterIdentifier", is_given(p.cluster_identifier))
    name = If(named, p.cluster_identifier, postgres.generated_identifier())
    subnets = t.add_resource(postgres.subnet_group(p.subnet_ids))
    settings = t.add_resource(
        DBClusterParameterGroup(
            "ClusterSettings",
            Description="TLS only",
            Family=postgres.family(ENGINE, p.engine_version),
            Parameters=postgres.FORCED_TLS,
        )
    )
    path = Join("/", ["/aws/rds/cluster", name])
    logs = [t.add_resource(postgres.log_group(kind, path, p.log_retention_days)) for kind in LOGS]
    return DBCluster(
        "Database",
        DependsOn=[group.title for group in logs],
        DBClusterIdentifier=name,
        DatabaseName=p.database_name,
        Engine=ENGINE,
        EngineVersion=p.engine_version,
        ServerlessV2ScalingConfiguration=_capacity(t, p),
        DBClusterParameterGroupName=Ref(settings),
        DBSubnetGroupName=Ref(subnets),
        Port=postgres.PORT,
        StorageEncrypted=True,
        EnableIAMDatabaseAuthentication=True,
        BackupRetentionPeriod=p.backup_retention_days,
        PreferredBackupWindow=p.backup_window,
        PreferredMaintenanceWindow=p.maintenance_window,
        CopyTagsToSnapshot=True,
        EnableCloudwatchLogsExports=LOGS,
        DeletionProtection=p.deletion_protection,
        # of the cluster, which has the data; an instance of it takes no snapshot
        DeletionPolicy="Snapshot",
        UpdateReplacePolicy="Snapshot",
        **more,
    )


def _capacity(t: Template, p: Parameters) -> ServerlessV2ScalingConfiguration:
    pauses = condition(t, "Pauses", Not(Equals(p.auto_pause_seconds, "0")))
    return ServerlessV2ScalingConfiguration(
        MinCapacity=If(pauses, 0, p.min_capacity_acu),  # none but 0 pauses
        MaxCapacity=p.max_capacity_acu,
        SecondsUntilAutoPause=only_if(pauses, p.auto_pause_seconds),
    )


def _instances(t: Template, p: Parameters, cluster: DBCluster) -> DBInstance:
    """Add the writer and the reader; return the latter."""
    pinned = condition(t, "PinsMinorVersion", is_given(postgres.minor_version(p.engine_version)))
    settings = t.add_resource(
        postgres.parameter_group(
            "Settings", ENGINE, p.engine_version, postgres.logged(p.slow_statement_milliseconds)
        )
    )
    common: dict[str, Any] = {
        "DBClusterIdentifier": Ref(cluster),
        "DBInstanceClass": "db.serverless",
        "Engine": ENGINE,
        "DBParameterGroupName": Ref(settings),
        "AutoMinorVersionUpgrade": If(pinned, False, True),
        "CACertificateIdentifier": p.ca_certificate,
        "PreferredMaintenanceWindow": p.maintenance_window,
        "PubliclyAccessible": False,
        # all that is in an instance is in its cluster
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }
    writer = t.add_resource(
        DBInstance(
            "Writer", AvailabilityZone=Select(0, p.availability_zones), PromotionTier=0, **common
        )
    )
    return t.add_resource(
        DBInstance(
            "Reader",
            Condition=condition(t, "KeepsReader", is_true(p.has_reader)),
            DependsOn=[writer.title],  # the first instance of a cluster is the one that writes
            AvailabilityZone=Select(1, p.availability_zones),
            PromotionTier=p.reader_promotion_tier,
            **common,
        )
    )


def _alarms(p: Parameters, cluster: DBCluster) -> Iterator[Alarm]:
    # whichever instance writes, also after the reader has taken over
    of_writer: dict[str, Value] = {"DBClusterIdentifier": Ref(cluster), "Role": "WRITER"}
    yield from load_alarms(p, of_writer)
    yield alarm(
        "CapacityAlarm",
        "The database is at its maximum capacity: raise it, or look for what uses it up",
        namespace="AWS/RDS",
        metric="ACUUtilization",
        dimensions=of_writer,
        threshold=p.capacity_threshold_percent,
        minutes=15,
        topic_arn=p.alarm_topic_arn,
    )


def _lag_alarm(p: Parameters, reader: DBInstance) -> Alarm:
    return alarm(
        "ReaderLagAlarm",
        "The reader is behind the writer: whoever reads there sees old data",
        namespace="AWS/RDS",
        metric="AuroraReplicaLag",
        dimensions={"DBInstanceIdentifier": Ref(reader)},
        threshold=p.reader_lag_threshold_milliseconds,
        topic_arn=p.alarm_topic_arn,
        Condition=reader.Condition,
    )


aurora = Component(Parameters, Outputs, build)
