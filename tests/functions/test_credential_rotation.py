from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from templates_src.functions.credential_rotation import handler as rotation

from .conftest import (
    CONNECTION,
    CREDENTIALS,
    FIRST_PASSWORD,
    MASTER,
    Ecs,
    Server,
    Store,
    refusal,
)

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
SERVICES = "arn:aws:ecs:eu-central-1:123456789012:service/cluster"
Run = Callable[..., None]


class Database:
    """The one thing about a server that a rotation needs: which password it accepts."""

    def __init__(self) -> None:
        self.password = FIRST_PASSWORD

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, _sql: str) -> None: ...


@pytest.fixture
def store() -> Store:
    store = Store()
    credentials = {"username": MASTER, "password": FIRST_PASSWORD, "host": "db", "port": 5432}
    url = f"postgresql://{MASTER}:{FIRST_PASSWORD}@db:5432/shop?sslmode=require"
    connection = {**credentials, "dbname": "shop", "url": url}
    for secret, value in ((CREDENTIALS, credentials), (CONNECTION, connection)):
        store.put_secret_value(SecretId=secret, SecretString=json.dumps(value))
    return store


@pytest.fixture
def ecs() -> Ecs:
    return Ecs()


@pytest.fixture
def run(store: Store, ecs: Ecs, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CONNECTION_SECRET_ARN", CONNECTION)
    monkeypatch.setenv("SERVICE_ARNS", ",".join(f"{SERVICES}/{name}" for name in ("api", "worker")))
    clients: dict[str, Any] = {"secretsmanager": store, "ecs": ecs}
    monkeypatch.setattr(boto3, "client", clients.__getitem__)

    def run(*steps: str, token: str = "second") -> None:
        for step in steps:
            rotation.handler({"Step": step, "SecretId": CREDENTIALS, "ClientRequestToken": token})

    return run


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()

    def connect(credentials: dict[str, Any]) -> Database | None:
        return database if credentials["password"] == database.password else None

    def change_password(connection: Database, user: str, password: str) -> None:
        assert user == MASTER
        connection.password = password

    monkeypatch.setattr(rotation, "connect", connect)
    monkeypatch.setattr(rotation, "change_password", change_password)
    return database


def value(store: Store, secret: str = CREDENTIALS, **which: str) -> Any:
    return json.loads(store.get_secret_value(SecretId=secret, **which)["SecretString"])


def test_rotation_changes_the_password_everywhere_and_rolls_the_services(
    run: Run, store: Store, ecs: Ecs, database: Database
) -> None:
    run(*STEPS)
    password = value(store)["password"]
    assert password == database.password != FIRST_PASSWORD
    assert value(store, CONNECTION) == {
        **value(store),
        "dbname": "shop",
        "url": f"postgresql://{MASTER}:{password}@db:5432/shop?sslmode=require",
    }
    assert ecs.rolled == ["cluster/api", "cluster/worker"]


def test_the_previous_password_stays_readable(run: Run, store: Store, database: Database) -> None:
    run(*STEPS)
    assert value(store, VersionStage="AWSPREVIOUS")["password"] == FIRST_PASSWORD


@pytest.mark.parametrize("repeated", STEPS)
def test_every_step_may_run_twice(
    run: Run, store: Store, database: Database, repeated: str
) -> None:
    for step in STEPS:
        run(step)
        if step == repeated:
            run(step)
    assert value(store)["password"] == database.password
    assert database.password in value(store, CONNECTION)["url"]


def test_a_password_that_is_pending_is_not_replaced(
    run: Run, store: Store, database: Database
) -> None:
    run("createSecret")
    pending = value(store, VersionId="second")
    run("createSecret")
    assert value(store, VersionId="second") == pending


def test_nothing_changes_for_applications_until_the_last_step(
    run: Run, store: Store, ecs: Ecs, database: Database
) -> None:
    run("createSecret", "setSecret", "testSecret")
    assert value(store)["password"] == FIRST_PASSWORD
    assert FIRST_PASSWORD in value(store, CONNECTION)["url"]
    assert ecs.rolled == []


@pytest.mark.parametrize(
    "operation", [f"put_secret_value {CONNECTION}", f"update_secret_version_stage {CREDENTIALS}"]
)
def test_a_rotation_that_failed_while_finishing_is_finished_by_the_next_attempt(
    run: Run, store: Store, database: Database, operation: str
) -> None:
    store.fails_on = {operation}
    with pytest.raises(Exception, match="InternalServiceError"):
        run(*STEPS)
    store.fails_on = set()
    run(*STEPS)
    assert value(store)["password"] == database.password
    assert database.password in value(store, CONNECTION)["url"]


def test_a_rotation_cancelled_half_way_is_mended_by_the_next_one(
    run: Run, store: Store, database: Database
) -> None:
    run("createSecret", "setSecret")
    del store.labels[CREDENTIALS]["AWSPENDING"]  # what a person does to get it unstuck
    run(*STEPS, token="third")
    assert value(store)["password"] == database.password
    assert store.labels[CREDENTIALS]["AWSCURRENT"] == "third"


def test_an_empty_pending_version_is_filled(run: Run, store: Store, database: Database) -> None:
    store.versions[CREDENTIALS]["second"] = None
    store.labels[CREDENTIALS]["AWSPENDING"] = "second"
    run(*STEPS)
    assert value(store)["password"] == database.password != FIRST_PASSWORD


def test_a_password_that_nobody_knows_is_explained(run: Run, database: Database) -> None:
    database.password = "changed by hand"
    run("createSecret")
    with pytest.raises(rotation.RotationError, match="accepts no known password of 'shop'"):
        run("setSecret")


def test_a_schedule_is_tried_out_with_the_current_password(run: Run, database: Database) -> None:
    run("testSecret", token="never created")


def test_a_pending_password_that_the_database_refuses_fails_the_test(
    run: Run, database: Database
) -> None:
    run("createSecret")
    with pytest.raises(rotation.RotationError, match="refuses the password"):
        run("testSecret")


def test_one_service_that_cannot_be_rolled_does_not_keep_the_others(
    run: Run, store: Store, ecs: Ecs, database: Database
) -> None:
    ecs.refuses = {"api"}
    with pytest.raises(rotation.RotationError, match="not rolled: api"):
        run(*STEPS)
    assert ecs.rolled == ["cluster/worker"]
    assert value(store)["password"] == database.password


def test_without_services_nothing_is_rolled(
    run: Run, ecs: Ecs, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_ARNS", "")
    run(*STEPS)
    assert ecs.rolled == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "postgresql+asyncpg://a:b@h:5432/d?ssl=1",
            "postgresql+asyncpg://u%40:p%2F@h:5432/d?ssl=1",
        ),
        ("postgresql://h/d", "postgresql://u%40:p%2F@h/d"),
        ("require", "require"),
        (5432, 5432),
    ],
)
def test_a_url_keeps_all_but_user_and_password(before: object, after: object) -> None:
    assert rotation.renewed("any", before, {"username": "u@", "password": "p/"}) == after


def test_new_passwords_need_no_quoting() -> None:
    password = rotation.new_password()
    assert len(password) == 40
    assert password.isascii()
    assert password.isalnum()
    assert password != rotation.new_password()


def test_the_roots_of_every_region_are_trusted_and_valid() -> None:
    roots = {
        dict(pair[0] for pair in root["subject"])["commonName"]
        for root in rotation.tls().get_ca_certs()
        if "Amazon RDS" in str(root["subject"])
    }
    for algorithm in ("RSA2048", "RSA4096", "ECC384"):
        assert f"Amazon RDS eu-central-1 Root CA {algorithm} G1" in roots
    assert len(roots) == 81


def test_an_unreachable_database_is_named(unused_port: int) -> None:
    with pytest.raises(rotation.RotationError, match=r"localhost: .*security groups"):
        rotation.connect({**_anybody(), "host": "localhost", "port": unused_port})


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _anybody() -> dict[str, Any]:
    return {"username": MASTER, "password": FIRST_PASSWORD}


class TestOnARealServer:
    @pytest.fixture(autouse=True)
    def first_password(
        self, postgres: Server, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        postgres.reset()
        monkeypatch.setenv("SSL_CERT_FILE", str(postgres.certificate))
        address = {"host": "localhost", "port": postgres.port, "dbname": "postgres"}
        credentials = value(store) | address
        store.put_secret_value(SecretId=CREDENTIALS, SecretString=json.dumps(credentials))

    def test_the_new_password_logs_in_and_the_old_one_does_not(
        self, run: Run, store: Store, postgres: Server
    ) -> None:
        run(*STEPS)
        assert postgres.admits(value(store)["password"])
        assert not postgres.admits(FIRST_PASSWORD)

    def test_a_failure_half_way_is_finished_by_the_next_attempt(
        self, run: Run, store: Store, postgres: Server
    ) -> None:
        store.fails_on = {f"put_secret_value {CONNECTION}"}
        with pytest.raises(Exception, match="InternalServiceError"):
            run(*STEPS)
        assert not postgres.admits(value(store)["password"])
        store.fails_on = set()
        run(*STEPS)
        assert postgres.admits(value(store)["password"])
        assert value(store)["password"] in value(store, CONNECTION)["url"]

    def test_the_password_is_not_in_the_server_log(
        self, run: Run, store: Store, postgres: Server
    ) -> None:
        run(*STEPS)
        logged = postgres.log.read_text()
        assert "ALTER ROLE" in logged
        assert value(store)["password"] not in logged

    def test_a_server_with_a_certificate_of_others_is_refused(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SSL_CERT_FILE", str(rotation.ROOTS))
        with pytest.raises(rotation.RotationError, match="localhost: certificate not trusted"):
            run("createSecret", "setSecret")


def test_names_in_certificates_are_verified() -> None:
    context = rotation.tls()
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


class CodeDeploy:
    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []
        self.refuses = False

    def get_deployment_group(self, **names: str) -> dict[str, Any]:
        assert set(names.values()) == {"shop"}
        service = {"clusterName": "cluster", "serviceName": "v1"}
        return {"deploymentGroupInfo": {"ecsServices": [service]}}

    def create_deployment(self, **given: Any) -> None:
        if self.refuses:
            raise refusal("DeploymentLimitExceededException")
        self.created.append(given)


@pytest.fixture
def codedeploy(monkeypatch: pytest.MonkeyPatch, run: Run, store: Store, ecs: Ecs) -> CodeDeploy:
    made = CodeDeploy()
    target = {"containerName": "app", "containerPort": 8000}
    sets = [
        {"status": "ACTIVE", "taskDefinition": "next:9", "loadBalancers": [target]},
        {"status": "PRIMARY", "taskDefinition": "live:8", "loadBalancers": [target]},
    ]
    described = {"services": [{"taskSets": sets}]}
    monkeypatch.setattr(ecs, "describe_services", lambda **_: described, raising=False)
    monkeypatch.setenv("SERVICE_ARNS", "")
    monkeypatch.setenv("RELEASE_APPLICATION", "shop")
    clients: dict[str, Any] = {"secretsmanager": store, "ecs": ecs, "codedeploy": made}
    monkeypatch.setattr(boto3, "client", clients.__getitem__)
    return made


def test_a_service_of_codedeploy_is_released_once_more_as_it_runs(
    run: Run, codedeploy: CodeDeploy, ecs: Ecs, database: Database
) -> None:
    run(*STEPS)
    (given,) = codedeploy.created
    assert given["applicationName"] == given["deploymentGroupName"] == "shop"
    told = json.loads(given["revision"]["appSpecContent"]["content"])
    (resource,) = told["Resources"]
    assert resource["TargetService"]["Properties"] == {
        "TaskDefinition": "live:8",
        "LoadBalancerInfo": {"ContainerName": "app", "ContainerPort": 8000},
    }
    assert ecs.rolled == []


def test_a_release_that_is_under_way_already_is_reported(
    run: Run, codedeploy: CodeDeploy, database: Database
) -> None:
    codedeploy.refuses = True
    with pytest.raises(rotation.RotationError, match=r"not rolled: shop \(.*LimitExceeded"):
        run(*STEPS)
    codedeploy.refuses = False
    run("finishSecret")
    assert len(codedeploy.created) == 1
