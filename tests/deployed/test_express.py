"""Express on the embedded account: it comes, works, rotates, changes, survives a failure, goes."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pg8000.native import Connection

from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.destroy import destroy
from stackyard.deploy.events import Progress
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import publish
from stackyard.local.account import LocalServer
from stackyard.local.prerequisites import provide
from stackyard.project import Project
from tests.deployed.census import census, kinds
from tests.deployed.small import EVERYTHING, outcome
from tests.deployed.systems import Built, built, types
from tests.functions.conftest import FIRST_PASSWORD, MASTER, Server
from tests.functions.conftest import postgres as postgres  # a fixture
from tests.support import ROOT

ENVIRONMENTS = ["dev", "staging", "prod"]
# The only types of Express that the embedded account cannot make for real
STAND_INS = {
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::CloudWatch::AlarmMuteRule",
    "AWS::RDS::EventSubscription",
}
PATIENCE = 30  # seconds


@pytest.fixture(scope="module")
def express(project: Project) -> Built:
    return built(project, "express")


def cluster(account: Account) -> dict[str, Any]:
    (only,) = account.client("rds").describe_db_clusters()["DBClusters"]
    return dict(only)


def instances(account: Account) -> set[str]:
    found = account.client("rds").describe_db_instances()["DBInstances"]
    return {one["DBInstanceIdentifier"] for one in found}


def eventually(holds: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_is_deployed_is_what_the_model_says(
    server: LocalServer, account: Account, express: Built, environment: str
) -> None:
    end = express.brought(account, environment)
    assert (end.result, end.cause) == ("created", None)
    stack = express.sets[environment].stack_name
    expected = express.expected(environment)
    assert dict(types(account, stack)) == expected
    assert {one.type for one in server.stand_ins(account)} == STAND_INS & set(expected.values())
    assert express.brought(account, environment).result == "unchanged"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_destroying_an_environment_leaves_the_account_as_it_was(
    account: Account, express: Built, environment: str
) -> None:
    item = express.sets[environment]
    provide(account, item.parameters)
    publish(account, ROOT / "dist", "express")
    before = census(account)
    express.brought(account, environment)
    assert kinds(account) >= {"DBClusters", "DBInstances", "QueueUrls", "Functions", "logGroups"}

    consent = replace(EVERYTHING, lifts_protection=True)
    end = outcome(list(destroy(account, item.stack_name, consent)))

    assert (end.result, end.remaining) == ("deleted", ())
    assert census(account) == before


def test_database_and_queue_are_complete_before_api_and_worker_begin(
    account: Account, express: Built
) -> None:
    item = express.sets["dev"]
    published = publish(account, ROOT / "dist", "express")
    places = {"TemplateBucket": published.bucket, "TemplatePrefix": published.prefix}
    request = Request(
        stack_name=item.stack_name,
        template_url=published.url("blueprints/express.yaml"),
        parameters={**item.parameters, **places},
        tags=item.tags,
    )
    events = list(deploy(account, request))
    assert (outcome(events).result, outcome(events).cause) == ("created", None)
    said = [(one.name, one.event.status) for one in events if isinstance(one, Progress)]
    for earlier, later in (
        *(("Network", "Database"), ("Network", "Queue")),
        *(("Database", "Api"), ("Queue", "Api"), ("Database", "Worker"), ("Queue", "Worker")),
    ):
        done, begun = (earlier, "CREATE_COMPLETE"), (later, "CREATE_IN_PROGRESS")
        assert said.index(done) < said.index(begun), f"{later} did not wait for {earlier}"


def test_dev_grows_to_the_values_of_prod_and_shrinks_again_in_place(
    account: Account, express: Built
) -> None:
    larger = {
        **{"MinCapacityAcu": "1", "MaxCapacityAcu": "8", "HasReader": "true"},
        **{"Nat": "per-az", "MaxConcurrencyCount": "50", "WorkerMemoryMib": "1024"},
    }
    express.brought(account, "dev")
    host, writer = cluster(account), instances(account)
    assert host["ServerlessV2ScalingConfiguration"]["MaxCapacity"] == 2

    grown = express.brought(account, "dev", **larger)

    assert (grown.result, grown.cause) == ("updated", None)
    assert cluster(account)["Endpoint"] == host["Endpoint"]
    assert cluster(account)["ServerlessV2ScalingConfiguration"]["MaxCapacity"] == 8
    assert len(instances(account)) == 2
    assert instances(account) > writer
    stack = express.sets["dev"].stack_name
    assert dict(types(account, stack)) == express.expected("dev", **larger)

    assert express.brought(account, "dev").result == "updated"
    assert instances(account) == writer
    assert dict(types(account, stack)) == express.expected("dev")


BROKEN = {"DomainName": "api.example.com", "HostedZoneId": "ZNOTHERE"}


def test_an_update_that_fails_is_rolled_back_and_says_why(account: Account, express: Built) -> None:
    express.brought(account, "dev")
    before, host = census(account), cluster(account)
    given = {**express.sets["dev"].parameters, **BROKEN, "MaxCapacityAcu": "16"}

    end = express.deployed(account, "dev", **given)

    assert (end.result, end.status) == ("rolled back", "UPDATE_ROLLBACK_COMPLETE")
    assert end.cause
    assert "ZNOTHERE" in end.cause.reason
    assert census(account) == before
    capacity = "ServerlessV2ScalingConfiguration"
    assert cluster(account)[capacity] == host[capacity]
    assert express.brought(account, "dev").result == "unchanged"


def test_a_creation_that_fails_leaves_no_database_queue_or_function(
    account: Account, express: Built
) -> None:
    end = express.deployed(account, "dev", **{**express.sets["dev"].parameters, **BROKEN})
    assert (end.result, end.status) == ("rolled back", "ROLLBACK_COMPLETE")
    assert not kinds(account) & {"DBClusters", "DBInstances", "QueueUrls", "Functions"}


def test_fifo_queues_come_as_a_pair_and_replace_the_standard_ones(
    account: Account, express: Built
) -> None:
    sqs = account.client("sqs")

    def names() -> set[str]:
        return {url.rpartition("/")[2] for url in sqs.list_queues()["QueueUrls"]}

    express.brought(account, "dev")
    before = names()
    end = express.brought(account, "dev", Fifo="true")
    assert (end.result, end.cause) == ("updated", None)
    assert names() == {f"{name}.fifo" for name in before}
    for url in (end.outputs["QueueUrl"], end.outputs["DeadLetterQueueUrl"]):
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["FifoQueue"])
        assert found["Attributes"] == {"FifoQueue": "true"}


@dataclass(frozen=True)
class Live:
    """A deployed dev whose database is a PostgreSQL server of this machine.

    Attributes:
        account: where it is.
        outputs: of its root stack.
        database: the server.
        log: of the embedded account.
    """

    account: Account
    outputs: dict[str, str]
    database: Server
    log: Path

    def function(self, part: str) -> str:
        """Return the name of the function of a nested stack."""
        found = self.account.client("lambda").list_functions()["Functions"]
        (name,) = [one["FunctionName"] for one in found if f"-{part}-" in one["FunctionName"]]
        return str(name)

    def tell(self, part: str, **variables: str) -> None:
        """Change variables of a function."""
        client = self.account.client("lambda")
        name = self.function(part)
        known = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**known, **variables}}
        )

    def secret(self, name: str) -> str:
        """Return the ARN of the secret with this logical id."""
        found = self.account.client("secretsmanager").list_secrets()["SecretList"]
        (arn,) = [one["ARN"] for one in found if f"-{name}-" in one["Name"]]
        return str(arn)

    def content(self, name: str) -> dict[str, Any]:
        """Return the current content of a secret."""
        client = self.account.client("secretsmanager")
        return dict(json.loads(client.get_secret_value(SecretId=self.secret(name))["SecretString"]))

    def send(self, body: str) -> None:
        self.account.client("sqs").send_message(QueueUrl=self.outputs["QueueUrl"], MessageBody=body)

    def dead(self) -> list[str]:
        """Return the messages in the dead-letter queue, which stay there."""
        found = self.account.client("sqs").receive_message(
            QueueUrl=self.outputs["DeadLetterQueueUrl"], VisibilityTimeout=0
        )
        return [one["Body"] for one in found.get("Messages", [])]

    def notified(self) -> list[str]:
        """Return what the worker has written."""
        socket = f"{self.database.folder}/.s.PGSQL.{self.database.port}"
        with Connection(MASTER, unix_sock=socket, database="postgres") as admin:
            there = admin.run("SELECT to_regclass('notifications')") or [[None]]
            rows = admin.run("SELECT text FROM notifications ORDER BY id") if there[0][0] else []
            return [row[0] for row in rows or []]

    def hang_up(self) -> None:
        """End the worker's connections."""
        socket = f"{self.database.folder}/.s.PGSQL.{self.database.port}"
        with Connection(MASTER, unix_sock=socket, database="postgres") as admin:
            admin.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'postgres.js'"
            )

    def rotate(self) -> None:
        self.account.client("secretsmanager").rotate_secret(SecretId=self.secret("Credentials"))

    def rolled(self) -> list[str]:
        """Return the deployments that the service has had."""
        (service,) = self.account.client("ecs").describe_services(
            cluster=self.outputs["ClusterName"], services=[self.outputs["ServiceName"]]
        )["services"]
        return [one["id"] for one in service["deployments"]]


@pytest.fixture
def live(server: LocalServer, account: Account, express: Built, postgres: Server) -> Iterator[Live]:
    if not shutil.which("node"):
        pytest.skip("no node on this machine: apt-get install nodejs")
    postgres.reset()
    end = express.brought(account, "dev", MaxReceiveCount="2")
    made = Live(account, dict(end.outputs), postgres, Path(server.log))
    # the cluster here is a record only; a server of this machine is put in its place
    place = {"host": "localhost", "port": postgres.port, "dbname": "postgres"}
    known = {"username": MASTER, "password": FIRST_PASSWORD, **place}
    url = f"postgresql://{MASTER}:{FIRST_PASSWORD}@localhost:{postgres.port}/postgres"
    for name, content in (("Credentials", known), ("Connection", {**known, "url": url})):
        account.client("secretsmanager").put_secret_value(
            SecretId=made.secret(name), SecretString=json.dumps(content)
        )
    made.tell("Worker", NODE_EXTRA_CA_CERTS=str(postgres.certificate))
    made.tell("Rotation", SSL_CERT_FILE=str(postgres.certificate))
    # what fails comes again after a second instead of six minutes
    account.client("sqs").set_queue_attributes(
        QueueUrl=made.outputs["QueueUrl"], Attributes={"VisibilityTimeout": "1"}
    )
    socket = f"{postgres.folder}/.s.PGSQL.{postgres.port}"
    with Connection(MASTER, unix_sock=socket, database="postgres") as admin:
        admin.run("DROP TABLE IF EXISTS notifications, processed_messages")
    yield made
    destroy_all = destroy(account, express.sets["dev"].stack_name, EVERYTHING)
    assert outcome(list(destroy_all)).result == "deleted"


def mail(text: str) -> str:
    return json.dumps({"recipient": "a@example.com", "text": text})


def test_a_message_is_processed_into_the_database_and_a_poisonous_one_ends_among_dead_letters(
    live: Live,
) -> None:
    for body in (mail("one"), "poison", mail("two")):
        live.send(body)
    eventually(lambda: sorted(live.notified()) == ["one", "two"], "messages were not processed")
    eventually(lambda: live.dead() == ["poison"], "the poisonous message is not among dead letters")
    assert sorted(live.notified()) == ["one", "two"]


def test_a_rotation_changes_the_password_keeps_the_url_true_and_rolls_the_service(
    live: Live,
) -> None:
    live.send(mail("before"))
    eventually(lambda: live.notified() == ["before"], "the worker does not work")
    before = live.rolled()

    live.rotate()

    eventually(
        lambda: live.content("Credentials")["password"] != FIRST_PASSWORD, "nothing has rotated"
    )
    password = live.content("Credentials")["password"]
    assert live.database.admits(password)
    assert not live.database.admits(FIRST_PASSWORD)
    assert f":{password}@" in live.content("Connection")["url"]
    eventually(lambda: live.rolled() != before, "the service was not rolled")
    live.hang_up()
    live.send(mail("after"))
    eventually(lambda: live.notified() == ["before", "after"], "the worker lost the database")


def test_a_rotation_that_fails_half_way_is_finished_by_the_next(live: Live) -> None:
    connection = live.secret("Connection")
    live.tell("Rotation", CONNECTION_SECRET_ARN=f"{connection}-missing")
    live.rotate()
    stopped = f"rotation of {live.secret('Credentials')} stopped at finishSecret"
    eventually(lambda: stopped in live.log.read_text(), "the rotation did not fail")
    # half-way: the server has the new password, and everybody else the old one
    assert not live.database.admits(FIRST_PASSWORD)
    assert live.content("Credentials")["password"] == FIRST_PASSWORD
    assert f":{FIRST_PASSWORD}@" in live.content("Connection")["url"]

    live.tell("Rotation", CONNECTION_SECRET_ARN=connection)
    live.rotate()

    eventually(
        lambda: live.content("Credentials")["password"] != FIRST_PASSWORD, "nothing was mended"
    )
    password = live.content("Credentials")["password"]
    assert live.database.admits(password)
    assert f":{password}@" in live.content("Connection")["url"]
    live.send(mail("mended"))
    eventually(lambda: live.notified() == ["mended"], "the worker does not reach the database")
