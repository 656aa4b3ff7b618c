"""Which resources hold what a deployment cannot bring back, and what that is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from stackyard import linter_data

LOSSES = {
    "AWS::Backup::BackupVault": "recovery points",
    "AWS::CloudFormation::Stack": "whatever its template holds",
    "AWS::Cognito::UserPool": "accounts of users, whose passwords nobody can export",
    "AWS::DocDB::DBCluster": "documents",
    "AWS::DocDB::DBInstance": "documents",
    "AWS::DynamoDB::GlobalTable": "items",
    "AWS::DynamoDB::Table": "items",
    "AWS::EC2::Volume": "files",
    "AWS::EFS::FileSystem": "files",
    "AWS::EMR::Cluster": "files of its HDFS",
    "AWS::ElastiCache::CacheCluster": "entries",
    "AWS::ElastiCache::ReplicationGroup": "entries",
    "AWS::Elasticsearch::Domain": "documents",
    "AWS::FSx::FileSystem": "files",
    "AWS::KMS::Key": "everything that it encrypts",
    "AWS::Kinesis::Stream": "records not yet read",
    "AWS::Logs::LogGroup": "logs",
    "AWS::Neptune::DBCluster": "graphs",
    "AWS::Neptune::DBInstance": "graphs",
    "AWS::OpenSearchService::Domain": "documents",
    "AWS::Organizations::Account": "a whole account",
    "AWS::QLDB::Ledger": "its journal",
    "AWS::RDS::DBCluster": "databases",
    "AWS::RDS::DBInstance": "databases",
    "AWS::Redshift::Cluster": "databases",
    "AWS::S3::Bucket": "objects",
    "AWS::SDB::Domain": "items",
    "AWS::SQS::Queue": "messages not yet handled",
    "AWS::SecretsManager::Secret": "a secret that may be written down nowhere else",
    # ours: cfn-lint's list does not have them
    "AWS::ECR::Repository": "images, those that older releases roll back to among them",
    "AWS::ElastiCache::ServerlessCache": "entries",
    "AWS::OpenSearchServerless::Collection": "documents and their vectors",
    "AWS::Route53::HostedZone": "records, and the name servers that the domain is delegated to",
}


@cache
def stateful_types() -> Mapping[str, str]:
    """Return the stateful resource types and what is lost with a resource of each."""
    listed = linter_data.read("AdditionalSpecs/StatefulResources.json")["ResourceTypes"]
    return {**dict.fromkeys(listed, "what cfn-lint lists as state"), **LOSSES}
