// What PyShop holds, as a CDK user would write it: five stacks for each environment.
// STACKS is the number of service stacks for each of ENVIRONMENTS, OUT the folder of the assembly.
const { App, Duration, RemovalPolicy, Stack } = require('aws-cdk-lib');
const acm = require('aws-cdk-lib/aws-certificatemanager');
const cloudwatch = require('aws-cdk-lib/aws-cloudwatch');
const { SnsAction } = require('aws-cdk-lib/aws-cloudwatch-actions');
const ec2 = require('aws-cdk-lib/aws-ec2');
const ecr = require('aws-cdk-lib/aws-ecr');
const ecs = require('aws-cdk-lib/aws-ecs');
const elb = require('aws-cdk-lib/aws-elasticloadbalancingv2');
const kms = require('aws-cdk-lib/aws-kms');
const logs = require('aws-cdk-lib/aws-logs');
const rds = require('aws-cdk-lib/aws-rds');
const route53 = require('aws-cdk-lib/aws-route53');
const { LoadBalancerTarget } = require('aws-cdk-lib/aws-route53-targets');
const s3 = require('aws-cdk-lib/aws-s3');
const secrets = require('aws-cdk-lib/aws-secretsmanager');
const sns = require('aws-cdk-lib/aws-sns');
const { EmailSubscription } = require('aws-cdk-lib/aws-sns-subscriptions');
const ssm = require('aws-cdk-lib/aws-ssm');

class Network extends Stack {
  constructor(scope, id) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      maxAzs: 2,
      natGateways: 2,
      restrictDefaultSecurityGroup: false,
      flowLogs: { all: { trafficType: ec2.FlowLogTrafficType.ALL } },
      gatewayEndpoints: { s3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
    });
    this.vpc.addInterfaceEndpoint('Logs', {
      service: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    });
    this.alarms = new sns.Topic(this, 'AlarmTopic', {
      masterKey: new kms.Key(this, 'TopicKey', { enableKeyRotation: true }),
    });
    this.alarms.addSubscription(new EmailSubscription('ops@example.com'));
    this.repository = new ecr.Repository(this, 'Repository', {
      imageScanOnPush: true,
      lifecycleRules: [{ maxImageCount: 10 }],
    });
  }
}

class Edge extends Stack {
  constructor(scope, id, network) {
    super(scope, id);
    const domainName = 'shop.example.com';
    const zone = route53.HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: 'Z0123456789', zoneName: domainName,
    });
    this.balancer = new elb.ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc, internetFacing: true, http2Enabled: true, dropInvalidHeaderFields: true,
    });
    this.balancer.addRedirect();
    this.listener = this.balancer.addListener('Https', {
      port: 443,
      sslPolicy: elb.SslPolicy.TLS13_RES,
      certificates: [new acm.Certificate(this, 'Certificate', {
        domainName,
        subjectAlternativeNames: [`www.${domainName}`],
        validation: acm.CertificateValidation.fromDns(zone),
      })],
      defaultAction: elb.ListenerAction.fixedResponse(404),
    });
    const target = route53.RecordTarget.fromAlias(new LoadBalancerTarget(this.balancer));
    for (const recordName of [domainName, `www.${domainName}`]) {
      new route53.ARecord(this, `A-${recordName}`, { zone, recordName, target });
      new route53.AaaaRecord(this, `Aaaa-${recordName}`, { zone, recordName, target });
    }
    new s3.Bucket(this, 'AccessLogs', {
      encryption: s3.BucketEncryption.S3_MANAGED,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    alarm(this, network, 'ErrorAlarm', this.balancer.metrics.httpCodeElb(elb.HttpCodeElb.ELB_5XX_COUNT), 10);
    this.cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: network.vpc, containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
  }
}

class Database extends Stack {
  constructor(scope, id, network) {
    super(scope, id);
    const engine = rds.DatabaseInstanceEngine.postgres({ version: rds.PostgresEngineVersion.VER_16 });
    this.instance = new rds.DatabaseInstance(this, 'Instance', {
      engine,
      vpc: network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      instanceType: ec2.InstanceType.of(ec2.InstanceClass.T4G, ec2.InstanceSize.MICRO),
      allocatedStorage: 20,
      storageType: rds.StorageType.GP3,
      storageEncrypted: true,
      multiAz: true,
      backupRetention: Duration.days(7),
      monitoringInterval: Duration.seconds(60),
      cloudwatchLogsExports: ['postgresql'],
      credentials: rds.Credentials.fromGeneratedSecret('pyshop'),
      parameterGroup: new rds.ParameterGroup(this, 'Parameters', {
        engine, parameters: { 'rds.force_ssl': '1' },
      }),
      removalPolicy: RemovalPolicy.SNAPSHOT,
    });
    this.secretKey = new secrets.Secret(this, 'SecretKey');
    new ssm.StringParameter(this, 'TokenMinutes', { stringValue: '30' });
    const watch = (name, metric, threshold, more) => alarm(this, network, name, metric, threshold, more);
    watch('Cpu', this.instance.metricCPUUtilization(), 80);
    watch('Connections', this.instance.metricDatabaseConnections(), 80);
    watch('Storage', this.instance.metricFreeStorageSpace(), 2e9, {
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    });
  }
}

class Service extends Stack {
  constructor(scope, id, network, edge, database, priority) {
    super(scope, id);
    const task = new ecs.FargateTaskDefinition(this, 'Task', { cpu: 512, memoryLimitMiB: 1024 });
    this.logGroup = new logs.LogGroup(this, 'Logs', { retention: logs.RetentionDays.ONE_MONTH });
    task.addContainer('app', {
      image: ecs.ContainerImage.fromEcrRepository(network.repository),
      portMappings: [{ containerPort: 8000 }],
      environment: { ENVIRONMENT: 'production', ACCESS_TOKEN_EXPIRE_MINUTES: '30' },
      secrets: {
        DATABASE_URL: ecs.Secret.fromSecretsManager(database.instance.secret),
        SECRET_KEY: ecs.Secret.fromSecretsManager(database.secretKey),
      },
      logging: ecs.LogDrivers.awsLogs({ streamPrefix: 'app', logGroup: this.logGroup }),
    });
    this.service = new ecs.FargateService(this, 'Service', {
      cluster: edge.cluster,
      taskDefinition: task,
      desiredCount: 2,
      minHealthyPercent: 100,
      enableExecuteCommand: true,
      circuitBreaker: { rollback: true },
    });
    this.targets = new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      port: 8000,
      protocol: elb.ApplicationProtocol.HTTP,
      targets: [this.service],
      healthCheck: { path: '/healthz' },
      deregistrationDelay: Duration.seconds(30),
    });
    new elb.ApplicationListenerRule(this, 'Rule', {
      listener: edge.listener,
      priority,
      conditions: [elb.ListenerCondition.pathPatterns(['/*'])],
      targetGroups: [this.targets],
    });
    const scaling = this.service.autoScaleTaskCount({ minCapacity: 2, maxCapacity: 10 });
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 70 });
    scaling.scaleOnMemoryUtilization('Memory', { targetUtilizationPercent: 80 });
    scaling.scaleOnRequestCount('Requests', {
      requestsPerTarget: 1000, targetGroup: this.targets,
    });
    const watch = (name, metric, threshold) => alarm(this, network, name, metric, threshold);
    watch('CpuAlarm', this.service.metricCpuUtilization(), 85);
    watch('MemoryAlarm', this.service.metricMemoryUtilization(), 85);
    watch('ErrorAlarm', this.targets.metrics.httpCodeTarget(elb.HttpCodeTarget.TARGET_5XX_COUNT), 10);
    watch('LatencyAlarm', this.targets.metrics.targetResponseTime(), 1);
    watch('HostAlarm', this.targets.metrics.unhealthyHostCount(), 0);
  }
}

class Monitoring extends Stack {
  constructor(scope, id, database, { service, targets, logGroup }) {
    super(scope, id);
    const board = new cloudwatch.Dashboard(this, 'Dashboard');
    const graph = (title, ...left) => new cloudwatch.GraphWidget({ title, left });
    const answers = (code) => targets.metrics.httpCodeTarget(code);
    const { instance } = database;
    board.addWidgets(
      graph('CPU', service.metricCpuUtilization()),
      graph('Memory', service.metricMemoryUtilization()),
      graph('Requests', targets.metrics.requestCount()),
      graph('Answers', ...Object.values(elb.HttpCodeTarget).map(answers)),
      graph('Response time', ...['p50', 'p95', 'p99'].map(
        (statistic) => targets.metrics.targetResponseTime({ statistic }),
      )),
      graph('Hosts', targets.metrics.healthyHostCount(), targets.metrics.unhealthyHostCount()),
      graph('Database CPU', instance.metricCPUUtilization()),
      graph('Connections', instance.metricDatabaseConnections()),
      graph('Storage', instance.metricFreeStorageSpace()),
      graph('Latency', instance.metric('ReadLatency'), instance.metric('WriteLatency')),
      graph('Operations', instance.metric('ReadIOPS'), instance.metric('WriteIOPS')),
      new cloudwatch.LogQueryWidget({
        logGroupNames: [logGroup.logGroupName],
        queryLines: ['fields @timestamp', 'filter @message like /error/', 'limit 50'],
      }),
    );
  }
}

function alarm(stack, network, id, metric, threshold, more = {}) {
  metric
    .createAlarm(stack, id, { threshold, evaluationPeriods: 5, ...more })
    .addAlarmAction(new SnsAction(network.alarms));
}

const app = new App({ outdir: process.env.OUT });
for (let env = 0; env < Number(process.env.ENVIRONMENTS || 1); env++) {
  const network = new Network(app, `Network${env}`);
  const edge = new Edge(app, `Edge${env}`, network);
  const database = new Database(app, `Database${env}`, network);
  const services = [];
  for (let n = 1; n <= Number(process.env.STACKS || 1); n++) {
    services.push(new Service(app, `Service${env}x${n}`, network, edge, database, n));
  }
  new Monitoring(app, `Monitoring${env}`, database, services[0]);
}
app.synth();
