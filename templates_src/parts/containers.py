"""The containers of a task: the application, or what stands in for it, and its trace collector."""

from __future__ import annotations

import json

from troposphere import And, Equals, If, Ref, Split, Sub, Template
from troposphere.ecs import (
    ContainerDefinition,
    Environment,
    HealthCheck,
    LinuxParameters,
    LogConfiguration,
    PortMapping,
)
from troposphere.logs import LogGroup

from templates_src.contract import Value, contract, parameter
from templates_src.parts.access import Access
from templates_src.parts.logic import condition, is_given, is_true, only_if
from templates_src.parts.tasks import Tasked

# Answers the health check until the first image of the application is pushed.
PLACEHOLDER_IMAGE = "public.ecr.aws/docker/library/busybox:1.37.0"
PLACEHOLDER_SCRIPT = """\
file=/www${HealthCheckPath}; [ "$file" = /www/ ] && file=/www/index.html
mkdir -p "$(dirname "$file")" && echo placeholder > "$file"
exec httpd -f -p ${ContainerPort} -h /www"""

# The X-Ray daemon gets security fixes only since 2026-02 and nothing after 2027-02; the collector
# takes its place on the same port and speaks OpenTelemetry:
# https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-migration.html
COLLECTOR_IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.49.0"
COLLECTOR_CONFIGURATION = {
    "receivers": {
        "otlp": {
            "protocols": {
                "grpc": {"endpoint": "127.0.0.1:4317"},
                "http": {"endpoint": "127.0.0.1:4318"},
            }
        },
        "awsxray": {"endpoint": "127.0.0.1:2000", "transport": "udp"},
    },
    "processors": {"batch": {}},
    "exporters": {"awsxray": {}},
    "service": {
        "pipelines": {
            "traces": {
                "receivers": ["otlp", "awsxray"],
                "processors": ["batch"],
                "exporters": ["awsxray"],
            }
        }
    },
}


@contract
class Containerized(Tasked):
    """What every component that runs the application's container takes."""

    image: Value = parameter(
        "Image of the application, best by digest; if empty, a public one that only answers the"
        " health check, which private subnets reach through NAT alone.",
        default="",
        group="Container",
    )
    command: Value = parameter(
        "Comma-joined command that replaces the image's own; none if empty.",
        default="",
        group="Container",
    )
    container_name: Value = parameter(
        "Name of the application's container in the task.",
        default="app",
        group="Container",
        AllowedPattern="[a-zA-Z0-9_-]{1,255}",
    )
    container_port: Value = parameter(
        "Port that the application listens on. Changing it replaces the target group.",
        Type="Number",
        MinValue=1,
        MaxValue=65535,
        default=8000,
        group="Container",
    )
    health_check_path: Value = parameter(
        "Path that answers the load balancer's health check.",
        default="/health",
        group="Container",
        # the placeholder makes a file of it
        AllowedPattern="/|(/[A-Za-z0-9._~-]+)+",
    )
    health_check_command: Value = parameter(
        "Shell command inside the container that fails when the application is unwell; the load"
        " balancer's check alone decides if empty.",
        default="",
        group="Container",
    )
    stop_timeout_seconds: Value = parameter(
        "Seconds between asking the application to stop and killing it.",
        Type="Number",
        MinValue=2,
        MaxValue=120,
        default=30,
        group="Container",
    )


def application(
    t: Template, p: Containerized, access: Access, logs: LogGroup
) -> ContainerDefinition:
    """Return the application's container, or the placeholder where no image is given."""
    placeholder = condition(t, "UsesPlaceholder", Equals(p.image, ""))
    commanded = condition(t, "HasCommand", is_given(p.command))
    checked = condition(
        t, "ChecksContainer", And(is_given(p.image), is_given(p.health_check_command))
    )
    traced = condition(t, "HasTracing", is_true(p.tracing))
    endpoint = Environment(Name="OTEL_EXPORTER_OTLP_ENDPOINT", Value="http://127.0.0.1:4318")
    return ContainerDefinition(
        Name=p.container_name,
        Image=If(placeholder, PLACEHOLDER_IMAGE, p.image),
        Command=If(
            placeholder,
            ["sh", "-c", Sub(PLACEHOLDER_SCRIPT)],
            only_if(commanded, Split(",", p.command)),
        ),
        Essential=True,
        PortMappings=[PortMapping(ContainerPort=p.container_port, Protocol="tcp")],
        Environment=[*access.environment, only_if(traced, endpoint)],
        Secrets=list(access.secrets),
        HealthCheck=only_if(
            checked,
            HealthCheck(
                Command=["CMD-SHELL", p.health_check_command],
                Interval=15,
                Timeout=5,
                Retries=3,
                StartPeriod=60,
            ),
        ),
        # forwards signals to the application and reaps what ECS Exec leaves behind:
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
        LinuxParameters=LinuxParameters(InitProcessEnabled=True),
        StopTimeout=p.stop_timeout_seconds,
        LogConfiguration=log_to(logs, "app"),
    )


def collector(logs: LogGroup) -> ContainerDefinition:
    """Return the container that forwards traces; the task survives its end."""
    return ContainerDefinition(
        Name="collector",
        Image=COLLECTOR_IMAGE,
        Essential=False,
        Environment=[
            Environment(Name="AOT_CONFIG_CONTENT", Value=json.dumps(COLLECTOR_CONFIGURATION)),
            Environment(Name="AWS_REGION", Value=Ref("AWS::Region")),
        ],
        LogConfiguration=log_to(logs, "collector"),
    )


def log_to(logs: LogGroup, prefix: str) -> LogConfiguration:
    """Return the configuration that sends a container's output to a log group."""
    return LogConfiguration(
        LogDriver="awslogs",
        Options={
            "awslogs-group": Ref(logs),
            "awslogs-region": Ref("AWS::Region"),
            "awslogs-stream-prefix": prefix,
            # where CloudWatch does not answer, lines are lost beyond the buffer, not requests
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )
