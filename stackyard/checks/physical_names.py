"""Physical names keep to AWS's limits, also with the longest parameters that are allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from stackyard.checks import finding
from stackyard.declared import FILLED_BY_THE_TOOL, Declaration, declarations
from stackyard.findings import Finding
from stackyard.resolved import Resource, System, Text, Unknown, Value, unknowns

ANY = "[\\s\\S]"
WORD = "[A-Za-z0-9_-]"
LOWER = "[a-z0-9-]"
UNBOUNDED = 255  # characters; as far as we stretch a parameter that has no bound


class Limit(NamedTuple):
    """What AWS allows for the name of one type of resource.

    Attributes:
        property: that holds the name.
        longest: in characters.
        characters: pattern of one.
    """

    property: str
    longest: int
    characters: str = ANY


# Lengths and characters as the provider schemas and botocore's service models state them; where
# they state none, as the page does that is named
LIMITS = {
    "AWS::Backup::BackupVault": Limit("BackupVaultName", 50, WORD),
    "AWS::CloudWatch::Alarm": Limit("AlarmName", 255),
    "AWS::CloudWatch::Dashboard": Limit("DashboardName", 255, WORD),
    "AWS::CodeDeploy::Application": Limit("ApplicationName", 100),
    "AWS::CodeDeploy::DeploymentGroup": Limit("DeploymentGroupName", 100),
    "AWS::Cognito::UserPool": Limit("UserPoolName", 128),
    "AWS::Cognito::UserPoolDomain": Limit("Domain", 63, "[a-z0-9.-]"),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    "AWS::DynamoDB::Table": Limit("TableName", 255, "[A-Za-z0-9_.-]"),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html
    "AWS::EC2::SecurityGroup": Limit("GroupName", 255),
    "AWS::ECR::Repository": Limit("RepositoryName", 256, "[a-z0-9._/-]"),
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
    "AWS::ECS::Cluster": Limit("ClusterName", 255, WORD),
    "AWS::ECS::Service": Limit("ServiceName", 255, WORD),
    "AWS::ECS::TaskDefinition": Limit("Family", 255, WORD),
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
    "AWS::ElastiCache::ReplicationGroup": Limit("ReplicationGroupId", 40, "[A-Za-z0-9-]"),
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Limit("Name", 32, "[A-Za-z0-9-]"),
    "AWS::ElasticLoadBalancingV2::TargetGroup": Limit("Name", 32, "[A-Za-z0-9-]"),
    "AWS::Events::Rule": Limit("Name", 64, "[A-Za-z0-9._-]"),
    "AWS::IAM::InstanceProfile": Limit("InstanceProfileName", 128),
    "AWS::IAM::ManagedPolicy": Limit("ManagedPolicyName", 128),
    "AWS::IAM::Role": Limit("RoleName", 64),
    "AWS::KMS::Alias": Limit("AliasName", 256, "[A-Za-z0-9:/_-]"),
    "AWS::Lambda::Function": Limit("FunctionName", 64, WORD),
    "AWS::Logs::LogGroup": Limit("LogGroupName", 512, "[A-Za-z0-9._/#-]"),
    "AWS::OpenSearchServerless::AccessPolicy": Limit("Name", 32, LOWER),
    "AWS::OpenSearchServerless::Collection": Limit("Name", 64, LOWER),
    "AWS::OpenSearchServerless::LifecyclePolicy": Limit("Name", 32, LOWER),
    "AWS::OpenSearchServerless::SecurityPolicy": Limit("Name", 32, LOWER),
    "AWS::OpenSearchServerless::VpcEndpoint": Limit("Name", 32, LOWER),
    "AWS::RDS::DBCluster": Limit("DBClusterIdentifier", 63, "[A-Za-z0-9-]"),
    "AWS::RDS::DBInstance": Limit("DBInstanceIdentifier", 63, "[A-Za-z0-9-]"),
    "AWS::S3::Bucket": Limit("BucketName", 63, "[a-z0-9.-]"),
    "AWS::SNS::Topic": Limit("TopicName", 256, "[A-Za-z0-9_.-]"),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
    "AWS::SQS::Queue": Limit("QueueName", 80, "[A-Za-z0-9_.-]"),
    # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    "AWS::SSM::Parameter": Limit("Name", 1011, "[A-Za-z0-9_./-]"),
    "AWS::Scheduler::Schedule": Limit("Name", 64, "[A-Za-z0-9._-]"),
    "AWS::SecretsManager::Secret": Limit("Name", 512, "[A-Za-z0-9/_+=.@-]"),
    "AWS::WAFv2::WebACL": Limit("Name", 128, WORD),
}


def check(system: System) -> Iterator[Finding]:
    """Yield names that AWS refuses here, or would with other values that the parameters allow."""
    named = list(_names(system))
    refused = set()
    for resource, limit, name in named:
        problem = _problem(limit, name)
        if problem:
            refused.add(resource.path)
            yield finding(__name__, system, resource, problem)
    if not named:
        return
    declared = declarations(system.root.body)
    values = system.root.parameters
    paths = [resource.path for resource, _, _ in named]
    opened = [name for name, item in declared.items() if _may_vary(item, values[name])]
    for resource, limit, name in _names(system.with_open(opened, paths)):
        varying = {part.path: part for part in unknowns(name) if part.kind == "parameter"}
        if not varying or resource.path in refused:
            continue
        longest = {
            item: _longest(declared[item], values[item]) for item in varying if item in declared
        }
        reached = _size(name, longest)
        if reached > limit.longest:
            told = " and ".join(f"{item} ({size})" for item, size in longest.items())
            message = (
                f"{limit.property} {name} reaches {reached} characters with the longest {told} "
                f"allowed, AWS takes {limit.longest}; lower MaxLength or shorten the name"
            )
            yield finding(__name__, system, resource, message)


def chosen_names(system: System) -> Iterator[list[str]]:
    """Yield the root parameters in each physical name that nothing but parameters makes unique."""
    declared, values = declarations(system.root.body), system.root.parameters
    paths = [resource.path for resource, _, _ in _names(system)]
    opened = [name for name, item in declared.items() if _may_vary(item, values[name])]
    for _, _, name in _names(system.with_open(opened, paths)) if paths else ():
        kinds = {part.kind for part in unknowns(name)}
        if "parameter" in kinds and kinds.isdisjoint(("guid", "suffix", "account")):
            yield [part.path for part in unknowns(name) if part.kind == "parameter"]


def _names(system: System) -> Iterator[tuple[Resource, Limit, Value]]:
    for kind, limit in LIMITS.items():
        for resource in system.resources(kind):
            if limit.property in resource.properties:
                yield resource, limit, resource.properties[limit.property]


def _problem(limit: Limit, name: Value) -> str:
    size = _size(name, {})
    if size > limit.longest:
        return (
            f"{limit.property} {name} has {size} characters, AWS takes {limit.longest}; shorten it"
        )
    parts = name.parts if isinstance(name, Text) else (name,)
    known = "".join(part for part in parts if isinstance(part, str))
    wrong = sorted(set(re.sub(limit.characters, "", known)))
    if wrong:
        return (
            f"{limit.property} {name} contains {' '.join(map(repr, wrong))}, AWS takes only "
            f"{limit.characters}; change it"
        )
    return ""


def _size(name: Value, longest: dict[str, int]) -> int:
    """Return how many characters a name has at least, with the sizes of parameters left open."""
    parts = name.parts if isinstance(name, Text) else (name,)
    return sum(
        longest.get(part.path, part.size) if isinstance(part, Unknown) else len(str(part))
        for part in parts
    )


def _may_vary(declared: Declaration, value: Value) -> bool:
    # what is empty switches something off, and stays off
    is_text = declared.spec["Type"] == "String" and isinstance(value, str) and value != ""
    return is_text and declared.name not in FILLED_BY_THE_TOOL


def _longest(declared: Declaration, value: str) -> int:
    """Return the length of the longest value that a parameter allows.

    For a pattern that is the value at hand with one of its characters repeated as often as allowed.
    """
    if declared.allowed:
        return max(map(len, declared.allowed))
    most = min(int(declared.spec.get("MaxLength", UNBOUNDED)), UNBOUNDED)
    return _stretched(value, most, declared.spec.get("AllowedPattern", ".*"))


@cache
def _stretched(value: str, most: int, pattern: str) -> int:
    allows = re.compile(pattern).fullmatch
    for size in range(most, len(value), -1):
        for position, character in enumerate(value):
            if allows(value[:position] + character * (size - len(value)) + value[position:]):
                return size
    return len(value)
