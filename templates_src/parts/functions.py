"""Lambda functions whose archives the build makes from ``templates_src/functions``."""

from __future__ import annotations

from typing import Any

from troposphere import GetAtt, Ref, Sub
from troposphere.awslambda import Code, Function, LoggingConfig
from troposphere.iam import Role
from troposphere.logs import LogGroup

from templates_src.contract import Nesting, Value


class JsonLogging(LoggingConfig):
    """The format is part of the resource's schema; troposphere 4.11 does not know it."""

    props = {**LoggingConfig.props, "LogFormat": (str, True)}  # noqa: RUF012 (as its base has it)


def archived_function(
    title: str, name: str, p: Nesting, *, runtime: Value, acts_as: Role, logs: LogGroup, **more: Any
) -> Function:
    """Return a function on ARM64 that runs ``handler.handler`` of an archive and logs JSON.

    Args:
        title: logical id.
        name: its folder in ``templates_src/functions``.
        p: says where archives are: beside the templates, under the digest of the same build.
        runtime: ``python3.13``.
        acts_as: its role.
        logs: its log group; Lambda would make one that never expires and outlives the stack.
        more: other properties of the function.
    """
    properties: dict[str, Any] = {
        "Architectures": ["arm64"],
        "Runtime": runtime,
        "Handler": "handler.handler",
        "Code": Code(
            S3Bucket=p.template_bucket, S3Key=Sub(f"${{TemplatePrefix}}functions/{name}.zip")
        ),
        "Role": GetAtt(acts_as, "Arn"),
        "LoggingConfig": JsonLogging(LogGroup=Ref(logs), LogFormat="JSON"),
    }
    return Function(title, **{**properties, **more})


def function_logs(title: str, retention_days: Value) -> LogGroup:
    """Return the log group of a function."""
    return LogGroup(
        title,
        RetentionInDays=retention_days,
        # logs go with the function that wrote them
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
