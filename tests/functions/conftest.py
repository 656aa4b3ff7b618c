"""A Secrets Manager and an ECS that remember, and a PostgreSQL server where one is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pg8000.exceptions import DatabaseError
from pg8000.native import Connection

CREDENTIALS, CONNECTION = "arn:credentials", "arn:connection"
MASTER, FIRST_PASSWORD = "shop", "FirstPassword1"


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "AnyOperation")


class Store:
    """Secrets Manager, as far as a rotation sees it."""

    def __init__(self) -> None:
        self.versions: dict[str, dict[str, str | None]] = {}
        self.labels: dict[str, dict[str, str]] = {}
        self.fails_on: set[str] = set()

    def put_secret_value(self, **given: Any) -> None:
        self._fail("put_secret_value", given["SecretId"])
        secret = given["SecretId"]
        versions = self.versions.setdefault(secret, {})
        version = given.get("ClientRequestToken", f"version-{len(versions)}")
        if versions.get(version) not in (None, given["SecretString"]):
            raise refusal("ResourceExistsException")
        versions[version] = given["SecretString"]
        for label in given.get("VersionStages", ["AWSCURRENT"]):
            self.labels.setdefault(secret, {})[label] = version

    def get_secret_value(self, **given: Any) -> dict[str, str]:
        secret = given["SecretId"]
        label = given.get("VersionStage", "AWSCURRENT")
        version = given.get("VersionId") or self.labels[secret].get(label, "")
        text = self.versions[secret].get(version)
        if text is None:
            raise refusal("ResourceNotFoundException")
        return {"SecretString": text}

    def list_secret_version_ids(self, **given: Any) -> dict[str, Any]:
        assert given["IncludeDeprecated"]
        start = datetime(2026, 1, 1, tzinfo=UTC)
        versions = [
            {"VersionId": version, "CreatedDate": start + timedelta(days=age)}
            for age, version in enumerate(self.versions[given["SecretId"]])
        ]
        return {"Versions": versions}

    def describe_secret(self, **given: Any) -> dict[str, Any]:
        stages: dict[str, list[str]] = {}
        for label, version in self.labels[given["SecretId"]].items():
            stages.setdefault(version, []).append(label)
        return {"VersionIdsToStages": stages}

    def update_secret_version_stage(self, **given: Any) -> None:
        self._fail("update_secret_version_stage", given["SecretId"])
        labels = self.labels[given["SecretId"]]
        assert labels[given["VersionStage"]] == given["RemoveFromVersionId"]
        labels["AWSPREVIOUS"] = given["RemoveFromVersionId"]
        labels[given["VersionStage"]] = given["MoveToVersionId"]

    def _fail(self, operation: str, secret: str) -> None:
        if f"{operation} {secret}" in self.fails_on:
            raise refusal("InternalServiceError")


@dataclass
class Ecs:
    """ECS, as far as a rotation sees it."""

    rolled: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    def update_service(self, *, cluster: str, service: str, forceNewDeployment: bool) -> None:
        if service in self.refuses:
            raise refusal("ServiceNotFoundException")
        assert forceNewDeployment
        self.rolled.append(f"{cluster}/{service}")


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL that takes TLS and passwords only from the network."""

    port: int
    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "server.crt"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def reset(self) -> None:
        """Give the role its first password again, over the socket that asks for none."""
        with Connection(
            MASTER, unix_sock=f"{self.folder}/.s.PGSQL.{self.port}", database="postgres"
        ) as admin:
            admin.run(f"ALTER ROLE {MASTER} PASSWORD '{FIRST_PASSWORD}'")

    def admits(self, password: str) -> bool:
        try:
            Connection(
                MASTER,
                host="localhost",
                port=self.port,
                database="postgres",
                password=password,
                ssl_context=ssl.create_default_context(cafile=str(self.certificate)),
            ).close()
        except DatabaseError:
            return False
        return True


def _binary(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None
    )
    if found is None:
        pytest.skip(f"no {name} on this machine: apt-get install postgresql openssl")
    return found


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start a server with a certificate of its own and the role ``shop``."""
    initdb, pg_ctl, openssl = (_binary(name) for name in ("initdb", "pg_ctl", "openssl"))
    root = os.geteuid() == 0
    if root and not any(user.pw_name == "postgres" for user in pwd.getpwall()):
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres to run it as")
    become: dict[str, Any] = {"user": "postgres", "group": "postgres"} if root else {}
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))

    def run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, cwd=folder, **become)

    if root:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(port, folder)
    password, data = folder / "password", folder / "data"
    password.write_text(FIRST_PASSWORD)
    password.chmod(0o644)
    key, certificate = folder / "server.key", server.certificate
    run(
        *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
        *("-keyout", str(key), "-out", str(certificate)),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
    )
    run(initdb, "-D", str(data), "-U", MASTER, "-A", "scram-sha-256", f"--pwfile={password}")
    (data / "pg_hba.conf").write_text("local all all trust\nhostssl all all all scram-sha-256\n")
    options = (
        f"-p {port} -k {folder} -c ssl=on -c ssl_cert_file={certificate} -c ssl_key_file={key} "
        "-c fsync=off -c log_statement=ddl -c listen_addresses=localhost"
    )
    run(pg_ctl, "-D", str(data), "-l", str(server.log), "-o", options, "-w", "start")
    try:
        yield server
    finally:
        run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)
