"""The runbooks of docs/guide/blue-green.md that restore a database, run as they are printed.

Slow: each command is a process of its own, and each deployment builds first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.local import account as local
from tests.deployed.guides import run
from tests.deployed.systems import types
from tests.projects import build_py, copied

PAGE = "blue-green"
DEV, TEST, PROD = (f"myorg-{name}-fastapi-bluegreen" for name in ("dev", "test", "prod"))
EXAMPLE_TIME, RESTORED = "2026-11-20T09:59:00Z", "fastapi-20261120"
FINAL = f"{TEST}-Database-1ABCDEFGHIJKL-snapshot-Database-1ABCDEFGHIJKL"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = copied(tmp_path_factory.mktemp("project"))
    local.start(folder)
    yield folder
    local.stop(folder)


@pytest.fixture(scope="module")
def account(project: Path) -> Account:
    running = local.running(project)
    assert running
    return running.account("us-east-1")


def say(project: Path, *words: str) -> str:
    done = build_py(project, *words, "--local")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def write(project: Path, environment: str, **parameters: str) -> None:
    """Write parameters into a file, as the runbook tells a person to."""
    path = project / "params/fastapi-bluegreen" / f"{environment}.yaml"
    told = yaml.safe_load(path.read_text())
    told["parameters"].update(parameters)
    path.write_text(yaml.safe_dump(told))


def outputs(account: Account, stack: str) -> dict[str, str]:
    found = cloudformation.describe(account, stack)
    assert found
    return dict(found.outputs)


def connection(account: Account, stack: str) -> dict[str, str]:
    arn = outputs(account, stack)["ConnectionSecretArn"]
    secret = account.client("secretsmanager").get_secret_value(SecretId=arn)
    return dict(json.loads(secret["SecretString"]))


def database(account: Account, stack: str) -> dict[str, Any]:
    """Return the instance that DATABASE_URL leads to."""
    instances = account.client("rds").describe_db_instances()["DBInstances"]
    host = connection(account, stack)["host"]
    (found,) = [one for one in instances if one["Endpoint"]["Address"] == host]
    return dict(found)


def restorations(account: Account, instance: str) -> list[str]:
    rds = account.client("rds")
    found = rds.describe_events(SourceType="db-instance", SourceIdentifier=instance)["Events"]
    return [one["Message"] for one in found if "restoration" in one["EventCategories"]]


def test_the_database_goes_back_to_a_point_in_time(project: Path, account: Account) -> None:
    say(project, "deploy", "fastapi-bluegreen", "prod")
    before, old = outputs(account, PROD), database(account, PROD)
    things = dict(types(account, PROD))
    # as soon as it exists: a moment later the first second that can be restored is there
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = {EXAMPLE_TIME: now}
    begin = ("point-in-time", "restore", "stop")
    run(project, account, PAGE, *begin, given=given)
    write(project, "prod", DatabaseSnapshotIdentifier=RESTORED)
    run(project, account, PAGE, "replace")

    new = database(account, PROD)
    assert new["DBInstanceIdentifier"].startswith(f"{RESTORED}-")
    assert restorations(account, new["DBInstanceIdentifier"]) == [
        f"Restored from snapshot {RESTORED}"
    ]
    told = connection(account, PROD)
    assert told["host"] == outputs(account, PROD)["DatabaseHost"] != before["DatabaseHost"]
    assert f"@{told['host']}:" in told["url"]
    assert told["password"] in told["url"]
    assert dict(types(account, PROD)) == things
    for name in ("MasterUsername", "DBName", "DBSubnetGroup", "VpcSecurityGroups", "KmsKeyId"):
        assert new[name] == old[name], name
    run(project, account, PAGE, "point-in-time", "start", "tidy", given=given)
    (service,) = account.client("ecs").describe_services(
        cluster=before["ClusterName"], services=[before["ServiceName"]]
    )["services"]
    assert service["desiredCount"] == 1
    left = account.client("rds").describe_db_instances()["DBInstances"]
    # what was protected is still there, in no stack
    assert {one["DBInstanceIdentifier"] for one in left} == {
        new["DBInstanceIdentifier"],
        old["DBInstanceIdentifier"],
    }
    assert f"{PROD} unchanged" in say(project, "deploy", "fastapi-bluegreen", "prod")


def test_a_replaced_database_without_protection_leaves_a_final_snapshot(
    project: Path, account: Account
) -> None:
    say(project, "deploy", "fastapi-bluegreen", "dev")
    rds, old = account.client("rds"), database(account, DEV)["DBInstanceIdentifier"]
    rds.create_db_snapshot(DBInstanceIdentifier=old, DBSnapshotIdentifier="before")
    write(project, "dev", DatabaseSnapshotIdentifier="before")
    losses = ("Database", "PostgresqlLogs", "UpgradeLogs")
    words = [word for one in losses for word in ("--allow-data-loss", f"Database/{one}")]
    say(project, "deploy", "fastapi-bluegreen", "dev", *words)
    found = rds.describe_db_snapshots(DBInstanceIdentifier=old)["DBSnapshots"]
    assert len(found) == 2
    assert database(account, DEV)["DBInstanceIdentifier"].startswith("before-")


def test_without_its_snapshot_in_the_file_a_restored_database_is_not_given_up_unasked(
    project: Path, account: Account
) -> None:
    write(project, "prod", DatabaseSnapshotIdentifier="")
    done = build_py(project, "deploy", "fastapi-bluegreen", "prod", "--local")
    assert done.returncode == 4
    assert "Database/Database (AWS::RDS::DBInstance) is replaced" in done.stderr


def test_a_system_is_rebuilt_from_the_snapshot_that_outlived_it(
    project: Path, account: Account
) -> None:
    say(project, "deploy", "fastapi-bluegreen", "test")
    rds, old = account.client("rds"), database(account, TEST)["DBInstanceIdentifier"]
    say(project, "destroy", "fastapi-bluegreen", "test", "--force")
    (final,) = rds.describe_db_snapshots(DBInstanceIdentifier=old)["DBSnapshots"]
    write(project, "test", DatabaseSnapshotIdentifier="fastapi-rebuilt")

    run(project, account, PAGE, "rebuild", given={FINAL: final["DBSnapshotIdentifier"]})

    new = database(account, TEST)
    assert restorations(account, new["DBInstanceIdentifier"]) == [
        "Restored from snapshot fastapi-rebuilt"
    ]
