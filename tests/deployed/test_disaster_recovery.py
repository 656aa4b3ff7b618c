"""docs/guide/disaster-recovery.md: the first region is lost, and the second has it all again.

Slow: each command is a process of its own, and three stacks are deployed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.aws import cloudformation, s3
from stackyard.aws.account import Account
from stackyard.deploy.durations import estimates
from stackyard.local import account as local
from templates_src.components.backup_plan import COMPLETION_MINUTES, START_MINUTES
from templates_src.parts.replication import PROMISED_MINUTES
from tests.deployed.guides import GUIDE, block, run
from tests.projects import build_py, copied

PAGE = "disaster-recovery"
TEXT = re.sub(r"\s+", " ", (GUIDE / f"{PAGE}.md").read_text())
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/00000000-0000-0000-0000-000000000000"
PHOTOS = {"2026/one.jpg": b"light", "2026/two.jpg": b"shadow"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = copied(tmp_path_factory.mktemp("project"))
    local.start(folder)
    yield folder
    local.stop(folder)


@pytest.fixture(scope="module")
def first(project: Path) -> Account:
    running = local.running(project)
    assert running
    return running.account("us-east-1")


@pytest.fixture(scope="module")
def second(first: Account) -> Account:
    return replace(first, region="us-west-2")


def say(project: Path, *words: str) -> None:
    done = build_py(project, *words, "--local")
    assert done.returncode == 0, done.stdout + done.stderr


def outputs(account: Account, stack: str) -> dict[str, str]:
    found = cloudformation.describe(account, stack)
    assert found
    return dict(found.outputs)


def backed_up(first: Account) -> None:
    """Do what the backup plan does each day: the embedded account keeps no schedule."""
    backup = first.client("backup")
    (plan,) = backup.list_backup_plans()["BackupPlansList"]
    told = backup.get_backup_plan(BackupPlanId=plan["BackupPlanId"])["BackupPlan"]
    (rule,) = told["Rules"]
    (copy,) = rule["CopyActions"]
    vault, role = rule["TargetBackupVaultName"], "arn:aws:iam::123456789012:role/backup"
    database = outputs(first, "ChronoTrail-Prod")["DatabaseHost"].partition(".")[0]
    arn = f"arn:aws:rds:us-east-1:{first.id}:db:{database}"
    point = backup.start_backup_job(BackupVaultName=vault, ResourceArn=arn, IamRoleArn=role)
    backup.start_copy_job(
        RecoveryPointArn=point["RecoveryPointArn"],
        SourceBackupVaultName=vault,
        DestinationBackupVaultArn=copy["DestinationBackupVaultArn"],
        IamRoleArn=role,
    )


def lost(first: Account) -> None:
    """Take from the first region all data that a recovery could wrongly lean on."""
    told = outputs(first, "ChronoTrail-Prod")
    s3.empty(first, told["MediaBucketName"])
    rds = first.client("rds")
    for one in rds.describe_db_snapshots()["DBSnapshots"]:
        rds.delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])
    for one in rds.describe_db_instances()["DBInstances"]:
        name = one["DBInstanceIdentifier"]
        rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def prepared(project: Path, first: Account) -> None:
    """Write recovery.yaml as the page tells a person to."""
    certificate = run(project, first, PAGE, "prepare").strip()
    assert certificate.startswith("arn:aws:acm:us-west-2:")
    folder = project / "params/chronotrail"
    told: dict[str, Any] = yaml.safe_load((folder / "prod.yaml").read_text())
    changes = yaml.safe_load(block(PAGE, "recovery", "yaml").replace(CERTIFICATE, certificate))
    parameters = {**told["parameters"], **changes.pop("parameters")}
    recovery = {**told, **changes, "parameters": parameters}
    (folder / "recovery.yaml").write_text(yaml.safe_dump(recovery))


@pytest.fixture(scope="module")
def recovered(project: Path, first: Account, second: Account) -> dict[str, str]:
    """Return the outputs of the system in the second region, after the first was lost."""
    say(project, "deploy", "chronotrail", "prod")  # what it declares as stages comes first
    bucket = outputs(first, "ChronoTrail-Prod")["MediaBucketName"]
    for key, body in PHOTOS.items():
        first.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    backed_up(first)
    prepared(project, first)
    lost(first)
    run(project, first, PAGE, "snapshot", "deploy", "media")
    return outputs(second, "ChronoTrail-Recovery")


def test_the_system_stands_in_the_second_region(second: Account, recovered: dict[str, str]) -> None:
    assert recovered["ApiUrl"]
    (service,) = second.client("ecs").describe_services(
        cluster=recovered["ClusterName"], services=[recovered["ServiceName"]]
    )["services"]
    assert service["status"] == "ACTIVE"
    assert ":us-west-2:" in recovered["TaskDefinitionArn"]


def test_its_database_is_the_copy_and_its_url_leads_there(
    second: Account, recovered: dict[str, str]
) -> None:
    instance = recovered["DatabaseHost"].partition(".")[0]
    rds = second.client("rds")
    events = rds.describe_events(SourceType="db-instance", SourceIdentifier=instance)["Events"]
    assert "Restored from snapshot chronotrail-recovery" in [one["Message"] for one in events]
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"]
    replica = outputs(second, "ChronoTrail-Prod-Replica")
    assert found["KmsKeyId"] == replica["ReplicaKeyArn"]
    assert (found["MasterUsername"], found["DBName"]) == ("chronotrail", "chronotrail")
    secret = second.client("secretsmanager").get_secret_value(
        SecretId=recovered["ConnectionSecretArn"]
    )
    assert (
        f"@{recovered['DatabaseHost']}:5432/chronotrail"
        in json.loads(secret["SecretString"])["url"]
    )


def test_its_media_are_those_of_the_replica(second: Account, recovered: dict[str, str]) -> None:
    client = second.client("s3")
    for key, body in PHOTOS.items():
        found = client.get_object(Bucket=recovered["MediaBucketName"], Key=key)
        assert found["Body"].read() == body


def test_the_page_promises_what_schedule_and_windows_give() -> None:
    day = 24 * 60
    hours = (day + START_MINUTES + COMPLETION_MINUTES) / 60
    assert f"| {hours:g} hours: a day until the next, an hour" in TEXT
    assert f"{PROMISED_MINUTES} minutes for 99.99 % of objects" in TEXT


def test_the_page_says_how_long_by_the_times_of_the_tool() -> None:
    chain = (
        *("AWS::KMS::Key", "AWS::EC2::NatGateway", "AWS::RDS::DBInstance"),
        *("AWS::ECS::Service", "AWS::ApiGatewayV2::VpcLink"),
    )
    seconds = [estimates()[one]["create"] for one in chain]
    assert f"{' + '.join(f'{one:g}' for one in seconds)} seconds" in TEXT
    assert f"some {math.ceil(sum(seconds) / 60)} minutes" in TEXT


@pytest.mark.usefixtures("recovered")
def test_the_page_says_what_it_costs_as_the_tool_does(project: Path) -> None:
    def usd(*words: str) -> float:
        done = build_py(project, "cost", *words, "--json")
        assert done.returncode == 0, done.stderr
        (bill,) = json.loads(done.stdout)
        return float(bill["usd"])

    assert f"says ${usd('chronotrail-replica', 'prod'):.2f} a month" in TEXT
    assert f"some ${round(usd('chronotrail', 'recovery'), -2):.0f} a month" in TEXT
