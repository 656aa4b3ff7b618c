"""Nested stacks that behave as on AWS: they roll back, keep what they retain, and tell as they go.

MiniStack deploys a nested stack with a shortened copy of its engine: when a resource in it fails,
those before it stay, on deletion nothing in it is retained or snapshotted, and its stack id shows
only when it is complete. This handler runs the engine itself for the nested stack.
"""

from __future__ import annotations

import asyncio
import copy
import uuid
from collections.abc import Mapping, MutableMapping
from typing import Any

from stackyard.local import ministack
from stackyard.local.handlers import Created, Handler, Properties

STACK = "AWS::CloudFormation::Stack"
CARRIED_OVER = (
    *("_resources", "_template", "_template_body", "_resolved_params", "_conditions"),
    *("Parameters", "Tags", "Outputs"),
)


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Put this handler in the place of MiniStack's."""
    handlers[STACK] = {
        "create": _create,
        "update": _update,
        "update_with_logical_id": True,
        "delete": _delete,
    }


def _create(logical_id: str, properties: Properties, parent_name: str) -> Created:
    request = ministack.module("core.responses")
    parent = ministack.stacks()[parent_name]
    name = f"{parent_name}-{logical_id}-{uuid.uuid4().hex[:12].upper()}"
    place = f"{request.get_region()}:{request.get_account_id()}"
    stack_id = f"arn:aws:cloudformation:{place}:stack/{name}/{uuid.uuid4()}"
    desired = _desired(properties, {})
    stack = {
        "StackName": name,
        "StackId": stack_id,
        "StackStatusReason": "",
        "CreationTime": request.now_iso(),
        "LastUpdatedTime": request.now_iso(),
        "Outputs": [],
        "DisableRollback": parent.get("DisableRollback", False),
        "ParentId": parent["StackId"],
        "RootId": parent.get("RootId") or parent["StackId"],
        "Capabilities": parent.get("Capabilities", []),
        "_region": request.get_region(),
        "_resources": {},
        **desired,
    }
    ministack.stacks()[name] = stack
    _events()[stack_id] = []
    _announce(parent, logical_id, "CREATE_IN_PROGRESS", "Resource creation Initiated", stack_id)
    _run(stack, "CREATE", None)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        reason = _failure(stack, "CREATE", "create")
        if parent.get("DisableRollback"):
            _keep(parent, logical_id, stack_id, properties)
        else:
            _delete(stack_id, properties)
        raise ValueError(f"Embedded stack {stack_id} was not successfully created: {reason}")
    return stack_id, _attributes(stack)


def _keep(parent: dict[str, Any], logical_id: str, stack_id: str, properties: Properties) -> None:
    """Leave a failed nested stack for people to look at; it goes when its parent is deleted."""
    parent["_resources"][logical_id] = {
        "PhysicalResourceId": stack_id,
        "ResourceType": STACK,
        "ResourceStatus": "CREATE_FAILED",
        "LogicalResourceId": logical_id,
        "Properties": dict(properties),
        "Attributes": {},
        "Timestamp": ministack.module("core.responses").now_iso(),
    }


def _update(
    stack_id: str, _: Properties, properties: Properties, parent_name: str, logical_id: str
) -> Created:
    stack = _find(stack_id)
    if stack is None:
        raise ValueError(f"Stack with id {stack_id} does not exist")
    desired = _desired(properties, stack["_resolved_params"])
    if all(stack.get(key) == value for key, value in desired.items()):
        return stack_id, _attributes(stack)
    previous = {key: copy.deepcopy(stack.get(key)) for key in CARRIED_OVER}
    _announce(ministack.stacks()[parent_name], logical_id, "UPDATE_IN_PROGRESS", "", stack_id)
    stack.update(desired, LastUpdatedTime=ministack.module("core.responses").now_iso())
    _run(stack, "UPDATE", previous)
    if stack["StackStatus"] != "UPDATE_COMPLETE":
        reason = _failure(stack, "UPDATE", "update")
        raise ValueError(
            f"Embedded stack {stack_id} was not successfully updated. "
            f"Currently in {stack['StackStatus']} with reason: {reason}"
        )
    return stack_id, _attributes(stack)


def _delete(stack_id: str, _: Properties) -> None:
    stack = _find(stack_id)
    if stack is None or stack["StackStatus"] == "DELETE_COMPLETE":
        return
    asyncio.run(_module("stacks")._delete_stack_async(stack["StackName"], stack["StackId"]))
    if stack["StackStatus"] != "DELETE_COMPLETE":
        raise ValueError(f"Embedded stack {stack_id} was not deleted: {stack['StackStatusReason']}")


def _desired(properties: Properties, previous: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the stack's record shall say of template, parameters and tags.

    Raises:
        ValueError: the template cannot be read, or its parameters, types or rules are not met.
    """
    engine = _module("engine")
    url = properties["TemplateURL"]
    body, refusal = _module("helpers")._resolve_template({"TemplateURL": [url]})
    if refusal is not None or not body:
        raise ValueError(f"S3 error: the template at {url} cannot be read")
    template = engine._parse_template(body)
    given = properties.get("Parameters", {})
    if unknown := sorted(given.keys() - template.get("Parameters", {}).keys()):
        raise ValueError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    if lists := sorted(name for name, value in given.items() if isinstance(value, list | dict)):
        raise ValueError(f"Value of property Parameters: [{', '.join(lists)}] must be a string")
    pairs = [{"Key": name, "Value": _text(value)} for name, value in given.items()]
    parameters = engine._resolve_parameters(template, pairs, previous)
    conditions = engine._evaluate_conditions(template, parameters)
    engine.validate_template_support(template, conditions, params=parameters)
    return {
        "Description": template.get("Description", ""),
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": one["Value"], "NoEcho": one["NoEcho"]}
            for name, one in parameters.items()
        ],
        # the engine adds aws: tags of its own to each resource
        "Tags": [tag for tag in properties.get("Tags", []) if not tag["Key"].startswith("aws:")],
        "_template": template,
        "_template_body": body,
        "_resolved_params": parameters,
        "_conditions": conditions,
    }


def _run(stack: dict[str, Any], operation: str, previous: dict[str, Any] | None) -> None:
    """Run MiniStack's engine for one nested stack to its end, on this worker thread."""
    stack["StackStatus"] = f"{operation}_IN_PROGRESS"
    _announce(stack, stack["StackName"], stack["StackStatus"], "", stack["StackId"])

    async def deploy() -> None:
        # the parent's own bookkeeping must not reach the resources in here
        provisioners = _module("provisioners")
        provisioners._RETAIN_REPLACED.set(False)
        provisioners._DEFERRED_PREDECESSOR_DELETES.set(None)
        await _module("stacks")._deploy_stack_async(
            stack["StackName"],
            stack["StackId"],
            stack["_template"],
            stack["_resolved_params"],
            bool(stack["DisableRollback"]),
            stack["Tags"],
            is_update=previous is not None,
            previous_stack=previous,
        )

    asyncio.run(deploy())


def _failure(stack: Mapping[str, Any], operation: str, verb: str) -> str:
    failed = [
        event["LogicalResourceId"]
        for event in _events()[stack["StackId"]]
        if event["ResourceStatus"] == f"{operation}_FAILED"
    ]
    return f"The following resource(s) failed to {verb}: [{', '.join(dict.fromkeys(failed))}]. "


def _announce(
    stack: Mapping[str, Any], logical_id: str, status: str, reason: str, physical_id: str
) -> None:
    _module("stacks")._add_event(
        stack["StackId"], stack["StackName"], logical_id, STACK, status, reason, physical_id
    )


def _attributes(stack: Mapping[str, Any]) -> dict[str, str]:
    return {f"Outputs.{one['OutputKey']}": one["OutputValue"] for one in stack["Outputs"]}


def _find(stack_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = _module("handlers")._resolve_stack(stack_id)
    return found


def _module(name: str) -> Any:
    return ministack.module(f"services.cloudformation.{name}")


def _events() -> Any:
    return ministack.module("services.cloudformation")._stack_events


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
