"""PostgreSQL on RDS: instance, replica by choice, secrets, who may reach it, logs, alarms."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, Equals, GetAtt, If, Join, Not, NoValue, Ref, Template
from troposphere.cloudwatch import Alarm
from troposphere.rds import DBInstance

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts import postgres
from templates_src.parts.alarms import arns, names
from templates_src.parts.database_access import Accessible, add_connection, add_way
from templates_src.parts.database_alarms import (
    Watched,
    event_subscription,
    lag_alarm,
    load_alarms,
    storage_alarm,
)
from templates_src.parts.database_parameters import IDENTIFIER, REPLACES, Operated
from templates_src.parts.insights import Observed, observation
from templates_src.parts.logic import condition, is_given, is_true, only_if

LOGS = ["postgresql", "upgrade"]
# The server is named for its snapshot and eight digits of its stack; a name has at most 63
SNAPSHOT_LENGTH = 63 - len("-51af3dc0")


@contract
class Parameters(Operated, Watched, Observed):
    instance_identifier: Value = parameter(
        f"Name of the instance; generated if empty. {REPLACES}",
        default="",
        AllowedPattern=IDENTIFIER,
    )
    snapshot_identifier: Value = parameter(
        "Snapshot in this region, by a name in lower case, that the database is restored from and"
        " named for; an empty database if empty. Changing it, to nothing as well, replaces the"
        " database: once restored, keep it, also when the snapshot is long gone.",
        default="",
        AllowedPattern="^$|^[a-z](-?[a-z0-9])*$",
        MaxLength=SNAPSHOT_LENGTH,
    )
    allow_major_upgrade: Value = flag(
        "Whether a change of the engine version may be one of the major version.", default=False
    )
    instance_class: Value = parameter(
        "Instance class; the defaults of the alarms suit the smallest.",
        default="db.t4g.micro",
        AllowedPattern=r"^db\.[a-z0-9-]+\.[a-z0-9]+$",
    )
    storage_gib: Value = parameter(
        "Storage that is allocated, in GiB; it can grow and never shrink.",
        Type="Number",
        MinValue=20,
        MaxValue=65536,
        default=20,
    )
    max_storage_gib: Value = parameter(
        "GiB that storage may grow to by itself, a tenth above what is allocated or more; 0 for"
        " never.",
        Type="Number",
        MinValue=0,
        MaxValue=65536,
        default=100,
    )
    multi_az: Value = flag(
        "Whether a standby in another zone takes over when the instance fails.", default=False
    )
    read_replica: Value = flag("Whether there is a replica to read from.", default=False)


@contract
class Outputs(Accessible):
    replica_endpoint_address: Value = output("Host name of the replica; empty if there is none.")
    instance_identifier: Value = output("Name of the instance.")


def build(t: Template, p: Parameters) -> Outputs:
    """PostgreSQL on RDS with its secrets, security groups, logs and alarms."""
    way = add_way(t, p)
    observed = observation(t, p, way.key)
    instance = t.add_resource(
        _instance(
            t,
            p,
            MasterUsername=_unless_restored(t, p, way.username),
            # CloudFormation gives it to a restored server as well, once that is there
            MasterUserPassword=postgres.current_password(),
            KmsKeyId=_unless_restored(t, p, way.key),
            VPCSecurityGroups=[way.group_id],
            **observed,
        )
    )
    access = add_connection(t, p, way, instance)
    replica = t.add_resource(_replica(t, p, instance, VPCSecurityGroups=[way.group_id], **observed))
    alarms = [t.add_resource(alarm) for alarm in _alarms(p, instance)]
    t.add_resource(lag_alarm(p, replica))
    t.add_resource(event_subscription(p, instance, "db-instance"))
    return Outputs(
        **access,
        resource_id=GetAtt(instance, "DbiResourceId"),
        instance_identifier=Ref(instance),
        replica_endpoint_address=If(replica.Condition, GetAtt(replica, "Endpoint.Address"), ""),
        alarm_arns=arns(alarms),
        alarm_names=names(alarms),
    )


def _alarms(p: Parameters, instance: DBInstance) -> list[Alarm]:
    of_instance = {"DBInstanceIdentifier": Ref(instance)}
    return [*load_alarms(p, of_instance), storage_alarm(p, of_instance)]


def _instance(t: Template, p: Parameters, **more: Any) -> DBInstance:
    named = condition(t, "HasInstanceIdentifier", is_given(p.instance_identifier))
    restored = _restored(t, p)
    generated = postgres.generated_identifier()
    # of another snapshot another name, or it could not replace a server that exists
    of_snapshot = postgres.generated_identifier(p.snapshot_identifier)
    name = If(restored, of_snapshot, If(named, p.instance_identifier, generated))
    grows = condition(t, "GrowsByItself", Not(Equals(p.max_storage_gib, 0)))
    subnets = t.add_resource(postgres.subnet_group(p.subnet_ids))
    settings = t.add_resource(
        postgres.parameter_group(
            "Settings",
            "postgres",
            p.engine_version,
            postgres.FORCED_TLS | postgres.logged(p.slow_statement_milliseconds),
        )
    )
    path = Join("/", ["/aws/rds/instance", name])
    logs = [t.add_resource(postgres.log_group(kind, path, p.log_retention_days)) for kind in LOGS]
    return DBInstance(
        "Database",
        DependsOn=[group.title for group in logs],
        DBInstanceIdentifier=name,
        DBSnapshotIdentifier=only_if(restored, p.snapshot_identifier),
        DBName=_unless_restored(t, p, p.database_name),
        EngineVersion=p.engine_version,
        AllowMajorVersionUpgrade=p.allow_major_upgrade,
        DBParameterGroupName=Ref(settings),
        DBSubnetGroupName=Ref(subnets),
        StorageType="gp3",
        AllocatedStorage=p.storage_gib,
        MaxAllocatedStorage=only_if(grows, p.max_storage_gib),
        StorageEncrypted=True,
        MultiAZ=p.multi_az,
        BackupRetentionPeriod=p.backup_retention_days,
        PreferredBackupWindow=p.backup_window,
        EnableCloudwatchLogsExports=LOGS,
        DeletionProtection=p.deletion_protection,
        DeletionPolicy="Snapshot",
        UpdateReplacePolicy="Snapshot",
        **_shared(t, p),
        **more,
    )


def _restored(t: Template, p: Parameters) -> str:
    """Return the condition that the server is made from a snapshot."""
    return condition(t, "IsRestored", is_given(p.snapshot_identifier))


def _unless_restored(t: Template, p: Parameters, value: Value) -> AWSHelperFn:
    """Return what a restored server has from its snapshot, and RDS therefore lets nobody give.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html#cfn-rds-dbinstance-dbsnapshotidentifier
    """
    return If(_restored(t, p), NoValue, value)


def _replica(t: Template, p: Parameters, source: DBInstance, **more: Any) -> DBInstance:
    """Return the replica; version, settings, storage, key and subnets are those of its source."""
    return DBInstance(
        "Replica",
        Condition=condition(t, "HasReplica", is_true(p.read_replica)),
        SourceDBInstanceIdentifier=Ref(source),
        # RDS takes no last snapshot of a replica, and everything in it is in its source
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
        **_shared(t, p),
        **more,
    )


def _shared(t: Template, p: Parameters) -> dict[str, Any]:
    """Return what an instance and its replica have in common, besides observation."""
    pinned = condition(t, "PinsMinorVersion", is_given(postgres.minor_version(p.engine_version)))
    return {
        "Engine": "postgres",
        "AutoMinorVersionUpgrade": If(pinned, False, True),
        "DBInstanceClass": p.instance_class,
        "Port": str(postgres.PORT),
        "PubliclyAccessible": False,
        "EnableIAMDatabaseAuthentication": True,
        "CACertificateIdentifier": p.ca_certificate,
        "CopyTagsToSnapshot": True,
        "PreferredMaintenanceWindow": p.maintenance_window,
    }


database = Component(Parameters, Outputs, build)
