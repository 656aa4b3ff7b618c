"""A Fargate task: its size, its two roles and its definition."""

from __future__ import annotations

from collections.abc import Sequence

from troposphere import AWSHelperFn, Equals, GetAtt, Join, Template
from troposphere.ecs import ContainerDefinition, RuntimePlatform, TaskDefinition
from troposphere.iam import Policy, Role
from troposphere.logs import LogGroup

from templates_src.contract import Rule, Value, contract, flag, parameter
from templates_src.parts.access import Access
from templates_src.parts.iam import Bounded, Statement, allow, document, role, trust
from templates_src.parts.logic import condition, is_among, is_given, is_true, only_if
from templates_src.parts.logs import Logged

# MiB by CPU units, all that Fargate offers:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
FARGATE_SIZES: dict[int, Sequence[int]] = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
    8192: range(16384, 61440 + 1, 4096),
    16384: range(32768, 122880 + 1, 8192),
    32768: (61440, 122880, 249856),
}


@contract
class Tasked(Logged, Bounded):
    """What every component with a Fargate task takes."""

    cpu: Value = parameter(
        "CPU of a task in units, 1024 to a core.",
        default="512",
        group="Task",
        AllowedValues=[str(units) for units in FARGATE_SIZES],
    )
    memory_mib: Value = parameter(
        "Memory of a task in MiB; Fargate offers certain amounts for each CPU.",
        default="1024",
        group="Task",
        AllowedPattern="[0-9]+",
    )
    architecture: Value = parameter(
        "Processor that the images are built for.",
        default="ARM64",
        group="Task",
        AllowedValues=["ARM64", "X86_64"],
    )
    execute_command: Value = flag(
        "Whether ECS Exec may open a shell in a running task.", default=False, group="Task"
    )
    tracing: Value = flag(
        "Whether a collector in the task sends OpenTelemetry and X-Ray traces to X-Ray.",
        default=False,
        group="Task",
    )
    log_group_name: Value = parameter(
        "Name of the log group; generated if empty. Changing it replaces the log group.",
        default="",
        group="Task",
        AllowedPattern="[a-zA-Z0-9_/.#-]{0,512}",
    )
    repository_arn: Value = parameter(
        "ARN of the ECR repository that tasks pull from; none if empty.",
        default="",
        group="Permissions",
        AllowedPattern="^$|arn:.*",
    )
    secrets_key_arn: Value = parameter(
        "ARN of the KMS key that encrypts the secrets; the AWS managed key if empty.",
        default="",
        group="Permissions",
        AllowedPattern="^$|arn:.*",
    )
    bucket_arn: Value = parameter(
        "ARN of an S3 bucket that the application may read, write and delete in; none if empty.",
        default="",
        group="Permissions",
        AllowedPattern="^$|arn:.*",
    )
    bucket_key_arn: Value = parameter(
        "ARN of the KMS key that encrypts that bucket's objects; S3's own if empty.",
        default="",
        group="Permissions",
        AllowedPattern="^$|arn:.*",
    )


SIZE_RULES = tuple(
    Rule(
        f"MemoryFits{cpu}CpuUnits",
        f"Fargate offers {cpu} CPU units with {', '.join(map(str, memory))} MiB of memory.",
        holds=is_among(Tasked.memory_mib, [str(amount) for amount in memory]),
        when=Equals(Tasked.cpu, str(cpu)),
    )
    for cpu, memory in FARGATE_SIZES.items()
)


def log_group(t: Template, p: Tasked) -> LogGroup:
    """Return the log group of a task; its logs go with it."""
    return LogGroup(
        "TaskLogs",
        LogGroupName=only_if(
            condition(t, "HasLogGroupName", is_given(p.log_group_name)), p.log_group_name
        ),
        RetentionInDays=p.log_retention_days,
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )


def execution_role(t: Template, p: Tasked, access: Access, logs: LogGroup) -> Role:
    """Return the role with which ECS prepares a task: images, secrets, log streams."""
    pulls = condition(t, "HasRepository", is_given(p.repository_arn))
    decrypts = condition(t, "HasSecretsKey", is_given(p.secrets_key_arn))
    images = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return role(
        t,
        "ExecutionRole",
        service="ecs-tasks",
        boundary=p.permissions_boundary_arn,
        # AWS promises the condition on the account for the other role only
        AssumeRolePolicyDocument=trust("ecs-tasks", guarded=False),
        statements={
            "PrepareTasks": [
                allow(["logs:CreateLogStream", "logs:PutLogEvents"], GetAtt(logs, "Arn")),
                only_if(pulls, allow(["ecr:GetAuthorizationToken"], "*")),  # of the registry
                only_if(pulls, allow(images, p.repository_arn)),
                only_if(decrypts, allow(["kms:Decrypt"], p.secrets_key_arn)),
                *access.starting,
            ]
        },
    )


def task_role(t: Template, p: Tasked, access: Access) -> Role:
    """Return the role of the application itself."""
    shell = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    traces = [
        "xray:GetSamplingRules",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ]
    objects = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    policies: list[Policy | AWSHelperFn] = [
        only_if(
            condition(t, "HasExecuteCommand", is_true(p.execute_command)),
            _policy("ExecuteCommand", allow(shell, "*")),  # these know no resources
        ),
        only_if(
            condition(t, "HasTracing", is_true(p.tracing)),
            _policy("SendTraces", allow(traces, "*")),  # nor do these
        ),
        only_if(
            condition(t, "HasBucket", is_given(p.bucket_arn)),
            _policy(
                "UseBucket",
                allow(["s3:ListBucket"], p.bucket_arn),
                allow(objects, Join("", [p.bucket_arn, "/*"])),
                only_if(
                    condition(t, "HasBucketKey", is_given(p.bucket_key_arn)),
                    allow(["kms:Decrypt", "kms:GenerateDataKey"], p.bucket_key_arn),
                ),
            ),
        ),
    ]
    if access.running:
        policies.append(_policy("UseWhatIsBound", *access.running))
    return role(
        t, "TaskRole", service="ecs-tasks", boundary=p.permissions_boundary_arn, Policies=policies
    )


def task_definition(
    p: Tasked,
    *,
    execution: Role,
    task: Role,
    containers: Sequence[ContainerDefinition | AWSHelperFn],
) -> TaskDefinition:
    """Return the definition of a task, whose family CloudFormation names."""
    return TaskDefinition(
        "TaskDefinition",
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=p.cpu,
        Memory=p.memory_mib,
        RuntimePlatform=RuntimePlatform(
            CpuArchitecture=p.architecture, OperatingSystemFamily="LINUX"
        ),
        ExecutionRoleArn=GetAtt(execution, "Arn"),
        TaskRoleArn=GetAtt(task, "Arn"),
        ContainerDefinitions=list(containers),
    )


def _policy(name: str, *statements: Statement | AWSHelperFn) -> Policy:
    return Policy(PolicyName=name, PolicyDocument=document(*statements))
