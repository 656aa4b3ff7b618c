"""PostgreSQL on RDS: instance, replica by choice, secrets, who may reach it, logs, alarms."""

from __future__ import annotations

from typing import Any

from troposphere import Equals, GetAtt, If, Join, Not, Ref, Template
from troposphere.cloudwatch import Alarm
from troposphere.rds import DBInstance, DBSubnetGroup
from troposphere.secretsmanager import SecretTargetAttachment

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts import postgres
from templates_src.parts.access import grant
from templates_src.parts.alarms import arns, names
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


@contract
class Parameters(Operated, Watched, Observed):
    instance_identifier: Value = parameter(
        f"Name of the instance; generated if empty. {REPLACES}",
        default="",
        AllowedPattern=IDENTIFIER,
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
class Outputs:
    endpoint_address: Value = output("Host name of the database.")
    replica_endpoint_address: Value = output("Host name of the replica; empty if there is none.")
    port: Value = output("Port of the database.")
    database_name: Value = output("Name of the database.")
    instance_identifier: Value = output("Name of the instance.")
    resource_id: Value = output("Id by which IAM policies name the instance (rds-db:connect).")
    credentials_secret_arn: Value = output("ARN of the secret that rotates.")
    connection_secret_arn: Value = output("ARN of the secret that applications read: url and all.")
    grant: Value = output("Connection's secret and clients' group, for whoever connects.")
    security_group_id: Value = output("Security group of the database.")
    client_security_group_id: Value = output("Security group that admits whoever attaches it.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")


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
    alarms = [t.add_resource(alarm) for alarm in _alarms(p, instance)]
    t.add_resource(lag_alarm(p, replica))
    t.add_resource(event_subscription(p, instance, "db-instance"))
    return Outputs(
        endpoint_address=GetAtt(instance, "Endpoint.Address"),
        replica_endpoint_address=If(replica.Condition, GetAtt(replica, "Endpoint.Address"), ""),
        port=GetAtt(instance, "Endpoint.Port"),
        database_name=p.database_name,
        instance_identifier=Ref(instance),
        resource_id=GetAtt(instance, "DbiResourceId"),
        credentials_secret_arn=Ref(credentials),
        connection_secret_arn=Ref(connection),
        grant=grant(Ref(connection), GetAtt(clients, "GroupId")),
        security_group_id=GetAtt(server, "GroupId"),
        client_security_group_id=GetAtt(clients, "GroupId"),
        alarm_arns=arns(alarms),
        alarm_names=names(alarms),
    )


def _alarms(p: Parameters, instance: DBInstance) -> list[Alarm]:
    of_instance = {"DBInstanceIdentifier": Ref(instance)}
    return [*load_alarms(p, of_instance), storage_alarm(p, of_instance)]


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
