"""What ``app.js`` says, in Python: the usual way to write CDK in a Python shop."""

import os
from typing import Any

from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_ssm as ssm

DOMAIN = "shop.example.com"


class Network(Stack):
    def __init__(self, scope: App, name: str) -> None:
        super().__init__(scope, name)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            max_azs=2,
            nat_gateways=2,
            restrict_default_security_group=False,
            flow_logs={"all": ec2.FlowLogOptions(traffic_type=ec2.FlowLogTrafficType.ALL)},
            gateway_endpoints={
                "s3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        self.vpc.add_interface_endpoint(
            "Logs", service=ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS
        )
        key = kms.Key(self, "TopicKey", enable_key_rotation=True)
        self.alarms = sns.Topic(self, "AlarmTopic", master_key=key)
        self.alarms.add_subscription(subscriptions.EmailSubscription("ops@example.com"))
        self.repository = ecr.Repository(
            self,
            "Repository",
            image_scan_on_push=True,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=10)],
        )


class Edge(Stack):
    def __init__(self, scope: App, name: str, network: Network) -> None:
        super().__init__(scope, name)
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id="Z0123456789", zone_name=DOMAIN
        )
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "LoadBalancer",
            vpc=network.vpc,
            internet_facing=True,
            http2_enabled=True,
            drop_invalid_header_fields=True,
        )
        self.balancer.add_redirect()
        certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=DOMAIN,
            subject_alternative_names=[f"www.{DOMAIN}"],
            validation=acm.CertificateValidation.from_dns(zone),
        )
        self.listener = self.balancer.add_listener(
            "Https",
            port=443,
            ssl_policy=elb.SslPolicy.TLS13_RES,
            certificates=[certificate],
            default_action=elb.ListenerAction.fixed_response(404),
        )
        target = route53.RecordTarget.from_alias(targets.LoadBalancerTarget(self.balancer))
        for record in (DOMAIN, f"www.{DOMAIN}"):
            same = {"zone": zone, "record_name": record, "target": target}
            route53.ARecord(self, f"A-{record}", **same)
            route53.AaaaRecord(self, f"Aaaa-{record}", **same)
        s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
        )
        errors = self.balancer.metrics.http_code_elb(elb.HttpCodeElb.ELB_5XX_COUNT)
        alarm(self, network, "ErrorAlarm", errors, 10)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=network.vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )


class Database(Stack):
    def __init__(self, scope: App, name: str, network: Network) -> None:
        super().__init__(scope, name)
        engine = rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_16)
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            engine=engine,
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            instance_type=ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
            allocated_storage=20,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            multi_az=True,
            backup_retention=Duration.days(7),
            monitoring_interval=Duration.seconds(60),
            cloudwatch_logs_exports=["postgresql"],
            credentials=rds.Credentials.from_generated_secret("pyshop"),
            parameter_group=rds.ParameterGroup(
                self, "Parameters", engine=engine, parameters={"rds.force_ssl": "1"}
            ),
            removal_policy=RemovalPolicy.SNAPSHOT,
        )
        self.secret_key = secrets.Secret(self, "SecretKey")
        ssm.StringParameter(self, "TokenMinutes", string_value="30")
        less = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
        alarm(self, network, "Cpu", self.instance.metric_cpu_utilization(), 80)
        alarm(self, network, "Connections", self.instance.metric_database_connections(), 80)
        free = self.instance.metric_free_storage_space()
        alarm(self, network, "Storage", free, 2e9, comparison_operator=less)


class Service(Stack):
    def __init__(
        self, scope: App, name: str, network: Network, edge: Edge, database: Database, rank: int
    ) -> None:
        super().__init__(scope, name)
        task = ecs.FargateTaskDefinition(self, "Task", cpu=512, memory_limit_mib=1024)
        self.log_group = logs.LogGroup(self, "Logs", retention=logs.RetentionDays.ONE_MONTH)
        url = database.instance.secret
        assert url is not None
        task.add_container(
            "app",
            image=ecs.ContainerImage.from_ecr_repository(network.repository),
            port_mappings=[ecs.PortMapping(container_port=8000)],
            environment={"ENVIRONMENT": "production", "ACCESS_TOKEN_EXPIRE_MINUTES": "30"},
            secrets={
                "DATABASE_URL": ecs.Secret.from_secrets_manager(url),
                "SECRET_KEY": ecs.Secret.from_secrets_manager(database.secret_key),
            },
            logging=ecs.LogDrivers.aws_logs(stream_prefix="app", log_group=self.log_group),
        )
        self.service = ecs.FargateService(
            self,
            "Service",
            cluster=edge.cluster,
            task_definition=task,
            desired_count=2,
            min_healthy_percent=100,
            enable_execute_command=True,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        )
        self.targets = elb.ApplicationTargetGroup(
            self,
            "Targets",
            vpc=network.vpc,
            port=8000,
            protocol=elb.ApplicationProtocol.HTTP,
            targets=[self.service],
            health_check=elb.HealthCheck(path="/healthz"),
            deregistration_delay=Duration.seconds(30),
        )
        elb.ApplicationListenerRule(
            self,
            "Rule",
            listener=edge.listener,
            priority=rank,
            conditions=[elb.ListenerCondition.path_patterns(["/*"])],
            target_groups=[self.targets],
        )
        scaling = self.service.auto_scale_task_count(min_capacity=2, max_capacity=10)
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=70)
        scaling.scale_on_memory_utilization("Memory", target_utilization_percent=80)
        scaling.scale_on_request_count(
            "Requests", requests_per_target=1000, target_group=self.targets
        )
        of_targets = self.targets.metrics
        errors = of_targets.http_code_target(elb.HttpCodeTarget.TARGET_5XX_COUNT)
        alarm(self, network, "CpuAlarm", self.service.metric_cpu_utilization(), 85)
        alarm(self, network, "MemoryAlarm", self.service.metric_memory_utilization(), 85)
        alarm(self, network, "ErrorAlarm", errors, 10)
        alarm(self, network, "LatencyAlarm", of_targets.target_response_time(), 1)
        alarm(self, network, "HostAlarm", of_targets.unhealthy_host_count(), 0)


class Monitoring(Stack):
    def __init__(self, scope: App, name: str, database: Database, service: Service) -> None:
        super().__init__(scope, name)
        instance, of_targets = database.instance, service.targets.metrics

        def graph(title: str, *left: Any) -> cloudwatch.GraphWidget:
            return cloudwatch.GraphWidget(title=title, left=list(left))

        answers = [of_targets.http_code_target(code) for code in elb.HttpCodeTarget]
        times = [of_targets.target_response_time(statistic=p) for p in ("p50", "p95", "p99")]
        cloudwatch.Dashboard(self, "Dashboard").add_widgets(
            graph("CPU", service.service.metric_cpu_utilization()),
            graph("Memory", service.service.metric_memory_utilization()),
            graph("Requests", of_targets.request_count()),
            graph("Answers", *answers),
            graph("Response time", *times),
            graph("Hosts", of_targets.healthy_host_count(), of_targets.unhealthy_host_count()),
            graph("Database CPU", instance.metric_cpu_utilization()),
            graph("Connections", instance.metric_database_connections()),
            graph("Storage", instance.metric_free_storage_space()),
            graph("Latency", instance.metric("ReadLatency"), instance.metric("WriteLatency")),
            graph("Operations", instance.metric("ReadIOPS"), instance.metric("WriteIOPS")),
            cloudwatch.LogQueryWidget(
                log_group_names=[service.log_group.log_group_name],
                query_lines=["fields @timestamp", "filter @message like /error/", "limit 50"],
            ),
        )


def alarm(
    stack: Stack, network: Network, name: str, metric: Any, threshold: float, **more: Any
) -> None:
    made = metric.create_alarm(stack, name, threshold=threshold, evaluation_periods=5, **more)
    made.add_alarm_action(actions.SnsAction(network.alarms))


app = App(outdir=os.environ["OUT"])
for env in range(int(os.environ.get("ENVIRONMENTS", "1"))):
    network = Network(app, f"Network{env}")
    edge = Edge(app, f"Edge{env}", network)
    database = Database(app, f"Database{env}", network)
    services = [
        Service(app, f"Service{env}x{rank}", network, edge, database, rank)
        for rank in range(1, int(os.environ.get("STACKS", "1")) + 1)
    ]
    Monitoring(app, f"Monitoring{env}", database, services[0])
app.synth()
