"""How applications get at a PostgreSQL server, an instance and a cluster alike."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from troposphere import AWSHelperFn, GetAtt, If, Ref, Template
from troposphere.rds import DBCluster, DBInstance
from troposphere.secretsmanager import Secret, SecretTargetAttachment

from templates_src.contract import Value, contract, output
from templates_src.parts import postgres
from templates_src.parts.access import grant
from templates_src.parts.database_parameters import Operated
from templates_src.parts.logic import condition, is_given, only_if


@contract
class Accessible:
    """What every component with a PostgreSQL server gives."""

    endpoint_address: Value = output("Host name that leads to whoever writes.")
    port: Value = output("Port of the database.")
    database_name: Value = output("Name of the database.")
    resource_id: Value = output("Id by which IAM policies name the database (rds-db:connect).")
    credentials_secret_arn: Value = output("ARN of the secret that rotates.")
    connection_secret_arn: Value = output("ARN of the secret that applications read: url and all.")
    grant: Value = output("Connection's secret and clients' group, for whoever connects.")
    security_group_id: Value = output("Security group of the database.")
    client_security_group_id: Value = output("Security group that admits whoever attaches it.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")


class Access(TypedDict):
    """The outputs that say how to get at a server."""

    endpoint_address: Value
    port: Value
    database_name: Value
    credentials_secret_arn: Value
    connection_secret_arn: Value
    grant: Value
    security_group_id: Value
    client_security_group_id: Value


class Way(NamedTuple):
    """What a server needs before it is there.

    Attributes:
        key: of storage and secrets.
        username: who owns the database.
        group_id: security group of the server.
        client_group_id: security group of who may reach it.
        credentials: secret with the user's password.
    """

    key: AWSHelperFn
    username: AWSHelperFn
    group_id: AWSHelperFn
    client_group_id: AWSHelperFn
    credentials: Secret


def add_way(t: Template, p: Operated) -> Way:
    """Add security groups and credentials."""
    key = only_if(condition(t, "HasKmsKey", is_given(p.kms_key_arn)), p.kms_key_arn)
    owned = condition(t, "HasMasterUsername", is_given(p.master_username))
    username = If(owned, p.master_username, p.database_name)
    server = t.add_resource(postgres.server_group(p.vpc_id))
    clients = t.add_resource(postgres.client_group(p.vpc_id))
    for rule in postgres.admission(server, clients):
        t.add_resource(rule)
    credentials = t.add_resource(postgres.credentials(username, key))
    return Way(key, username, GetAtt(server, "GroupId"), GetAtt(clients, "GroupId"), credentials)


def add_connection(t: Template, p: Operated, way: Way, server: DBInstance | DBCluster) -> Access:
    """Add what tells applications of *server*; return the outputs that say where it is."""
    host, port = GetAtt(server, "Endpoint.Address"), GetAtt(server, "Endpoint.Port")
    t.add_resource(
        SecretTargetAttachment(
            "CredentialsAttachment",
            SecretId=Ref(way.credentials),
            TargetId=Ref(server),
            TargetType=server.resource_type,
        )
    )
    connection = t.add_resource(
        postgres.connection(way.username, p.database_name, host=host, port=port, kms_key=way.key)
    )
    return Access(
        endpoint_address=host,
        port=port,
        database_name=p.database_name,
        credentials_secret_arn=Ref(way.credentials),
        connection_secret_arn=Ref(connection),
        grant=grant(Ref(connection), way.client_group_id),
        security_group_id=way.group_id,
        client_security_group_id=way.client_group_id,
    )
