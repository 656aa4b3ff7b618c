"""PostgreSQL on RDS: instance, replica by choice, secrets, who may reach it, logs, alarms."""

from __future__ import annotations

from typing import Any

from troposphere import Equals, GetAtt, If, Join, Not, Ref, Template
from troposphere.rds import DBInstance, DBSubnetGroup
from troposphere.secretsmanager import SecretTargetAttachment

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts import postgres
from templates_src.parts.alarms import arns
from templates_src.parts.database_alarms import (
    Watched,
    event_subscription,
    instance_alarms,
    lag_alarm,
)
from templates_src.parts.insights import Observed, observation
from templates_src.parts.logic import condition, is_given, is_true, only_if

REPLACES = "Changing it replaces the database."
LOGS = ["postgresql", "upgrade"]
WINDOW = "([01][0-9]|2[0-3]):[0-5][0-9]"
DAY = "(mon|tue|wed|thu|fri|sat|sun)"


@contract
class Parameters(Watched, Observed):
    vpc_id: Value = parameter("VPC of the database.", Type="AWS::EC2::VPC::Id")
    subnet_ids: Value = parameter(
        "Isolated or private subnets in at least two zones.", Type="List<AWS::EC2::Subnet::Id>"
    )
    database_name: Value = parameter(
        f"Name of the database that is created in it. {REPLACES}",
        AllowedPattern=f"^{postgres.NAME}$",
        ConstraintDescription=postgres.NAME_RULE,
    )
    master_username: Value = parameter(
        f"User that owns the database; named as the database is if empty. {REPLACES}",
        default="",
        AllowedPattern=f"^$|^{postgres.NAME}$",
        ConstraintDescription=postgres.NAME_RULE,
    )
    instance_identifier: Value = parameter(
        f"Name of the instance; generated if empty. {REPLACES}",
        default="",
        AllowedPattern="^$|^[a-z](-?[a-z0-9]){0,62}$",
    )
    # RDS refuses to go back to an older minor version. So a version is either the major alone,
    # and RDS upgrades the minor in the maintenance window, or complete, and RDS leaves it alone;
    # a complete one that RDS upgraded would make the next update of the stack a downgrade.
    engine_version: Value = parameter(
        "PostgreSQL version: a major (17) follows its minor versions by itself, a complete one"
        " (17.6) stays until it is changed here.",
        default="17",
        AllowedPattern=r"^(1[5-9]|[2-9][0-9])(\.[0-9]+)?$",
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
    deletion_protection: Value = flag(
        "Whether the instance refuses to be deleted, and with it a failed first deployment to be"
        " rolled back.",
        default=False,
    )
    kms_key_arn: Value = parameter(
        f"ARN of the key for storage and secrets; AWS's own if empty. {REPLACES}",
        default="",
        AllowedPattern="^$|^arn:.*",
    )
    ca_certificate: Value = parameter(
        "Authority that signs the certificate of the server.",
        default="rds-ca-rsa2048-g1",
        AllowedValues=["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
    )
    backup_retention_days: Value = parameter(
        "Days that daily backups are kept and any second within them can be restored.",
        Type="Number",
        MinValue=1,
        MaxValue=35,
        default=7,
    )
    backup_window: Value = parameter(
        "Time of the daily backup in UTC, apart from maintenance.",
        default="03:00-04:00",
        AllowedPattern=f"^{WINDOW}-{WINDOW}$",
    )
    maintenance_window: Value = parameter(
        "Time of weekly maintenance in UTC.",
        default="sun:04:30-sun:05:30",
        AllowedPattern=f"^{DAY}:{WINDOW}-{DAY}:{WINDOW}$",
    )


@contract
class Outputs:
    endpoint_address: Value = output("Host name of the database.")
    replica_endpoint_address: Value = output("Host name of the replica; empty if there is none.")
    port: Value = output("Port of the database.")
    database_name: Value = output("Name of the database.")
    instance_identifier: Value = output("Name of the instance.")
    resource_id: Value = output("Id by which IAM policies name the instance (rds-db:connect).")
    credentials_secret_arn: Value = output("ARN of the secret that rotates.")
    connection_secret_arn: Value = output("ARN of the secret that applications read: url and all.")
    security_group_id: Value = output("Security group of the database.")
    client_security_group_id: Value = output("Security group that admits whoever attaches it.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """PostgreSQL on RDS with its secrets, security groups, logs and alarms."""
    key = only_if(condition(t, "HasKmsKey", is_given(p.kms_key_arn)), p.kms_key_arn)
    owned = condition(t, "HasMasterUsername", is_given(p.master_username))
    username = If(owned, p.master_username, p.database_name)
    server = t.add_resource(postgres.server_group(p.vpc_id))
    clients = t.add_resource(postgres.client_group(p.vpc_id))
    for rule in postgres.admission(server, clients):
        t.add_resource(rule)
    credentials = t.add_resource(postgres.credentials(username, key))
    observed = observation(t, p, key)
    instance = t.add_resource(
        _instance(
            t,
            p,
            MasterUsername=username,
            MasterUserPassword=postgres.current_password(),
            KmsKeyId=key,
            VPCSecurityGroups=[GetAtt(server, "GroupId")],
            **observed,
        )
    )
    t.add_resource(
        SecretTargetAttachment(
            "CredentialsAttachment",
            SecretId=Ref(credentials),
            TargetId=Ref(instance),
            TargetType="AWS::RDS::DBInstance",
        )
    )
    connection = t.add_resource(
        postgres.connection(
            username,
            p.database_name,
            host=GetAtt(instance, "Endpoint.Address"),
            port=GetAtt(instance, "Endpoint.Port"),
            kms_key=key,
        )
    )
    replica = t.add_resource(
        _replica(t, p, instance, VPCSecurityGroups=[GetAtt(server, "GroupId")], **observed)
    )
    alarms = [t.add_resource(alarm) for alarm in instance_alarms(p, instance)]
    t.add_resource(lag_alarm(p, replica))
    t.add_resource(event_subscription(p, instance))
    return Outputs(
        endpoint_address=GetAtt(instance, "Endpoint.Address"),
        replica_endpoint_address=If(replica.Condition, GetAtt(replica, "Endpoint.Address"), ""),
        port=GetAtt(instance, "Endpoint.Port"),
        database_name=p.database_name,
        instance_identifier=Ref(instance),
        resource_id=GetAtt(instance, "DbiResourceId"),
        credentials_secret_arn=Ref(credentials),
        connection_secret_arn=Ref(connection),
        security_group_id=GetAtt(server, "GroupId"),
        client_security_group_id=GetAtt(clients, "GroupId"),
        alarm_arns=arns(alarms),
    )


def _instance(t: Template, p: Parameters, **more: Any) -> DBInstance:
    named = condition(t, "HasInstanceIdentifier", is_given(p.instance_identifier))
    name = If(named, p.instance_identifier, postgres.generated_identifier())
    grows = condition(t, "GrowsByItself", Not(Equals(p.max_storage_gib, 0)))
    subnets = t.add_resource(
        DBSubnetGroup(
            "SubnetGroup",
            DBSubnetGroupDescription="Where the database may stand",
            SubnetIds=p.subnet_ids,
        )
    )
    settings = t.add_resource(
        postgres.parameter_group(
            "Settings", "postgres", p.engine_version, p.slow_statement_milliseconds
        )
    )
    path = Join("/", ["/aws/rds/instance", name])
    logs = [t.add_resource(postgres.log_group(kind, path, p.log_retention_days)) for kind in LOGS]
    return DBInstance(
        "Database",
        DependsOn=[group.title for group in logs],
        DBInstanceIdentifier=name,
        DBName=p.database_name,
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
