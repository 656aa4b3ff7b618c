"""The starter of the worker in Node.js, against a PostgreSQL server where one is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pg8000.native import Connection

from tests.support import ROOT

from .conftest import FIRST_PASSWORD, MASTER, Server

WORKER = ROOT / "templates_src" / "functions" / "worker"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:connection"
# Lambda has the SDK; here one takes its place that reads a file whenever it is asked
SDK = """
    const fs = require("node:fs");
    exports.GetSecretValueCommand = class { constructor(input) { this.input = input; } };
    exports.SecretsManagerClient = class {
      async send({ input }) {
        if (input.SecretId !== process.env.SECRET_ARN) throw new Error(`no ${input.SecretId}`);
        return { SecretString: fs.readFileSync(process.env.SECRET_FILE, "utf8") };
      }
    };
"""
# An instance of the function: a batch on each line in, and on each line out what it answers
RUNTIME = """
    const lines = require("node:readline").createInterface({ input: process.stdin });
    for (const level of ["info", "error"]) {
      console[level] = (entry) => process.stderr.write(JSON.stringify({ level, ...entry }) + "\\n");
    }
    const { handler } = require(process.argv[1]);
    lines.on("line", async (line) => {
      process.stdout.write(JSON.stringify(await handler(JSON.parse(line))) + "\\n");
    });
    lines.on("close", () => process.exit());
"""


def record(message_id: str, body: Any, queue: str = "jobs") -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "messageId": message_id,
        "body": text,
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSourceARN": f"arn:aws:sqs:eu-west-1:123456789012:{queue}",
    }


def mail(text: str) -> dict[str, str]:
    return {"recipient": "a@example.com", "text": text}


class Instance:
    """A warm instance of the function."""

    def __init__(self, folder: Path, server: Server, password: str) -> None:
        self.secret, self.log = folder / "secret.json", folder / "log"
        self.server = server
        self.knows(password)
        sdk = folder / "node_modules" / "@aws-sdk" / "client-secrets-manager"
        sdk.mkdir(parents=True)
        (sdk / "index.js").write_text(textwrap.dedent(SDK))
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["node", "-e", textwrap.dedent(RUNTIME), str(WORKER / "handler.js")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={
                    "PATH": os.environ["PATH"],
                    "NODE_PATH": str(folder / "node_modules"),
                    "NODE_EXTRA_CA_CERTS": str(server.certificate),
                    "DATABASE_URL_SECRET": f"{SECRET}:url::",
                    "SECRET_ARN": SECRET,
                    "SECRET_FILE": str(self.secret),
                },
            )

    def knows(self, password: str) -> None:
        """Let the secret hold *password*."""
        place = f"localhost:{self.server.port}/postgres?sslmode=require"
        self.secret.write_text(json.dumps({"url": f"postgresql://{MASTER}:{password}@{place}"}))

    def handles(self, *records: dict[str, Any]) -> list[str]:
        """Handle a batch and return the messages that are to come again."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"Records": records}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, self.log.read_text()
        return [item["itemIdentifier"] for item in json.loads(answer)["batchItemFailures"]]

    def logged(self) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def end(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@pytest.fixture
def admin(postgres: Server) -> Iterator[Connection]:
    socket = f"{postgres.folder}/.s.PGSQL.{postgres.port}"
    with Connection(MASTER, unix_sock=socket, database="postgres") as connection:
        connection.run("DROP TABLE IF EXISTS notifications, processed_messages")
        connection.run(f"ALTER ROLE {MASTER} PASSWORD '{FIRST_PASSWORD}'")
        yield connection


@pytest.fixture
def start(postgres: Server, admin: Connection, tmp_path: Path) -> Iterator[Callable[[], Instance]]:
    if not shutil.which("node"):
        pytest.skip("no node on this machine: apt-get install nodejs")
    started: list[Instance] = []

    def start() -> Instance:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Instance(folder, postgres, FIRST_PASSWORD))
        return started[-1]

    yield start
    for instance in started:
        instance.end()


@pytest.fixture
def instance(start: Callable[[], Instance]) -> Instance:
    return start()


def notified(admin: Connection) -> list[str]:
    return [row[0] for row in admin.run("SELECT text FROM notifications ORDER BY id") or []]


def test_messages_are_processed_in_their_order(instance: Instance, admin: Connection) -> None:
    assert instance.handles(record("1", mail("one")), record("2", mail("two"))) == []
    assert notified(admin) == ["one", "two"]


def test_only_what_failed_comes_again(instance: Instance, admin: Connection) -> None:
    batch = (record("1", "no json"), record("2", mail("two")), record("3", {"text": "nobody"}))
    assert instance.handles(*batch) == ["1", "3"]
    assert notified(admin) == ["two"]


def test_a_message_that_is_delivered_twice_counts_once(
    instance: Instance, admin: Connection
) -> None:
    assert instance.handles(record("1", mail("one"))) == []
    assert instance.handles(record("1", mail("one")), record("1", mail("one"))) == []
    assert notified(admin) == ["one"]


def test_two_instances_count_a_message_once(
    start: Callable[[], Instance], admin: Connection
) -> None:
    first, second = start(), start()
    assert first.handles(record("1", mail("one"))) == []
    assert second.handles(record("1", mail("one"))) == []
    assert notified(admin) == ["one"]


def test_what_failed_before_is_done_when_it_comes_again(
    instance: Instance, admin: Connection
) -> None:
    admin.run("CREATE TABLE notifications (recipient text, text text CHECK (text <> 'one'))")
    assert instance.handles(record("1", mail("one"))) == ["1"]
    admin.run("DROP TABLE notifications")
    admin.run("CREATE TABLE notifications (id serial, recipient text, text text)")
    assert instance.handles(record("1", mail("one"))) == []
    assert notified(admin) == ["one"]


def test_nothing_of_a_fifo_queue_overtakes_what_failed(
    instance: Instance, admin: Connection
) -> None:
    batch = [record("1", mail("one"), "jobs.fifo"), record("2", "no json", "jobs.fifo")]
    batch += [record("3", mail("three"), "jobs.fifo")]
    assert instance.handles(*batch) == ["2", "3"]
    assert notified(admin) == ["one"]


def test_a_new_password_is_read_when_the_old_one_is_refused(
    instance: Instance, admin: Connection
) -> None:
    assert instance.handles(record("1", mail("one"))) == []
    admin.run(f"ALTER ROLE {MASTER} PASSWORD 'SecondPassword2'")
    instance.knows("SecondPassword2")
    assert instance.handles(record("2", mail("two"))) == [], "an open connection goes on"
    admin.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'postgres.js'"
    )
    assert instance.handles(record("3", mail("three")), record("4", mail("four"))) == []
    assert notified(admin) == ["one", "two", "three", "four"]


def test_a_wrong_password_fails_the_messages_and_not_the_instance(
    instance: Instance, admin: Connection
) -> None:
    instance.knows("WrongPassword3")
    assert instance.handles(record("1", mail("one"))) == ["1"]
    instance.knows(FIRST_PASSWORD)
    assert instance.handles(record("1", mail("one"))) == []
    assert notified(admin) == ["one"]


def test_a_certificate_that_nobody_vouches_for_is_refused(
    start: Callable[[], Instance], monkeypatch: pytest.MonkeyPatch, postgres: Server
) -> None:
    monkeypatch.setattr(Server, "certificate", property(lambda self: self.folder / "none"))
    distrustful = start()
    assert distrustful.handles(record("1", mail("one"))) == ["1"]
    (entry,) = [one for one in distrustful.logged() if one["level"] == "error"]
    assert "self-signed certificate" in entry["error"]


def test_log_says_what_became_of_each_message(instance: Instance, admin: Connection) -> None:
    instance.handles(record("1", mail("one")), record("1", mail("one")), record("2", "no json"))
    assert [(one["level"], one["event"], one["messageId"]) for one in instance.logged()] == [
        ("info", "processed", "1"),
        ("info", "processed before", "1"),
        ("error", "failed", "2"),
    ]


def test_driver_is_the_one_that_is_pinned() -> None:
    pinned = json.loads((WORKER / "package.json").read_text())["dependencies"]["postgres"]
    locked = json.loads((WORKER / "package-lock.json").read_text())["packages"]
    carried = json.loads((WORKER / "node_modules" / "postgres" / "package.json").read_text())
    assert carried["version"] == locked["node_modules/postgres"]["version"] == pinned
    assert set(locked) == {"", "node_modules/postgres"}
