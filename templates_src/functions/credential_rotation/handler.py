"""Rotate the password of a PostgreSQL user and the URL that applications connect with.

Secrets Manager calls this function once per step: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
There are two secrets: the credentials, which rotate, and the connection, which applications read
at their start. Finishing therefore also rewrites the connection and rolls the services.

One user has one password, so there is a window: from ``setSecret`` until a service has been
rolled, its tasks keep the connections they have and cannot open new ones. The window begins
seconds before the roll and ends with it; schedule rotation for a quiet hour.

Every step may run again after any failure. Between ``setSecret`` and ``finishSecret`` the database
has a password that is not yet current; the next run recognises it, because ``setSecret`` tries all
versions of the credentials that Secrets Manager still has, and carries on. That also mends a
rotation that was cancelled half-way and a database restored from a snapshot.

Environment: ``CONNECTION_SECRET_ARN``; ``SERVICE_ARNS``, the ECS services that read the connection
at their start, comma-joined, may be empty; ``RELEASE_APPLICATION``, the CodeDeploy application and
deployment group of a service that ECS may not roll by itself, may be empty.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import secrets
import ssl
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
from botocore.exceptions import ClientError
from pg8000.exceptions import DatabaseError, InterfaceError
from pg8000.native import Connection, identifier, literal
from scramp import ScramMechanism

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
PASSWORD_LENGTH = 40
CONNECT_SECONDS = 25  # a paused Aurora takes fifteen to wake
# https://www.postgresql.org/docs/current/errcodes-appendix.html
WRONG_PASSWORD = "28P01"
ROOTS = Path(__file__).with_name("rds-roots.pem")

Credentials = dict[str, Any]
log = logging.getLogger()


class RotationError(Exception):
    """A person has to look: ``<where>: <what>; <what to do>``."""


def handler(event: dict[str, str], _context: object = None) -> None:
    """Run the step that Secrets Manager asks for."""
    rotation = Rotation(
        store=boto3.client("secretsmanager"),
        ecs=boto3.client("ecs"),
        arn=event["SecretId"],
        token=event["ClientRequestToken"],
    )
    steps = {
        "createSecret": rotation.create,
        "setSecret": rotation.set,
        "testSecret": rotation.test,
        "finishSecret": rotation.finish,
    }
    log.info("%s of %s", event["Step"], event["SecretId"])
    steps[event["Step"]]()


@dataclass(frozen=True)
class Rotation:
    """One rotation of one secret.

    Attributes:
        store: client of Secrets Manager.
        ecs: client of ECS.
        arn: the credentials that rotate.
        token: id of the version of the credentials that this rotation makes.
    """

    store: Any
    ecs: Any
    arn: str
    token: str

    def create(self) -> None:
        """Store a new password as pending, unless this rotation has done so already."""
        if self._version(VersionId=self.token) is not None:
            return
        pending = {**self._current(), "password": new_password()}
        self.store.put_secret_value(
            SecretId=self.arn,
            ClientRequestToken=self.token,
            SecretString=json.dumps(pending),
            VersionStages=[PENDING],
        )

    def set(self) -> None:
        """Give the database the pending password, with whichever password it has now.

        Raises:
            RotationError: the database accepts none of the passwords that are known.
        """
        pending = self._pending()
        for known in self._known():
            connection = connect({**pending, "password": known["password"]})
            if connection is None:
                continue
            with connection:
                if known["password"] != pending["password"]:
                    change_password(connection, pending["username"], pending["password"])
            return
        raise RotationError(
            f"{self.arn}: the database accepts no known password of {pending['username']!r}; "
            "set its master password to the current one of this secret and rotate again"
        )

    def test(self) -> None:
        """Log in with the pending password.

        A schedule that does not rotate at once is tried out with this step alone, when nothing
        need be pending; then the current password is what can be tested.

        Raises:
            RotationError: the database refuses the password.
        """
        credentials = self._version(VersionId=self.token) or self._current()
        connection = connect(credentials)
        if connection is None:
            raise RotationError(f"{self.arn}: the database refuses the password; rotate again")
        with connection:
            connection.run("SELECT 1")

    def finish(self) -> None:
        """Put the new password into the connection, make it current, roll the services.

        In this order: once the connection is right, a task that starts for any reason works.
        """
        self._rewrite_connection(self._pending())
        self._make_current()
        self._roll_services()

    def _version(self, **which: str) -> Credentials | None:
        try:
            found = self.store.get_secret_value(SecretId=self.arn, **which)
        except ClientError as error:
            # also for a version that exists and is empty, which a failed rotation leaves behind
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
        credentials: Credentials = json.loads(found["SecretString"])
        return credentials

    def _current(self) -> Credentials:
        current = self._version(VersionStage=CURRENT)
        if current is None:
            raise RotationError(f"{self.arn}: there is no current version; restore one")
        return current

    def _pending(self) -> Credentials:
        pending = self._version(VersionId=self.token)
        if pending is None:
            raise RotationError(f"{self.arn}: version {self.token} is empty; rotate again")
        return pending

    def _known(self) -> Iterator[Credentials]:
        """Yield every version that still exists, the newest first."""
        listed = self.store.list_secret_version_ids(SecretId=self.arn, IncludeDeprecated=True)
        for version in sorted(listed["Versions"], key=lambda v: v["CreatedDate"], reverse=True):
            credentials = self._version(VersionId=version["VersionId"])
            if credentials is not None:
                yield credentials

    def _rewrite_connection(self, credentials: Credentials) -> None:
        arn = os.environ["CONNECTION_SECRET_ARN"]
        stored = json.loads(self.store.get_secret_value(SecretId=arn)["SecretString"])
        wanted = {key: renewed(key, value, credentials) for key, value in stored.items()}
        if wanted != stored:
            self.store.put_secret_value(SecretId=arn, SecretString=json.dumps(wanted))

    def _make_current(self) -> None:
        stages = self.store.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        current = next(version for version, labels in stages.items() if CURRENT in labels)
        if current != self.token:
            self.store.update_secret_version_stage(
                SecretId=self.arn,
                VersionStage=CURRENT,
                MoveToVersionId=self.token,
                RemoveFromVersionId=current,
            )

    def _roll_services(self) -> None:
        failed = []
        for arn in filter(None, os.environ.get("SERVICE_ARNS", "").split(",")):
            cluster, service = arn.split("/")[
                -2:
            ]  # arn:aws:ecs:region:account:service/cluster/name
            try:
                self.ecs.update_service(cluster=cluster, service=service, forceNewDeployment=True)
            except ClientError as error:
                failed.append(f"{service} ({error})")
        application = os.environ.get("RELEASE_APPLICATION")
        if application:
            try:
                self._release_again(application)
            except ClientError as error:
                failed.append(f"{application} ({error})")
        if failed:
            raise RotationError(
                f"{self.arn}: rotated, but not rolled: {', '.join(failed)}; "
                "start a new deployment of each, their tasks still use the old password"
            )

    def _release_again(self, application: str) -> None:
        """Let CodeDeploy release the revision that runs: ECS refuses to roll its services.

        Without the hooks of a release, since it is no new one; the alarms watch it all the same.
        """
        names = {"applicationName": application, "deploymentGroupName": application}
        codedeploy = boto3.client("codedeploy")
        group = codedeploy.get_deployment_group(**names)["deploymentGroupInfo"]
        (of,) = group["ecsServices"]
        (service,) = self.ecs.describe_services(
            cluster=of["clusterName"], services=[of["serviceName"]]
        )["services"]
        live = next(one for one in service["taskSets"] if one["status"] == "PRIMARY")
        (target,) = live["loadBalancers"]
        properties = {
            "TaskDefinition": live["taskDefinition"],
            "LoadBalancerInfo": {
                "ContainerName": target["containerName"],
                "ContainerPort": target["containerPort"],
            },
        }
        released = {"TargetService": {"Type": "AWS::ECS::Service", "Properties": properties}}
        content = json.dumps({"version": 0.0, "Resources": [released]})
        codedeploy.create_deployment(
            **names,
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": content}},
            description="the same revision once more, after a rotation of its credentials",
        )


def new_password() -> str:
    """Return letters and digits only, which need no quoting in a URL."""
    alphabet = string.ascii_letters + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(PASSWORD_LENGTH))


def renewed(key: str, value: Any, credentials: Credentials) -> Any:
    """Return what the connection holds under *key* with the new user and password.

    Whatever has the form of a URL keeps its scheme, host and options.
    """
    if key in ("username", "password"):
        return credentials[key]
    if not isinstance(value, str) or "://" not in value:
        return value
    url = urlsplit(value)
    user, password = (quote(credentials[part], safe="") for part in ("username", "password"))
    address = url.netloc.rpartition("@")[2]
    return url._replace(netloc=f"{user}:{password}@{address}").geturl()


def connect(credentials: Credentials) -> Connection | None:
    """Return a connection over verified TLS, or None if the password is wrong.

    Raises:
        RotationError: the server cannot be reached or its certificate is not trusted.
    """
    try:
        return Connection(
            credentials["username"],
            host=credentials["host"],
            port=int(credentials["port"]),
            database=credentials.get("dbname", "postgres"),
            password=credentials["password"],
            timeout=CONNECT_SECONDS,
            ssl_context=tls(),
        )
    except DatabaseError as error:
        if error.args[0].get("C") == WRONG_PASSWORD:
            return None
        raise
    except ssl.SSLCertVerificationError as error:
        raise RotationError(
            f"{credentials['host']}: certificate not trusted: {error.verify_message}; "
            f"add the root certificates of this region to {ROOTS.name} and publish again"
        ) from error
    except InterfaceError as error:
        raise RotationError(
            f"{credentials['host']}: {error}; let this function's security groups reach it"
        ) from error


def tls() -> ssl.SSLContext:
    """Return a context that trusts the roots of RDS and those of the runtime, for RDS Proxy."""
    context = ssl.create_default_context()
    context.load_verify_locations(ROOTS)
    # Python 3.13 turns this on; chain and host name are still verified without it, but not the
    # details of RFC 5280 that certificates issued by RDS do not all keep
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def change_password(connection: Connection, user: str, password: str) -> None:
    """Change the password so that it never travels or is logged as text.

    ``log_statement = ddl`` writes ALTER ROLE to the log as it came. PostgreSQL takes the verifier
    that it would compute itself: https://www.postgresql.org/docs/current/sql-createrole.html
    """
    salt, stored, server, rounds = ScramMechanism("SCRAM-SHA-256").make_auth_info(password)
    salt64, stored64, server64 = (
        base64.b64encode(part).decode() for part in (salt, stored, server)
    )
    verifier = f"SCRAM-SHA-256${rounds}:{salt64}${stored64}:{server64}"
    connection.run(f"ALTER ROLE {identifier(user)} PASSWORD {literal(verifier)}")
