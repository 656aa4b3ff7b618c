"""What every PostgreSQL server of RDS needs around it: names, logs, secrets, who may reach it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troposphere import AWSHelperFn, GetAtt, Join, Ref, Select, Split, Sub
from troposphere.ec2 import SecurityGroup, SecurityGroupEgress, SecurityGroupIngress
from troposphere.logs import LogGroup
from troposphere.rds import DBParameterGroup, DBSubnetGroup
from troposphere.secretsmanager import GenerateSecretString, Secret

from templates_src.contract import Value
from templates_src.parts.network import NO_EGRESS

PORT = 5432
PASSWORD = "{{resolve:secretsmanager:${Credentials}:SecretString:password}}"
PASSWORD_LENGTH = 40
FORCED_TLS: dict[str, Value] = {"rds.force_ssl": "1"}
# RDS takes 16 characters for a user, and a database may lend its name to one.
# Nouns that somebody might choose; RDS refuses them as names only when it creates the database:
# https://www.postgresql.org/docs/current/sql-keywords-appendix.html
RESERVED = "admin|all|analyze|array|column|db|default|end|group|limit|order|primary|table|user"
NAME = rf"(?!(rds|pg_))(?!({RESERVED})$)[a-z][a-z0-9_]{{0,15}}"
NAME_RULE = (
    "lower-case letters, digits and underscores, a letter first, at most 16; not a word that"
    " PostgreSQL or RDS reserves"
)


def minor_version(engine_version: Value) -> AWSHelperFn:
    """Return ``19`` of ``15.19``, and nothing of ``15``."""
    return Select(1, Split(".", Join("", [engine_version, "."])))


def logged(slow_ms: Value) -> dict[str, Value]:
    """Return the settings of what a server logs, statements from *slow_ms* milliseconds on."""
    return {
        "log_min_duration_statement": slow_ms,
        "log_lock_waits": "1",
        "log_statement": "ddl",
        "log_temp_files": "10240",  # KiB; a larger file means a query without enough memory
    }


def family(engine: str, engine_version: Value) -> AWSHelperFn:
    """Return the family of a parameter group: it follows from the version, so they cannot disagree.

    An update to another major version replaces the group and leaves the old one to the old version.

    Args:
        engine: ``postgres`` or ``aurora-postgresql``.
        engine_version: major, or major and minor.
    """
    return Join("", [engine, Select(0, Split(".", engine_version))])


def parameter_group(
    title: str, engine: str, engine_version: Value, settings: Mapping[str, Value]
) -> DBParameterGroup:
    """Return the parameter group of an instance."""
    return DBParameterGroup(
        title,
        Description="TLS only; logs slow statements, waits and changes of the schema",
        Family=family(engine, engine_version),
        Parameters=dict(settings),
    )


def subnet_group(subnet_ids: Value) -> DBSubnetGroup:
    """Return the subnets that a server may stand in."""
    return DBSubnetGroup(
        "SubnetGroup",
        DBSubnetGroupDescription="Where the database may stand",
        SubnetIds=subnet_ids,
    )


def log_group(kind: str, path: AWSHelperFn, retention_days: Value) -> LogGroup:
    """Return the log group that the server will export its *kind* of log to.

    Made before the server: else RDS makes one that never expires and outlives the stack.

    Args:
        kind: ``postgresql`` or ``upgrade``; the logical id is made from it.
        path: ``/aws/rds/instance/name``, to which RDS adds the kind.
        retention_days: how long events are kept.
    """
    return LogGroup(
        f"{kind.capitalize()}Logs",
        LogGroupName=Join("/", [path, kind]),
        RetentionInDays=retention_days,
        # logs go with the server that wrote them
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def credentials(username: Value, kms_key: AWSHelperFn) -> Secret:
    """Return the secret that rotates: user and generated password.

    There are two secrets because rotation replaces the content of its secret by what the server
    tells about itself, in a fixed form, and because ``MasterUserPassword`` refers to this one:
    what applications want, one URL, is in the connection, which refers to this one too.

    Never change ``GenerateSecretString``: it would put a new password here, not on the server.
    """
    return Secret(
        "Credentials",
        Description="Master user of the database, rotated; applications read Connection instead",
        GenerateSecretString=GenerateSecretString(
            SecretStringTemplate=Sub('{"username":"${Username}"}', Username=username),
            GenerateStringKey="password",
            PasswordLength=PASSWORD_LENGTH,
            ExcludePunctuation=True,  # what is left needs no quoting in a URL
        ),
        KmsKeyId=kms_key,
        # worthless without the server; one restored from a snapshot is given a new password
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def current_password() -> AWSHelperFn:
    """Return the reference that CloudFormation resolves when it makes or changes a resource."""
    return Sub(PASSWORD)


def connection(
    username: Value, database: Value, host: Value, port: Value, kms_key: AWSHelperFn
) -> Secret:
    """Return the secret that applications read: the URL, and its pieces for whoever wants them.

    Rotation writes the new password into it. CloudFormation writes it again only when something
    here changes, and then with the password that is current in the credentials.
    """
    content = (
        '{"engine":"postgres","host":"${Host}","port":"${Port}","dbname":"${Database}",'
        f'"username":"${{Username}}","password":"{PASSWORD}",'
        f'"url":"postgresql://${{Username}}:{PASSWORD}@${{Host}}:${{Port}}/${{Database}}'
        '?sslmode=require"}'
    )
    return Secret(
        "Connection",
        Description="How applications reach the database; kept true by the rotation",
        SecretString=Sub(content, Username=username, Database=database, Host=host, Port=port),
        KmsKeyId=kms_key,
        # made of the credentials and the server, and nothing without them
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def server_group(vpc_id: Value) -> SecurityGroup:
    """Return the security group of the server."""
    return SecurityGroup(
        "DatabaseSecurityGroup",
        GroupDescription="The database, reached by its clients only",
        VpcId=vpc_id,
        SecurityGroupEgress=NO_EGRESS,
    )


def client_group(vpc_id: Value) -> SecurityGroup:
    """Return the security group that whoever may reach the server attaches to its interfaces."""
    return SecurityGroup(
        "ClientSecurityGroup",
        GroupDescription="Clients of the database",
        VpcId=vpc_id,
        SecurityGroupEgress=NO_EGRESS,
    )


def admission(
    server: SecurityGroup, clients: SecurityGroup
) -> tuple[SecurityGroupIngress, SecurityGroupEgress]:
    """Return the two rules that let clients reach the server and nobody else.

    Two groups that name each other need rules of their own, or the template is circular.
    """
    port: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT}
    server_id, client_id = GetAtt(server, "GroupId"), GetAtt(clients, "GroupId")
    return (
        SecurityGroupIngress(
            "FromClients",
            Description="PostgreSQL from clients",
            GroupId=server_id,
            SourceSecurityGroupId=client_id,
            **port,
        ),
        SecurityGroupEgress(
            "ToDatabase",
            Description="PostgreSQL to the database",
            GroupId=client_id,
            DestinationSecurityGroupId=server_id,
            **port,
        ),
    )


def generated_identifier(prefix: Value = "database") -> AWSHelperFn:
    """Return a name for a server that is unique in its account and region, ``database-51af3dc0``.

    A name that is known before the server exists lets the stack own its log groups; and as one
    name cannot be there twice, an update that would replace the server fails instead of emptying
    it.
    """
    stack_id = Select(2, Split("/", Ref("AWS::StackId")))
    return Join("-", [prefix, Select(0, Split("-", stack_id))])
