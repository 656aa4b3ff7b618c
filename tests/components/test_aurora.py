from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.aurora import aurora
from tests.components.evaluated import stack_of

GIVEN = {
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
    "VpcId": "vpc-1",
    "SubnetIds": "subnet-1,subnet-2,subnet-3",
    "AvailabilityZones": "us-east-1a,us-east-1b,us-east-1c",
    "DatabaseName": "shop",
}


def evaluated(**given: str) -> Stack:
    return stack_of(aurora, **{**GIVEN, **given})


def properties(stack: Stack, title: str) -> dict[str, Any]:
    return {name: plain(value) for name, value in stack.resources[title].properties.items()}


@pytest.fixture(scope="module")
def single() -> Stack:
    return evaluated()


@pytest.fixture(scope="module")
def paired() -> Stack:
    return evaluated(HasReader="true")


def test_capacity_is_of_the_cluster_and_instances_are_serverless(paired: Stack) -> None:
    cluster = properties(evaluated(MinCapacityAcu="1", MaxCapacityAcu="8"), "Database")
    assert cluster["ServerlessV2ScalingConfiguration"] == {"MinCapacity": "1", "MaxCapacity": "8"}
    for title in ("Writer", "Reader"):
        assert properties(paired, title)["DBInstanceClass"] == "db.serverless"
        assert properties(paired, title)["Engine"] == "aurora-postgresql"


def test_pausing_sets_the_minimum_to_zero_and_says_after_how_long() -> None:
    cluster = properties(evaluated(AutoPauseSeconds="600", MinCapacityAcu="2"), "Database")
    assert cluster["ServerlessV2ScalingConfiguration"] == {
        "MinCapacity": 0,
        "MaxCapacity": "2",
        "SecondsUntilAutoPause": "600",
    }


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("MinCapacityAcu", "0.5", True),
        ("MinCapacityAcu", "0", False),  # that is what pausing is for
        ("MinCapacityAcu", "1.3", False),
        ("MaxCapacityAcu", "256", True),
        ("MaxCapacityAcu", "255.5", True),
        ("MaxCapacityAcu", "257", False),
        ("MaxCapacityAcu", "0.5", False),
        ("AutoPauseSeconds", "0", True),
        ("AutoPauseSeconds", "300", True),
        ("AutoPauseSeconds", "299", False),
        ("AutoPauseSeconds", "86400", True),
        ("AutoPauseSeconds", "86401", False),
    ],
)
def test_capacities_and_pauses_are_those_that_rds_takes(name: str, value: str, taken: bool) -> None:
    pattern = aurora.template().to_dict()["Parameters"][name]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, value)) is taken


def test_there_is_no_reader_unless_it_is_asked_for(single: Stack) -> None:
    assert {"Reader", "ReaderLagAlarm"} <= single.absent.keys()


def test_reader_stands_in_another_zone_and_takes_over_at_once(paired: Stack) -> None:
    writer, reader = properties(paired, "Writer"), properties(paired, "Reader")
    assert (writer["AvailabilityZone"], reader["AvailabilityZone"]) == ("us-east-1a", "us-east-1b")
    assert (str(writer["PromotionTier"]), str(reader["PromotionTier"])) == ("0", "1")
    assert paired.resources["Reader"].depends_on == ("Writer",)


def test_snapshot_is_of_the_cluster_since_its_instances_take_none(paired: Stack) -> None:
    cluster = paired.resources["Database"]
    assert (cluster.deletion_policy, cluster.update_replace_policy) == ("Snapshot", "Snapshot")
    for title in ("Writer", "Reader"):
        assert paired.resources[title].deletion_policy == "Delete"


@pytest.mark.parametrize(("version", "follows"), [("17", True), ("17.6", False)])
def test_minor_versions_follow_unless_one_is_stated(version: str, follows: bool) -> None:
    stack = evaluated(EngineVersion=version)
    assert properties(stack, "Writer")["AutoMinorVersionUpgrade"] is follows
    assert properties(stack, "Database")["EngineVersion"] == version
    assert properties(stack, "Settings")["Family"] == "aurora-postgresql17"
    assert properties(stack, "ClusterSettings")["Family"] == "aurora-postgresql17"


def test_tls_is_forced_for_the_cluster_and_each_instance_logs_what_is_slow(single: Stack) -> None:
    assert properties(single, "ClusterSettings")["Parameters"] == {"rds.force_ssl": "1"}
    logged = properties(evaluated(SlowStatementMilliseconds="250"), "Settings")["Parameters"]
    assert logged["log_min_duration_statement"] == "250"
    assert "rds.force_ssl" not in logged


def test_cluster_is_encrypted_backed_up_and_takes_roles_for_passwords(single: Stack) -> None:
    cluster = properties(single, "Database")
    assert cluster["StorageEncrypted"] is True
    assert cluster["EnableIAMDatabaseAuthentication"] is True
    assert cluster["BackupRetentionPeriod"] == "7"
    assert cluster["CopyTagsToSnapshot"] is True


def test_cluster_and_not_its_instances_says_how_they_are_observed(paired: Stack) -> None:
    cluster = properties(evaluated(InsightsMode="advanced"), "Database")
    assert cluster["DatabaseInsightsMode"] == "advanced"
    assert cluster["PerformanceInsightsEnabled"] is True
    assert cluster["PerformanceInsightsRetentionPeriod"] == 465
    observing = {name for name in properties(paired, "Writer") if "Insights" in name}
    assert observing == set()


def test_log_group_is_there_before_the_cluster_that_writes_to_it(single: Stack) -> None:
    assert single.resources["Database"].depends_on == ("PostgresqlLogs",)
    cluster = properties(single, "Database")
    group = properties(single, "PostgresqlLogs")["LogGroupName"]
    assert group == f"/aws/rds/cluster/{cluster['DBClusterIdentifier']}/postgresql"
    assert cluster["EnableCloudwatchLogsExports"] == ["postgresql"]


def test_password_is_the_current_one_of_the_credentials_and_no_parameter(single: Stack) -> None:
    body = aurora.template().to_dict()
    password = json.dumps(body["Resources"]["Database"]["Properties"]["MasterUserPassword"])
    assert "{{resolve:secretsmanager:${Credentials}:SecretString:password}}" in password
    assert properties(single, "CredentialsAttachment")["TargetType"] == "AWS::RDS::DBCluster"


def test_connection_leads_to_whichever_instance_writes(single: Stack) -> None:
    content = properties(single, "Connection")["SecretString"]
    assert "<Database.Endpoint.Address>" in content
    assert '"engine":"postgres"' in content


def test_only_clients_reach_it(single: Stack) -> None:
    opening = properties(single, "FromClients")
    assert opening["SourceSecurityGroupId"] == "<ClientSecurityGroup.GroupId>"
    assert "CidrIp" not in opening
    assert str(single.outputs["Grant"]) == "<Connection>,<ClientSecurityGroup.GroupId>"


def test_instances_have_no_public_address(paired: Stack) -> None:
    for title in ("Writer", "Reader"):
        assert properties(paired, title)["PubliclyAccessible"] is False


@pytest.mark.parametrize("title", ["CpuAlarm", "ConnectionsAlarm", "MemoryAlarm", "CapacityAlarm"])
def test_alarms_watch_whichever_instance_writes(single: Stack, title: str) -> None:
    assert properties(single, title)["Dimensions"] == [
        {"Name": "DBClusterIdentifier", "Value": "<Database>"},
        {"Name": "Role", "Value": "WRITER"},
    ]


def test_failovers_are_told_by_the_cluster(single: Stack) -> None:
    events = properties(single, "TroubleEvents")
    assert (events["SourceType"], events["SourceIds"]) == ("db-cluster", ["<Database>"])
    assert events["EventCategories"] == ["failover", "failure"]
