"""A Lambda function in the VPC that works off a queue, with all that belongs to it alone."""

from __future__ import annotations

from typing import Any

from troposphere import Equals, FindInMap, GetAtt, If, NoValue, Ref, Sub, Template
from troposphere.awslambda import Code, Environment, EventSourceMapping, Function, VPCConfig
from troposphere.awslambda import TracingConfig as Tracing
from troposphere.ec2 import SecurityGroup
from troposphere.iam import Role
from troposphere.logs import LogGroup

from templates_src.contract import Component, Nesting, Value, contract, flag, output, parameter
from templates_src.parts.access import Access, Consume, access_of, granted_arn
from templates_src.parts.alarms import arns, names
from templates_src.parts.function_alarms import Watched, function_alarms
from templates_src.parts.functions import (
    Concurrency,
    JsonLogging,
    archived_function,
    caller_group,
    function_logs,
    own_permissions,
)
from templates_src.parts.iam import Bounded, allow, role
from templates_src.parts.logic import condition, is_given, is_true, only_if
from templates_src.parts.logs import Logged

STARTER = "worker"  # its folder in templates_src/functions
# What applications write in LOG_LEVEL, and what Lambda calls it
LEVELS = {level: level.upper() for level in ("debug", "info", "warn", "error")}
# Node.js does not know the authorities of RDS by itself, the runtime has them beside:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
AUTHORITIES = "/var/runtime/ca-cert.pem"


@contract
class Parameters(Nesting, Logged, Watched, Bounded):
    queue_grant: Value = parameter(
        "Grant of the queue that is worked off.", bind=Consume("QUEUE_URL")
    )
    fifo: Value = flag("Whether that queue is FIFO.", default=False, label="FIFO")
    vpc_id: Value = parameter("VPC of the function.", Type="AWS::EC2::VPC::Id", group="Network")
    private_subnet_ids: Value = parameter(
        "Subnets that reach AWS by NAT or endpoints.",
        Type="List<AWS::EC2::Subnet::Id>",
        group="Network",
    )
    image: Value = parameter(
        "Image of the function in an ECR repository of this region, made for Lambda; the starter"
        " from the archive of this build if empty. Changing to and fro replaces the function.",
        default="",
    )
    runtime: Value = parameter(
        "Node.js of the archive.", default="nodejs24.x", AllowedPattern=r"nodejs[0-9]+\.x"
    )
    architecture: Value = parameter(
        "Processor that the function is built for.",
        default="ARM64",
        AllowedValues=["ARM64", "X86_64"],  # as ECS calls them, not as Lambda does
    )
    memory_mib: Value = parameter(
        "Memory in MiB; the processor's share grows with it.",
        Type="Number",
        MinValue=128,
        MaxValue=10240,
        default=512,
    )
    timeout_seconds: Value = parameter(
        "Seconds that a batch may take; the queue hides its messages for six times as long.",
        Type="Number",
        MinValue=1,
        MaxValue=900,
        default=60,
    )
    batch_size_count: Value = parameter(
        "Messages that are handled together at most.",
        Type="Number",
        MinValue=1,
        MaxValue=10,  # of a FIFO queue, and of any without a window
        default=10,
    )
    batch_window_seconds: Value = parameter(
        "Seconds to wait for a full batch; a FIFO queue does not.",
        Type="Number",
        MinValue=0,
        MaxValue=300,
        default=5,
    )
    # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    max_concurrency_count: Value = parameter(
        "Batches that are handled at a time at most, so that the database is not overwhelmed.",
        Type="Number",
        MinValue=2,
        MaxValue=1000,
        default=5,
    )
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    reserves_concurrency: Value = flag(
        "Whether as many executions are also reserved, so that no other function can use them up."
        " AWS refuses unless the account keeps 100 others; a new account has 10 in all.",
        default=False,
    )
    log_level: Value = parameter(
        "Least severity that is logged.", default="info", AllowedValues=list(LEVELS)
    )
    tracing: Value = flag("Whether invocations are traced with X-Ray.", default=False)
    secrets_key_arn: Value = parameter(
        "ARN of the KMS key that encrypts the secrets; the AWS managed key if empty.",
        default="",
        group="Permissions",
        AllowedPattern="^$|arn:.*",
    )


@contract
class Outputs:
    function_name: Value = output("Name of the function.")
    function_arn: Value = output("ARN of the function.")
    role_arn: Value = output("ARN of its role.")
    security_group_id: Value = output("Security group of the function.")
    log_group_name: Value = output("Log group of the function.")
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")
    alarm_names: Value = output("Comma-joined names of the alarms.")
    event_source_id: Value = output("Id of the mapping that feeds it from the queue.")


def build(t: Template, p: Parameters) -> Outputs:
    """Lambda function that works off a queue, with its role, log and alarms."""
    access = access_of(p)
    t.add_mapping("Levels", {level: {"Lambda": name} for level, name in LEVELS.items()})
    logs = t.add_resource(function_logs("WorkerLogs", p.log_retention_days))
    acts_as = t.add_resource(_role(t, p, access, logs))
    group = t.add_resource(
        caller_group("WorkerSecurityGroup", "The worker; whoever it reaches admits it", p.vpc_id)
    )
    function = t.add_resource(_function(t, p, access, acts_as, logs, group))
    source = t.add_resource(_source(t, p, function))
    alarms = [t.add_resource(watch) for watch in function_alarms(p, function)]
    return Outputs(
        function_name=Ref(function),
        function_arn=GetAtt(function, "Arn"),
        role_arn=GetAtt(acts_as, "Arn"),
        security_group_id=GetAtt(group, "GroupId"),
        log_group_name=Ref(logs),
        alarm_arns=arns(alarms),
        alarm_names=names(alarms),
        event_source_id=Ref(source),
    )


def _role(t: Template, p: Parameters, access: Access, logs: LogGroup) -> Role:
    traced = condition(t, "HasTracing", is_true(p.tracing))
    keyed = condition(t, "HasSecretsKey", is_given(p.secrets_key_arn))
    traces = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    via_secrets_manager = {"kms:ViaService": Sub("secretsmanager.${AWS::Region}.${AWS::URLSuffix}")}
    return role(
        t,
        "WorkerRole",
        service="lambda",
        boundary=p.permissions_boundary_arn,
        statements={
            "Run": [
                *own_permissions(logs),
                only_if(traced, allow(traces, "*")),  # these know no resources
                only_if(
                    keyed,
                    allow(
                        ["kms:Decrypt"],
                        p.secrets_key_arn,
                        Condition={"StringEquals": via_secrets_manager},
                    ),
                ),
            ],
            "UseWhatIsBound": access.of_function,
        },
    )


def _function(
    t: Template, p: Parameters, access: Access, acts_as: Role, logs: LogGroup, group: SecurityGroup
) -> Function:
    imaged = condition(t, "HasImage", is_given(p.image))
    traced = condition(t, "HasTracing", is_true(p.tracing))
    reserved = condition(t, "HasReservedConcurrency", is_true(p.reserves_concurrency))
    function = archived_function(
        "Worker",
        STARTER,
        p,
        runtime=If(imaged, NoValue, p.runtime),
        acts_as=acts_as,
        logs=logs,
        Description="Works off the queue, batch by batch",
        PackageType=If(imaged, "Image", "Zip"),
        Handler=If(imaged, NoValue, "handler.handler"),
        Architectures=[
            If(condition(t, "IsArm", Equals(p.architecture, "ARM64")), "arm64", "x86_64")
        ],
        MemorySize=p.memory_mib,
        Timeout=p.timeout_seconds,
        ReservedConcurrentExecutions=only_if(reserved, p.max_concurrency_count),
        TracingConfig=Tracing(Mode=If(traced, "Active", "PassThrough")),
        Environment=Environment(
            Variables={
                **access.variables,
                "LOG_LEVEL": p.log_level,
                "NODE_EXTRA_CA_CERTS": AUTHORITIES,
            }
        ),
        VpcConfig=VPCConfig(
            SubnetIds=p.private_subnet_ids,
            SecurityGroupIds=[GetAtt(group, "GroupId"), *access.groups],
        ),
        LoggingConfig=JsonLogging(
            LogGroup=Ref(logs),
            LogFormat="JSON",
            ApplicationLogLevel=FindInMap("Levels", p.log_level, "Lambda"),
        ),
    )
    archive: Any = function.properties["Code"]
    function.Code = If(imaged, Code(ImageUri=p.image), archive)
    return function


def _source(t: Template, p: Parameters, function: Function) -> EventSourceMapping:
    ordered = condition(t, "IsFifo", is_true(p.fifo))
    return EventSourceMapping(
        "Messages",
        EventSourceArn=granted_arn(p.queue_grant),
        FunctionName=Ref(function),
        BatchSize=p.batch_size_count,
        MaximumBatchingWindowInSeconds=If(ordered, NoValue, p.batch_window_seconds),
        # only what failed comes again, not the whole batch
        FunctionResponseTypes=["ReportBatchItemFailures"],
        ScalingConfig=Concurrency(MaximumConcurrency=p.max_concurrency_count),
    )


worker = Component(Parameters, Outputs, build)
