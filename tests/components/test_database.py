from __future__ import annotations

import json
import re
from typing import Any

import pytest

from templates_src.components.database import database
from templates_src.parts import postgres
from tests.components.evaluated import stack_of

Data = dict[str, Any]


@pytest.fixture(scope="module")
def body() -> Data:
    return database.template().to_dict()


@pytest.fixture(scope="module")
def resources(body: Data) -> Data:
    return body["Resources"]


@pytest.fixture(scope="module")
def instance(resources: Data) -> Data:
    return resources["Database"]["Properties"]


def pattern(body: Data, name: str) -> re.Pattern[str]:
    return re.compile(body["Parameters"][name]["AllowedPattern"])


def test_a_deleted_or_replaced_database_leaves_a_snapshot(resources: Data) -> None:
    assert resources["Database"]["DeletionPolicy"] == "Snapshot"
    assert resources["Database"]["UpdateReplacePolicy"] == "Snapshot"
    assert "Condition" not in resources["Database"]


def test_database_is_encrypted_and_not_public(instance: Data) -> None:
    assert instance["StorageEncrypted"] is True
    assert instance["PubliclyAccessible"] is False
    assert instance["EnableIAMDatabaseAuthentication"] is True


def test_settings_follow_the_version_and_force_tls(resources: Data, instance: Data) -> None:
    settings = resources["Settings"]["Properties"]
    major = {"Fn::Select": [0, {"Fn::Split": [".", {"Ref": "EngineVersion"}]}]}
    assert settings["Family"] == {"Fn::Join": ["", ["postgres", major]]}
    assert settings["Parameters"]["rds.force_ssl"] == "1"
    assert instance["EngineVersion"] == {"Ref": "EngineVersion"}


def test_a_pinned_minor_version_is_not_upgraded_behind_the_stack(
    body: Data, instance: Data
) -> None:
    assert instance["AutoMinorVersionUpgrade"] == {"Fn::If": ["PinsMinorVersion", False, True]}
    minor = {
        "Fn::Select": [1, {"Fn::Split": [".", {"Fn::Join": ["", [{"Ref": "EngineVersion"}, "."]]}]}]
    }
    assert body["Conditions"]["PinsMinorVersion"] == {"Fn::Not": [{"Fn::Equals": [minor, ""]}]}


@pytest.mark.parametrize("version", ["15", "15.19", "18.1"])
def test_a_version_is_major_or_complete(body: Data, version: str) -> None:
    assert pattern(body, "EngineVersion").fullmatch(version)


@pytest.mark.parametrize("version", ["9.6", "14", "15.", "15.5.1", "latest"])
def test_other_versions_are_refused(body: Data, version: str) -> None:
    assert not pattern(body, "EngineVersion").fullmatch(version)


@pytest.mark.parametrize("name", ["pyshop", "shop_2", "administrator", "users"])
def test_names_that_rds_takes_are_taken(body: Data, name: str) -> None:
    assert pattern(body, "DatabaseName").fullmatch(name)
    assert pattern(body, "MasterUsername").fullmatch(name)


@pytest.mark.parametrize("name", ["admin", "user", "rdsadmin", "pg_x", "2shop", "Shop", "a" * 17])
def test_names_that_rds_refuses_are_refused_first(body: Data, name: str) -> None:
    assert not pattern(body, "DatabaseName").fullmatch(name)
    assert not pattern(body, "MasterUsername").fullmatch(name)


def test_password_comes_from_the_secret_that_rotates(instance: Data, resources: Data) -> None:
    assert instance["MasterUserPassword"] == {
        "Fn::Sub": "{{resolve:secretsmanager:${Credentials}:SecretString:password}}"
    }
    attachment = resources["CredentialsAttachment"]["Properties"]
    assert attachment["SecretId"] == {"Ref": "Credentials"}
    assert attachment["TargetId"] == {"Ref": "Database"}


def test_generated_password_needs_no_quoting(resources: Data) -> None:
    generated = resources["Credentials"]["Properties"]["GenerateSecretString"]
    assert generated["ExcludePunctuation"] is True
    assert generated["PasswordLength"] == 40
    assert generated["GenerateStringKey"] == "password"


def test_connection_is_json_with_the_url(resources: Data) -> None:
    text, values = resources["Connection"]["Properties"]["SecretString"]["Fn::Sub"]
    assert values["Host"] == {"Fn::GetAtt": ["Database", "Endpoint.Address"]}
    filled = text.replace(postgres.PASSWORD, "secret")
    for name, value in (("Username", "u"), ("Host", "h"), ("Port", "5432"), ("Database", "d")):
        filled = filled.replace(f"${{{name}}}", value)
    assert json.loads(filled) == {
        "engine": "postgres",
        "host": "h",
        "port": "5432",
        "dbname": "d",
        "username": "u",
        "password": "secret",
        "url": "postgresql://u:secret@h:5432/d?sslmode=require",
    }


def test_only_clients_reach_the_database(resources: Data) -> None:
    rules = [r for r in resources.values() if r["Type"] == "AWS::EC2::SecurityGroupIngress"]
    assert [rule["Properties"] for rule in rules] == [
        {
            "Description": "PostgreSQL from clients",
            "GroupId": {"Fn::GetAtt": ["DatabaseSecurityGroup", "GroupId"]},
            "SourceSecurityGroupId": {"Fn::GetAtt": ["ClientSecurityGroup", "GroupId"]},
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
        }
    ]
    for group in ("DatabaseSecurityGroup", "ClientSecurityGroup"):
        properties = resources[group]["Properties"]
        assert "SecurityGroupIngress" not in properties
        assert [rule["CidrIp"] for rule in properties["SecurityGroupEgress"]] == ["127.0.0.1/32"]


def test_log_groups_exist_before_the_database_and_expire(resources: Data, instance: Data) -> None:
    assert resources["Database"]["DependsOn"] == ["PostgresqlLogs", "UpgradeLogs"]
    assert instance["EnableCloudwatchLogsExports"] == ["postgresql", "upgrade"]
    logs = resources["PostgresqlLogs"]["Properties"]
    path = {"Fn::Join": ["/", ["/aws/rds/instance", instance["DBInstanceIdentifier"]]]}
    assert logs["LogGroupName"] == {"Fn::Join": ["/", [path, "postgresql"]]}
    assert logs["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_replica_takes_from_its_source_what_rds_lets_nobody_choose(resources: Data) -> None:
    replica = resources["Replica"]
    assert replica["Condition"] == "HasReplica"
    assert replica["DeletionPolicy"] == "Delete"
    assert replica["Properties"]["SourceDBInstanceIdentifier"] == {"Ref": "Database"}
    for name in ("KmsKeyId", "StorageEncrypted", "DBName", "MultiAZ", "DBSubnetGroupName"):
        assert name not in replica["Properties"]


def test_monitoring_role_exists_where_it_is_used(resources: Data, instance: Data) -> None:
    assert resources["MonitoringRole"]["Condition"] == "HasEnhancedMonitoring"
    assert instance["MonitoringRoleArn"]["Fn::If"][0] == "HasEnhancedMonitoring"


def test_advanced_insights_keep_what_they_must(instance: Data) -> None:
    assert instance["DatabaseInsightsMode"] == {"Ref": "InsightsMode"}
    assert instance["PerformanceInsightsRetentionPeriod"] == {
        "Fn::If": ["HasAdvancedInsights", 465, 7]
    }


@pytest.mark.parametrize(
    ("title", "metric", "threshold", "comparison"),
    [
        ("CpuAlarm", "CPUUtilization", "CpuThresholdPercent", "GreaterThanThreshold"),
        ("StorageAlarm", "FreeStorageSpace", "FreeStorageThresholdBytes", "LessThanThreshold"),
        (
            *("ConnectionsAlarm", "DatabaseConnections"),
            *("ConnectionsThresholdCount", "GreaterThanThreshold"),
        ),
        ("MemoryAlarm", "FreeableMemory", "FreeMemoryThresholdBytes", "LessThanThreshold"),
    ],
)
def test_alarms_watch_the_instance(
    resources: Data, title: str, metric: str, threshold: str, comparison: str
) -> None:
    alarm = resources[title]["Properties"]
    assert alarm["MetricName"] == metric
    assert alarm["Threshold"] == {"Ref": threshold}
    assert alarm["ComparisonOperator"] == comparison
    assert alarm["Dimensions"] == [{"Name": "DBInstanceIdentifier", "Value": {"Ref": "Database"}}]
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopicArn"}]


def test_lag_is_watched_where_there_is_a_replica(resources: Data) -> None:
    assert resources["ReplicaLagAlarm"]["Condition"] == "HasReplica"


def test_failures_of_the_instance_reach_the_alarm_topic(resources: Data) -> None:
    events = resources["TroubleEvents"]["Properties"]
    assert events["SnsTopicArn"] == {"Ref": "AlarmTopicArn"}
    assert {"failover", "failure", "low storage"} <= set(events["EventCategories"])


@pytest.mark.parametrize(
    "name", ["DatabaseName", "MasterUsername", "InstanceIdentifier", "KmsKeyArn"]
)
def test_parameters_that_replace_the_database_say_so(body: Data, name: str) -> None:
    assert body["Parameters"][name]["Description"].endswith("Changing it replaces the database.")


def test_seed_numbers_are_the_defaults(body: Data) -> None:
    defaults = {name: spec.get("Default") for name, spec in body["Parameters"].items()}
    assert defaults["InstanceClass"] == "db.t4g.micro"
    assert defaults["StorageGib"] == 20
    assert defaults["BackupRetentionDays"] == 7
    assert defaults["MultiAz"] == "false"


SNAPSHOT = "orders-20261120"


def restored(**more: str) -> Any:
    given = {"DatabaseName": "shop", "SnapshotIdentifier": SNAPSHOT, "VpcId": "vpc-1"}
    given |= {"SubnetIds": "subnet-1,subnet-2", "AlarmTopicArn": "arn:aws:sns:us-east-1:1:x"}
    stack = stack_of(database, **given, **more)
    return stack.resources["Database"].properties


def test_a_restored_database_is_told_nothing_that_its_snapshot_has() -> None:
    found = restored(KmsKeyArn="arn:aws:kms:us-east-1:123456789012:key/1")
    assert found["DBSnapshotIdentifier"] == SNAPSHOT
    assert not {"DBName", "MasterUsername", "KmsKeyId"} & found.keys()
    assert "MasterUserPassword" in found  # CloudFormation gives it to what was restored


def test_another_snapshot_gives_another_name_so_that_it_can_replace_what_exists() -> None:
    for more in ({}, {"InstanceIdentifier": "acme-prod-database"}):
        assert str(restored(**more)["DBInstanceIdentifier"]).startswith(f"{SNAPSHOT}-")


def test_without_a_snapshot_nothing_says_so(body: Data, instance: Data) -> None:
    assert instance["DBSnapshotIdentifier"] == {
        "Fn::If": ["IsRestored", {"Ref": "SnapshotIdentifier"}, {"Ref": "AWS::NoValue"}]
    }
    assert body["Parameters"]["SnapshotIdentifier"]["Default"] == ""


@pytest.mark.parametrize("name", ["rds:orders-2026", "awsbackup:job-1", "Orders", "a--b", "1a"])
def test_a_snapshot_that_no_instance_can_be_named_for_is_refused(body: Data, name: str) -> None:
    assert not pattern(body, "SnapshotIdentifier").fullmatch(name)
    # with eight digits of the stack it is as long as a name may be
    assert body["Parameters"]["SnapshotIdentifier"]["MaxLength"] == 63 - 9
