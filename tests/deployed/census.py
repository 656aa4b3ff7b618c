"""What there is in an account, whoever made it: for tests that nothing is left, or nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackyard.aws.account import Account

# AWS goes on listing these for a while after they are gone
GONE = {"deleted", "DELETE_COMPLETE", "PendingDeletion"}
# service, operation, where its rows are, what identifies one
LISTINGS = (
    ("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    ("cloudformation", "list_stacks", "StackSummaries", "StackId"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    ("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    ("ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    ("ecr", "describe_repositories", "repositories", "repositoryName"),
    ("ecs", "list_clusters", "clusterArns", ""),
    ("ecs", "list_task_definitions", "taskDefinitionArns", ""),
    ("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    ("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    ("events", "list_rules", "Rules", "Name"),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    (
        "rds",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
    ),
    ("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
    ("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    ("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    ("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("sqs", "list_queues", "QueueUrls", ""),
    ("ssm", "describe_parameters", "Parameters", "Name"),
)


def census(account: Account) -> set[str]:
    """Return everything in *account* that AWS would list or bill, each as ``kind name``."""
    found = set()
    for service, operation, rows, name in LISTINGS:
        for row in getattr(account.client(service), operation)().get(rows, []):
            if not name:
                found.add(f"{rows} {row}")
            elif not GONE.intersection(str(row.get(key)) for key in ("State", "StackStatus")):
                found.add(f"{rows} {row[name]}")
    return found | set(_records(account)) | set(_keys(account))


def kinds(account: Account) -> set[str]:
    """Return the kinds of what is in *account*."""
    return {one.partition(" ")[0] for one in census(account)}


def _keys(account: Account) -> Iterator[str]:
    kms = account.client("kms")
    for row in kms.list_keys()["Keys"]:
        if kms.describe_key(KeyId=row["KeyId"])["KeyMetadata"]["KeyState"] not in GONE:
            yield f"Keys {row['KeyId']}"


def _records(account: Account) -> Iterator[str]:
    route53 = account.client("route53")
    for zone in route53.list_hosted_zones()["HostedZones"]:
        listed: dict[str, Any] = route53.list_resource_record_sets(HostedZoneId=zone["Id"])
        for record in listed["ResourceRecordSets"]:
            yield f"Records {record['Name']} {record['Type']}"
