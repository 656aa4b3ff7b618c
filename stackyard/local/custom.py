"""Custom resources that fail as on AWS: in its words, with their properties, and not in silence.

A function that ends without an answer leaves CloudFormation waiting, an hour unless the resource
has a ServiceTimeout, and here nobody has that hour: the resource fails when its function has.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from stackyard.local import ministack

SILENT = (
    "CloudFormation did not receive a response from your Custom Resource. Please check your logs "
    "for requestId [{}]. If you are using the Python cfn-response module, you may need to update "
    "your Lambda function code so that CloudFormation can attach the updated version."
)
FAILED = "Received response status [FAILED] from custom resource. Message returned: {}"
EVENT_ID = re.compile("<EventId>([^<]+)</EventId>")
# of requests that failed: by stack and logical id until there is an event, then by its id
_properties: dict[tuple[str, str], str] = {}
_told: dict[str, str] = {}


def install() -> None:
    """Put this in the place of MiniStack's calls, and complete its events."""
    custom = ministack.module("services.cloudformation.custom_resource")
    functions = ministack.module("services.lambda_svc")
    stacks = ministack.module("services.cloudformation.stacks")
    handlers = ministack.module("services.cloudformation.handlers")._ACTION_HANDLERS
    custom.invoke_custom_resource = _asking(custom.invoke_custom_resource)
    functions._execute_function_with_config_scope = _executing(
        custom, functions._execute_function_with_config_scope
    )
    stacks._add_event = _adding(stacks._add_event)
    handlers["DescribeStackEvents"] = _telling(handlers["DescribeStackEvents"])


def _asking(native: Callable[..., Any]) -> Callable[..., Any]:
    def invoke(
        request_type: str,
        logical_id: str,
        props: Mapping[str, Any],
        stack_name: str,
        stack_id: str,
        *more: Any,
        **named: Any,
    ) -> Any:
        _properties.pop((stack_id, logical_id), None)
        try:
            return native(request_type, logical_id, props, stack_name, stack_id, *more, **named)
        except (RuntimeError, TimeoutError) as error:
            _properties[stack_id, logical_id] = json.dumps(props)
            raise type(error)(_reason(error)) from error

    return invoke


def _executing(custom: Any, native: Callable[..., Any]) -> Callable[..., Any]:
    def execute(function: Mapping[str, Any], event: Any) -> Any:
        result = native(function, event)
        url = event.get("ResponseURL", "") if isinstance(event, dict) else ""
        waiting = custom._pending.get(url.rpartition("/")[2])
        # a function that answers and fails after that has answered
        if result.get("error") and waiting and not waiting["event"].is_set():
            answer = {"Status": "FAILED", "Reason": SILENT.format(event["RequestId"])}
            custom.deliver_response(url.rpartition("/")[2], answer)
        return result

    return execute


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return SILENT.format("unknown")
    said = str(error)
    return said if said.startswith(SILENT.partition(".")[0]) else FAILED.format(said)


def _adding(native: Callable[..., None]) -> Callable[..., None]:
    def add(stack_id: str, stack_name: str, logical_id: str, *more: Any, **named: Any) -> None:
        native(stack_id, stack_name, logical_id, *more, **named)
        event = ministack.module("services.cloudformation")._stack_events[stack_id][-1]
        if event["ResourceStatus"].endswith("_FAILED") and (stack_id, logical_id) in _properties:
            _told[event["EventId"]] = _properties.pop((stack_id, logical_id))

    return add


def _telling(native: Callable[..., Any]) -> Callable[..., Any]:
    def with_properties(found: re.Match[str]) -> str:
        told = escape(_told.get(found[1], ""))
        return found[0] + (f"<ResourceProperties>{told}</ResourceProperties>" if told else "")

    def describe(params: Mapping[str, Any]) -> Any:
        status, headers, body = native(params)
        return status, headers, EVENT_ID.sub(with_properties, body.decode()).encode()

    return describe
