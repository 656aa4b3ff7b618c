"""Floor of one blueprint: `blueprint.py OUT`, what the CDK app holds, in plain troposphere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from names import NAMES
from service import add_alarm, nest, role, start, template, write, write_parameters
from troposphere import (
    Cidr,
    GetAtt,
    GetAZs,
    Join,
    Output,
    Ref,
    Select,
    Split,
    Sub,
    Template,
    cloudwatch,
    ec2,
    ecr,
    ecs,
    kms,
    logs,
    rds,
    route53,
    s3,
    sns,
    ssm,
)
from troposphere import certificatemanager as acm
from troposphere import elasticloadbalancingv2 as elb
from troposphere import secretsmanager as secrets

KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
NETWORK = ("vpc_cidr", "email")
EDGE = ("domain_name", "hosted_zone_id", "vpc_id", "subnet_ids", "topic_arn")
DATABASE = ("vpc_id", "subnet_ids", "topic_arn")
MONITORING = ("cluster_name", "service_name", "load_balancer_full_name", "instance_identifier")


def network() -> Template:
    t, p = start("Network", NETWORK)
    vpc = t.add_resource(ec2.VPC("Vpc", CidrBlock=p.vpc_cidr, EnableDnsHostnames=True))
    gateway = t.add_resource(ec2.InternetGateway("Gateway"))
    attached = t.add_resource(
        ec2.VPCGatewayAttachment("Attached", VpcId=Ref(vpc), InternetGatewayId=Ref(gateway))
    )
    private = []
    for zone in range(2):
        public = add_subnet(t, vpc, p, f"Public{zone}", zone, zone)
        private.append(add_subnet(t, vpc, p, f"Private{zone}", zone, zone + 2))
        address = t.add_resource(ec2.EIP(f"Address{zone}", DependsOn=attached.title, Domain="vpc"))
        nat = t.add_resource(
            ec2.NatGateway(
                f"Nat{zone}", SubnetId=Ref(public), AllocationId=GetAtt(address, "AllocationId")
            )
        )
        add_route(t, f"Public{zone}", GatewayId=Ref(gateway), DependsOn=attached.title)
        add_route(t, f"Private{zone}", NatGatewayId=Ref(nat))
    add_flow_log(t, vpc)
    t.add_resource(
        ec2.VPCEndpoint(
            "S3",
            VpcId=Ref(vpc),
            ServiceName=Join(".", ["com.amazonaws", Ref("AWS::Region"), "s3"]),
            RouteTableIds=[Ref("Private0Table"), Ref("Private1Table")],
        )
    )
    group = t.add_resource(
        ec2.SecurityGroup("EndpointGroup", GroupDescription="Endpoints", VpcId=Ref(vpc))
    )
    t.add_resource(
        ec2.VPCEndpoint(
            "LogsEndpoint",
            VpcId=Ref(vpc),
            VpcEndpointType="Interface",
            ServiceName=Join(".", ["com.amazonaws", Ref("AWS::Region"), "logs"]),
            PrivateDnsEnabled=True,
            SubnetIds=[Ref(subnet) for subnet in private],
            SecurityGroupIds=[Ref(group)],
        )
    )
    add_shared(t, p)
    t.add_output(Output("VpcId", Value=Ref(vpc)))
    return t


def add_subnet(t: Template, vpc: Any, p: Any, name: str, zone: int, block: int) -> Any:
    subnet = t.add_resource(
        ec2.Subnet(
            name,
            VpcId=Ref(vpc),
            AvailabilityZone=Select(zone, GetAZs("")),
            CidrBlock=Select(block, Cidr(p.vpc_cidr, 4, 8)),
        )
    )
    table = t.add_resource(ec2.RouteTable(f"{name}Table", VpcId=Ref(vpc)))
    t.add_resource(
        ec2.SubnetRouteTableAssociation(
            f"{name}Association", SubnetId=Ref(subnet), RouteTableId=Ref(table)
        )
    )
    return subnet


def add_route(t: Template, name: str, **way: Any) -> None:
    table = Ref(f"{name}Table")
    cidr = "0.0.0.0/0"
    t.add_resource(ec2.Route(f"{name}Route", RouteTableId=table, DestinationCidrBlock=cidr, **way))


def add_flow_log(t: Template, vpc: Any) -> None:
    group = t.add_resource(logs.LogGroup("FlowLogs", RetentionInDays=30, **KEPT))
    principal = "vpc-flow-logs.amazonaws.com"
    writer = t.add_resource(
        role("FlowLogRole", principal, ["logs:PutLogEvents"], GetAtt(group, "Arn"))
    )
    t.add_resource(
        ec2.FlowLog(
            "FlowLog",
            ResourceId=Ref(vpc),
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName=Ref(group),
            DeliverLogsPermissionArn=GetAtt(writer, "Arn"),
        )
    )


def add_shared(t: Template, p: Any) -> None:
    """Add the alarm topic and the image registry."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    key = t.add_resource(kms.Key("Key", KeyPolicy=policy, EnableKeyRotation=True, **KEPT))
    topic = t.add_resource(sns.Topic("Topic", KmsMasterKeyId=Ref(key)))
    t.add_resource(
        sns.SubscriptionResource("Mail", TopicArn=Ref(topic), Protocol="email", Endpoint=p.email)
    )
    kept = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}
    expiry = {"rulePriority": 1, "selection": kept, "action": {"type": "expire"}}
    lifecycle = json.dumps({"rules": [expiry]})
    t.add_resource(
        ecr.Repository(
            "Repository",
            ImageScanningConfiguration=ecr.ImageScanningConfiguration(ScanOnPush=True),
            LifecyclePolicy=ecr.LifecyclePolicy(LifecyclePolicyText=lifecycle),
        )
    )


def edge() -> Template:
    t, p = start("Load balancer, domain and cluster", EDGE)
    group = t.add_resource(
        ec2.SecurityGroup("Group", GroupDescription="Load balancer", VpcId=p.vpc_id)
    )
    balancer = t.add_resource(
        elb.LoadBalancer(
            "LoadBalancer", Subnets=Split(",", p.subnet_ids), SecurityGroups=[Ref(group)]
        )
    )
    certificate = t.add_resource(
        acm.Certificate(
            "Certificate",
            DomainName=p.domain_name,
            SubjectAlternativeNames=[Join(".", ["www", p.domain_name])],
            ValidationMethod="DNS",
        )
    )
    answer = elb.FixedResponseConfig(StatusCode="404")
    redirect = elb.RedirectConfig(Protocol="HTTPS", Port="443", StatusCode="HTTP_301")
    for port, protocol, action, more in (
        (80, "HTTP", elb.Action(Type="redirect", RedirectConfig=redirect), []),
        (
            443,
            "HTTPS",
            elb.Action(Type="fixed-response", FixedResponseConfig=answer),
            [certificate],
        ),
    ):
        t.add_resource(
            elb.Listener(
                protocol.title(),
                LoadBalancerArn=Ref(balancer),
                Port=port,
                Protocol=protocol,
                DefaultActions=[action],
                Certificates=[elb.Certificate(CertificateArn=Ref(one)) for one in more],
            )
        )
    target = {
        "DNSName": GetAtt(balancer, "DNSName"),
        "HostedZoneId": GetAtt(balancer, "CanonicalHostedZoneID"),
    }
    for kind in ("A", "AAAA"):
        for prefix, name in (("", p.domain_name), ("Www", Join(".", ["www", p.domain_name]))):
            t.add_resource(
                route53.RecordSetType(
                    f"{prefix}{kind}Record",
                    HostedZoneId=p.hosted_zone_id,
                    Name=name,
                    Type=kind,
                    AliasTarget=route53.AliasTarget(**target),
                )
            )
    add_log_bucket(t)
    of_balancer = {"LoadBalancer": GetAtt(balancer, "LoadBalancerFullName")}
    add_alarm(t, "ErrorAlarm", "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", of_balancer, p)
    insights = ecs.ClusterSetting(Name="containerInsights", Value="enabled")
    t.add_resource(ecs.Cluster("Cluster", ClusterSettings=[insights]))
    t.add_output(Output("LoadBalancerFullName", Value=of_balancer["LoadBalancer"]))
    return t


def add_log_bucket(t: Template) -> None:
    bucket = t.add_resource(s3.Bucket("AccessLogs", **KEPT))
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": GetAtt(bucket, "Arn"),
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    t.add_resource(s3.BucketPolicy("Policy", Bucket=Ref(bucket), PolicyDocument=policy))


def database() -> Template:
    t, p = start("Database", DATABASE)
    group = t.add_resource(ec2.SecurityGroup("Group", GroupDescription="DB", VpcId=p.vpc_id))
    subnets = t.add_resource(
        rds.DBSubnetGroup(
            "Subnets", DBSubnetGroupDescription="DB", SubnetIds=Split(",", p.subnet_ids)
        )
    )
    parameters = t.add_resource(
        rds.DBParameterGroup(
            "Settings", Family="postgres16", Description="DB", Parameters={"rds.force_ssl": "1"}
        )
    )
    generated = secrets.GenerateSecretString(
        GenerateStringKey="password", SecretStringTemplate='{"username": "pyshop"}'
    )
    secret = t.add_resource(secrets.Secret("Secret", GenerateSecretString=generated, **KEPT))
    principal = "monitoring.rds.amazonaws.com"
    watcher = t.add_resource(
        role("MonitoringRole", principal, ["logs:PutLogEvents"], "arn:aws:logs:*:*:*")
    )
    instance = t.add_resource(
        rds.DBInstance(
            "Instance",
            Engine="postgres",
            EngineVersion="16",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage="20",
            StorageType="gp3",
            StorageEncrypted=True,
            MultiAZ=True,
            BackupRetentionPeriod=7,
            MonitoringInterval=60,
            MonitoringRoleArn=GetAtt(watcher, "Arn"),
            DBSubnetGroupName=Ref(subnets),
            DBParameterGroupName=Ref(parameters),
            VPCSecurityGroups=[Ref(group)],
            MasterUsername="pyshop",
            MasterUserPassword=Join("", ["{{resolve:secretsmanager:", Ref(secret), "}}"]),
            DeletionPolicy="Snapshot",
            UpdateReplacePolicy="Snapshot",
        )
    )
    t.add_resource(
        secrets.SecretTargetAttachment(
            "Attachment",
            SecretId=Ref(secret),
            TargetId=Ref(instance),
            TargetType="AWS::RDS::DBInstance",
        )
    )
    t.add_resource(secrets.Secret("SecretKey", **KEPT))
    t.add_resource(ssm.Parameter("TokenMinutes", Type="String", Value="30"))
    of_instance = {"DBInstanceIdentifier": Ref(instance)}
    for metric in ("CPUUtilization", "DatabaseConnections", "FreeStorageSpace"):
        add_alarm(t, f"{metric}Alarm", "AWS/RDS", metric, of_instance, p)
    t.add_output(Output("InstanceIdentifier", Value=Ref(instance)))
    return t


def monitoring() -> Template:
    t, _ = start("Dashboard", MONITORING)
    line = ["AWS/ECS", "CPUUtilization", "ServiceName", "${ServiceName}"]
    graph = {"type": "metric", "width": 8, "height": 6, "properties": {"metrics": [line] * 3}}
    body = json.dumps({"widgets": [graph] * 12})
    t.add_resource(cloudwatch.Dashboard("Dashboard", DashboardBody=Sub(body)))
    return t


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    names = dict.fromkeys((*NETWORK, *EDGE, *DATABASE, *NAMES, *MONITORING))
    root, _ = start("PyShop", tuple(names))
    for name, made, names in (
        ("network", network(), NETWORK),
        ("edge", edge(), EDGE),
        ("database", database(), DATABASE),
        ("service", template("Service"), NAMES),
        ("monitoring", monitoring(), MONITORING),
    ):
        write(out, name, made)
        nest(root, name.title(), name, names)
    write(out, "pyshop", root)
    write_parameters(out, "pyshop.dev", root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
