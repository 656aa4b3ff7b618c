"""What an application is told besides its code: a secret of its own, and parameters to look up."""

from __future__ import annotations

from troposphere import Ref, Sub, Template
from troposphere.secretsmanager import GenerateSecretString, Secret
from troposphere.ssm import Parameter

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.logic import condition, is_given, only_if

KEY_LENGTH = 64
NAME = "^[a-zA-Z0-9_.-]{1,100}$"


@contract
class Parameters:
    application: Value = parameter(
        "First part of the paths under which parameters are found.", AllowedPattern=NAME
    )
    environment: Value = parameter("Second part of these paths.", AllowedPattern=NAME)
    database_host: Value = parameter(
        "Host name of the database; not published if empty.", default=""
    )
    database_port: Value = parameter("Port of the database; not published if empty.", default="")
    database_name: Value = parameter("Name of the database; not published if empty.", default="")
    database_secret_arn: Value = parameter(
        "ARN of the secret with the database's URL; not published if empty.", default=""
    )
    application_url: Value = parameter(
        "Address of the application; not published if empty.", default=""
    )
    cluster_name: Value = parameter("Name of the ECS cluster; not published if empty.", default="")
    service_name: Value = parameter("Name of the ECS service; not published if empty.", default="")
    kms_key_arn: Value = parameter(
        "ARN of the key for the secret; AWS's own if empty.",
        default="",
        AllowedPattern="^$|^arn:.*",
    )


@contract
class Outputs:
    application_secret_arn: Value = output("ARN of the secret with SECRET_KEY.")
    parameter_path: Value = output("Path under which all parameters are.")


def build(t: Template, p: Parameters) -> Outputs:
    """Application secret and SSM parameters."""
    secret = t.add_resource(_application_secret(t, p))
    # title, path below /application/environment, what it is, value
    for title, path, what, value in (
        ("DatabaseHost", "database/host", "Host name of the database", p.database_host),
        ("DatabasePort", "database/port", "Port of the database", p.database_port),
        ("DatabaseName", "database/name", "Name of the database", p.database_name),
        ("DatabaseSecret", "database/secret-arn", "Secret with its URL", p.database_secret_arn),
        ("ApplicationUrl", "application/url", "Address of the application", p.application_url),
        ("ClusterName", "application/cluster", "ECS cluster", p.cluster_name),
        ("ServiceName", "application/service", "ECS service", p.service_name),
    ):
        t.add_resource(
            Parameter(
                f"{title}Parameter",
                Condition=condition(t, f"Has{title}", is_given(value)),
                Name=Sub(f"/${{Application}}/${{Environment}}/{path}"),
                Description=what,
                Type="String",
                Value=value,
            )
        )
    return Outputs(
        application_secret_arn=Ref(secret),
        parameter_path=Sub("/${Application}/${Environment}"),
    )


def _application_secret(t: Template, p: Parameters) -> Secret:
    """Return the secret that signs sessions.

    Never change ``GenerateSecretString``: a new key logs everybody out.
    """
    keyed = condition(t, "HasKmsKey", is_given(p.kms_key_arn))
    return Secret(
        "ApplicationSecret",
        Description="SECRET_KEY, with which the application signs sessions and tokens",
        GenerateSecretString=GenerateSecretString(
            SecretStringTemplate="{}",
            GenerateStringKey="SECRET_KEY",
            PasswordLength=KEY_LENGTH,
            ExcludePunctuation=True,
        ),
        KmsKeyId=only_if(keyed, p.kms_key_arn),
        # without the application nobody is logged in, and what it signed is void
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


configuration = Component(Parameters, Outputs, build)
