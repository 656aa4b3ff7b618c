"""What AWS bills for a resource of each type, and which types it does not bill at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.pricing.office_hours import awake
from stackyard.pricing.tables import Usage
from stackyard.resolved import Resource, System, plain, unknowns

CPU_UNITS = 1024  # of a core
MIB = 1024  # of a GB, as Fargate counts


@dataclass(frozen=True)
class Item:
    """So many units at a price.

    Attributes:
        price: row of the price table.
        quantity: units in a month.
        text: for people.
        kind: what it is to a person; bills are compared by it.
        factor: of the list price, for discounts.
    """

    price: str
    quantity: float
    text: str
    kind: str
    factor: float = 1


Items = Callable[[System, Resource, Usage], Iterator[Item]]
PRICED: dict[str, Items] = {}


def of(*types: str) -> Callable[[Items], Items]:
    """Register a function as what resources of *types* cost."""

    def register(items: Items) -> Items:
        PRICED.update(dict.fromkeys(types, items))
        return items

    return register


def is_true(value: Any) -> bool:
    """Return whether a property is true, given as boolean or as text."""
    return str(plain(value)).lower() == "true"


@of("AWS::ECS::Service")
def service(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Tasks at the least number that autoscaling keeps, by their size and capacity."""
    task = system.target(resource.properties.get("TaskDefinition"))
    if task is None:
        return
    count = _task_count(system, resource)
    spot = _spot_share(resource, count)
    chip = "arm64" if "ARM" in str(plain(task.properties.get("RuntimePlatform"))) else "x86"
    cores = float(task.properties["Cpu"]) / CPU_UNITS
    memory = float(task.properties["Memory"]) / MIB
    factor = 1 - spot * usage["spot_discount_percent"] / 100
    how = f", {spot:.0%} on Spot" if spot else ""
    share = awake(system, resource)
    how += f", {share:.0%} of the hours" if share < 1 else ""
    hours = usage["hours"] * count * share
    text = f"{count:g} tasks, {cores:g} vCPU{how}"
    yield Item(f"fargate-{chip}-vcpu", hours * cores, text, "fargate", factor)
    text = f"{count:g} tasks, {memory:g} GB{how}"
    yield Item(f"fargate-{chip}-memory", hours * memory, text, "fargate", factor)


def _task_count(system: System, service: Resource) -> float:
    given = plain(service.properties.get("DesiredCount"))
    count = float(given) if given not in (None, "") else 1.0
    for target in system.resources("AWS::ApplicationAutoScaling::ScalableTarget"):
        scaled = {item.path for item in unknowns(target.properties["ResourceId"])}
        if service.path in scaled:
            count = float(target.properties["MinCapacity"])
    return count


def _spot_share(service: Resource, count: float) -> float:
    """Return the share of tasks on Spot: the base first, the rest by weight."""
    strategy = plain(service.properties.get("CapacityProviderStrategy")) or []
    weights = sum(item.get("Weight", 0) for item in strategy)
    base = sum(item.get("Base", 0) for item in strategy)
    on_spot = sum(item.get("Weight", 0) for item in strategy if "SPOT" in item["CapacityProvider"])
    if not count or not weights:
        return 0.0
    return float(max(count - base, 0) / count * on_spot / weights)


@of("AWS::ElasticLoadBalancingV2::LoadBalancer")
def load_balancer(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """The load balancer, its capacity units and its public addresses, one per zone."""
    yield Item("load-balancer", usage["hours"], "load balancer", "load balancer")
    units = usage["load_balancer_capacity_units"]
    text = f"{units:g} capacity units on average"
    yield Item("load-balancer-capacity", usage["hours"] * units, text, "load balancer")
    zones = len(_listed(resource.properties.get("Subnets")))
    yield Item("public-ipv4", usage["hours"] * zones, f"{zones} addresses", "load balancer")
    yield Item("transfer-out", usage["transfer_out_gb"], "traffic to the internet", "traffic")


@of("AWS::EC2::NatGateway")
def nat_gateway(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """The gateway, and its share of the traffic."""
    gateways = len(list(system.resources("AWS::EC2::NatGateway")))
    yield Item("nat-gateway", usage["hours"], "NAT gateway", "nat")
    yield Item("nat-gateway-traffic", usage["nat_traffic_gb"] / gateways, "traffic", "nat")


@of("AWS::EC2::EIP")
def address(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """A public address."""
    yield Item("public-ipv4", usage["hours"], "public address", "nat")


@of("AWS::EC2::LaunchTemplate")
def nat_instance(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """The one machine of a group, and its disk."""
    data = plain(resource.properties["LaunchTemplateData"])
    yield Item(f"ec2-{data['InstanceType']}", usage["hours"], data["InstanceType"], "nat")
    disk = sum(item["Ebs"]["VolumeSize"] for item in data.get("BlockDeviceMappings", ()))
    yield Item("ebs-gp3", disk, f"{disk} GB disk", "nat")


@of("AWS::EC2::VPCEndpoint")
def endpoint(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """An interface endpoint in each of its subnets; gateway endpoints cost nothing."""
    if resource.properties.get("VpcEndpointType") == "Interface":
        zones = len(_listed(resource.properties.get("SubnetIds")))
        name = str(resource.properties["ServiceName"]).rpartition(".")[2]
        yield Item("interface-endpoint", usage["hours"] * zones, f"{name}, {zones} zones", "nat")


@of("AWS::OpenSearchServerless::VpcEndpoint")
def search_endpoint(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """An interface endpoint, as those of EC2 are billed."""
    zones = len(_listed(resource.properties.get("SubnetIds")))
    yield Item("interface-endpoint", usage["hours"] * zones, f"search, {zones} zones", "nat")


@of("AWS::RDS::DBInstance")
def database(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """An instance and its storage, both twice with a standby; Aurora's capacity."""
    properties = resource.properties
    size = str(plain(properties["DBInstanceClass"]))
    if size == "db.serverless":
        yield from _aurora(system, resource, usage)
        return
    copies = 2 if is_true(properties.get("MultiAZ")) else 1
    how = " with a standby" if copies == 2 else ""
    engine = str(plain(properties.get("Engine", "postgres")))
    share = awake(system, resource)
    hours = usage["hours"] * copies * share
    text = f"{size}{how}" + (f", {share:.0%} of the hours" if share < 1 else "")
    yield Item(f"rds-{engine}-{size}", hours, text, "database")
    source = system.target(properties.get("SourceDBInstanceIdentifier")) or resource
    storage = float(source.properties["AllocatedStorage"])
    text = f"{storage:g} GB gp3{how}"
    yield Item(f"rds-{engine}-storage", storage * copies, text, "database")


def _aurora(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    cluster = system.target(resource.properties.get("DBClusterIdentifier"))
    if cluster is None:
        return
    scaling = plain(cluster.properties["ServerlessV2ScalingConfiguration"])
    least, most = float(scaling["MinCapacity"]), float(scaling["MaxCapacity"])
    average = least + (most - least) * usage["aurora_average_capacity_percent"] / 100
    share = awake(system, cluster)
    text = f"{average:g} ACU on average of {least:g} to {most:g}"
    text += f", {share:.0%} of the hours" if share < 1 else ""
    yield Item("aurora-capacity", usage["hours"] * average * share, text, "database")


@of("AWS::RDS::DBCluster")
def cluster_storage(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Storage and requests of an Aurora cluster."""
    storage, requests = usage["aurora_storage_gb"], usage["aurora_requests_millions"]
    yield Item("aurora-storage", storage, f"{storage:g} GB", "database")
    yield Item("aurora-requests", requests, f"{requests:g} million I/O requests", "database")


@of("AWS::ECS::Cluster")
def cluster(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """What Container Insights measures; the cluster itself costs nothing."""
    settings = plain(resource.properties.get("ClusterSettings")) or []
    if any(item.get("Value") not in (None, "disabled") for item in settings):
        metrics = usage["insights_metrics"]
        yield Item("metric", metrics, f"{metrics:g} metrics of Container Insights", "monitoring")


@of("AWS::CloudWatch::Alarm")
def alarm(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """An alarm, billed by the metrics that it reads; a band around what is usual is two more."""
    queries = plain(resource.properties.get("Metrics")) or []
    metrics = sum("MetricStat" in query for query in queries) or 1
    if any("ANOMALY_DETECTION_BAND" in str(query.get("Expression")) for query in queries):
        metrics += 2
    yield Item("alarm", metrics, "alarm" if metrics == 1 else f"{metrics} metrics", "monitoring")


@of("AWS::CloudWatch::Dashboard")
def dashboard(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """A dashboard; the first three of an account cost nothing, which is not assumed."""
    yield Item("dashboard", 1, "dashboard", "monitoring")


@of("AWS::Logs::LogGroup")
def logs(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """What is written to a log group and kept in it."""
    yield Item("logs-ingestion", usage["log_gb"], "log events written", "monitoring")
    yield Item("logs-storage", usage["stored_log_gb"], "log events kept", "monitoring")


@of("AWS::SecretsManager::Secret")
def secret(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """A secret."""
    yield Item("secret", 1, "secret", "other")


@of("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
def key(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """A key of one's own."""
    yield Item("key", 1, "key", "other")


@of("AWS::ECR::Repository")
def repository(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Stored images."""
    yield Item("registry-storage", usage["images_gb"], "images", "other")


@of("AWS::S3::Bucket")
def bucket(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Stored objects."""
    yield Item("s3-storage", usage["bucket_gb"], "objects", "storage")


@of("AWS::DynamoDB::Table")
def table(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Writes to a table that is billed by request; reads and storage of a few rows are nothing."""
    writes = usage["table_writes_millions"]
    yield Item("dynamodb-writes", writes, f"{writes:g} million writes", "other")


@of("AWS::Route53::HostedZone")
def hosted_zone(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """A hosted zone."""
    yield Item("hosted-zone", 1, "hosted zone", "other")


@of("AWS::Lambda::Function")
def function(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Calls of a function and the time that they take."""
    calls = usage["function_calls_millions"]
    if "RotationFunction" in resource.path:
        calls = 0.00001  # four steps a month and some retries
    chip = "arm64" if "arm64" in str(plain(resource.properties.get("Architectures"))) else "x86"
    memory = float(plain(resource.properties.get("MemorySize", 128))) / MIB
    yield Item("lambda-requests", calls, f"{calls:g} million calls", "function")
    seconds = calls * 1e6 * usage["function_seconds"] * memory
    yield Item(f"lambda-{chip}-time", seconds, f"{usage['function_seconds']:g} s each", "function")


@of("AWS::SQS::Queue")
def queue(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Messages: each is sent, received and deleted. A dead-letter queue should have none."""
    fifo = "-fifo" if is_true(resource.properties.get("FifoQueue")) else ""
    if "RedrivePolicy" in resource.properties:
        requests = usage["messages_millions"] * 3
        text = f"{requests:g} million requests"
        yield Item(f"sqs{fifo}-requests", requests, text, "queue")


@of("AWS::WAFv2::WebACL")
def web_acl(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """The list, its rules and what it inspects."""
    rules = len(resource.properties.get("Rules", ()))
    yield Item("web-acl", 1, "web ACL", "firewall")
    yield Item("web-acl-rule", rules, f"{rules} rules", "firewall")
    yield Item("web-acl-requests", usage["requests_millions"], "inspected requests", "firewall")


@of("AWS::ApiGatewayV2::Api")
def http_api(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Requests of an HTTP API."""
    yield Item("http-api-requests", usage["requests_millions"], "requests", "api gateway")


@of("AWS::OpenSearchServerless::Collection")
def collection(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Capacity, half of it without standby replicas, and storage."""
    alone = str(plain(resource.properties.get("StandbyReplicas"))) == "DISABLED"
    units = usage["search_capacity_units"] / (2 if alone else 1)
    yield Item("opensearch-capacity", usage["hours"] * units, f"{units:g} OCU", "search")
    yield Item("opensearch-storage", usage["search_storage_gb"], "index", "search")


@of("AWS::Cognito::UserPool")
def user_pool(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Active users."""
    yield Item("cognito-users", usage["active_users"], "active users", "identity")


@of("AWS::CloudFront::Distribution")
def distribution(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Traffic to the internet."""
    yield Item("cloudfront-traffic", usage["transfer_out_gb"], "traffic", "traffic")


@of("AWS::Backup::BackupVault")
def backup_vault(system: System, resource: Resource, usage: Usage) -> Iterator[Item]:
    """Stored backups, as much as the buckets hold."""
    yield Item("backup-storage", usage["bucket_gb"], "backups", "storage")


def _listed(value: Any) -> list[Any]:
    """Return the members of a list property, which may be one unknown that stands for several."""
    return list(value) if isinstance(value, list) else [value]


# What has no price of its own, and why that does not mean that it costs nothing
UNPRICED: Mapping[str, str] = {
    "AWS::CloudFormation::StackSet": "costs in each account what the system that it deploys costs",
}
# What AWS does not bill by itself. A type that is in neither list is shown as unpriced.
FREE: Mapping[str, None] = dict.fromkeys(
    f"AWS::{name}"
    for name in (
        *("ApiGatewayV2::ApiMapping", "ApiGatewayV2::Authorizer", "ApiGatewayV2::DomainName"),
        *("ApiGatewayV2::Integration", "ApiGatewayV2::Route", "ApiGatewayV2::Stage"),
        *("ApiGatewayV2::VpcLink", "ApplicationAutoScaling::ScalableTarget"),
        *("ApplicationAutoScaling::ScalingPolicy", "AutoScaling::AutoScalingGroup"),
        *("Backup::BackupPlan", "Backup::BackupSelection", "Budgets::Budget"),
        *("CE::AnomalyMonitor", "CE::AnomalySubscription", "CertificateManager::Certificate"),
        *("CloudFormation::Stack", "CloudFormation::WaitConditionHandle"),
        *(
            "CloudFront::OriginAccessControl",
            "CloudWatch::AlarmMuteRule",
            "CloudWatch::AnomalyDetector",
        ),
        *(
            "CodeDeploy::Application",
            "CodeDeploy::DeploymentGroup",
            "Cognito::UserPoolClient",
            "Cognito::UserPoolDomain",
        ),
        *(
            "Cognito::ManagedLoginBranding",
            "Cognito::UserPoolGroup",
            "Cognito::UserPoolIdentityProvider",
        ),
        *("Cognito::UserPoolResourceServer", "EC2::EIPAssociation", "EC2::FlowLog"),
        *("EC2::InternetGateway", "EC2::NetworkAcl", "EC2::NetworkAclEntry"),
        *("EC2::NetworkInterface", "EC2::Route", "EC2::RouteTable", "EC2::SecurityGroup"),
        *("EC2::SecurityGroupEgress", "EC2::SecurityGroupIngress", "EC2::Subnet"),
        *("EC2::SubnetNetworkAclAssociation", "EC2::SubnetRouteTableAssociation", "EC2::VPC"),
        *("EC2::VPCGatewayAttachment", "ECS::TaskDefinition"),
        *("ElasticLoadBalancingV2::Listener", "ElasticLoadBalancingV2::ListenerRule"),
        *("ElasticLoadBalancingV2::TargetGroup", "Events::Rule", "IAM::InstanceProfile"),
        *("IAM::ManagedPolicy", "IAM::OIDCProvider", "IAM::Policy", "IAM::Role", "KMS::Alias"),
        *("Lambda::Alias", "Lambda::EventSourceMapping", "Lambda::Permission"),
        *("Lambda::Version", "Logs::MetricFilter", "Logs::ResourcePolicy"),
        *(
            "OpenSearchServerless::AccessPolicy",
            "OpenSearchServerless::CollectionGroup",
            "OpenSearchServerless::LifecyclePolicy",
        ),
        *("OpenSearchServerless::SecurityPolicy", "RDS::DBClusterParameterGroup"),
        *("RDS::DBParameterGroup", "RDS::DBSubnetGroup", "RDS::EventSubscription"),
        *("Route53::RecordSet", "S3::BucketPolicy", "SNS::Subscription", "SNS::Topic"),
        *("SNS::TopicPolicy", "SQS::QueuePolicy", "SSM::Parameter", "Scheduler::Schedule"),
        *("Scheduler::ScheduleGroup", "SecretsManager::ResourcePolicy"),
        *("SecretsManager::RotationSchedule", "SecretsManager::SecretTargetAttachment"),
        # Service Catalog bills calls of its API, a fraction of a cent each
        *("ServiceCatalog::CloudFormationProduct", "ServiceCatalog::LaunchRoleConstraint"),
        *("ServiceCatalog::LaunchTemplateConstraint", "ServiceCatalog::Portfolio"),
        *("ServiceCatalog::PortfolioPrincipalAssociation", "ServiceCatalog::TagOption"),
        *("ServiceCatalog::TagOptionAssociation",),
        *("ServiceCatalog::PortfolioProductAssociation", "ServiceCatalog::PortfolioShare"),
        *("WAFv2::IPSet", "WAFv2::LoggingConfiguration", "WAFv2::WebACLAssociation"),
        *("XRay::SamplingRule",),
    )
)
