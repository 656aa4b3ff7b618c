"""The forms in which clients of AWS take the parameters of a stack.

Values keep the order of a parameter set, which is the template's: the same set, the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stackyard.declared import declarations
from stackyard.images.source import PARAMETER
from stackyard.roads.git_sync import deployment_file

if TYPE_CHECKING:
    from stackyard.environments import ParameterSet


def parameter_files(
    item: ParameterSet,
    body: Mapping[str, Any] | None = None,
    stack_policy: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Return the files of a parameter set: text by ending, as in ``<env>.overrides.json``.

    Args:
        item: the parameter set.
        body: its template, to state the defaults of what the set leaves out as well.
        stack_policy: what updates may do to which resource; not stated if None.
    """
    values = complete(body, item.parameters) if body else item.parameters
    # a client that is not told of these keeps what the stack has: what its stages gave it
    # and the image that deploy has built
    kept = {*item.handed, *([PARAMETER] if item.image else [])}
    values = {name: value for name, value in values.items() if name not in kept}
    return {
        "json": parameter_list(values),
        "overrides.json": overrides(values),
        "config.json": configuration(values, item.tags, stack_policy),
        "deployment.yaml": deployment_file(
            f"dist/blueprints/{item.blueprint}.yaml", values, item.tags
        ),
    }


def complete(body: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    """Return *parameters* and the template's defaults of all others, in the template's order.

    ``aws cloudformation deploy`` keeps the *previous* value of what a file leaves out, so that an
    update would never see a default that changed, the prefix of the nested templates above all.
    """
    values = {
        name: parameters.get(name, declared.default)
        for name, declared in declarations(body).items()
    }
    return {name: value for name, value in values.items() if value is not None}


def parameter_list(parameters: Mapping[str, str]) -> str:
    """Return the text of ``<env>.json``: what create-stack and create-change-set take."""
    return _json([{"ParameterKey": key, "ParameterValue": v} for key, v in parameters.items()])


def overrides(parameters: Mapping[str, str]) -> str:
    """Return the text of ``<env>.overrides.json``.

    It is the one form that ``aws cloudformation deploy --parameter-overrides file://`` takes in
    version 1 and 2 of the AWS CLI.
    """
    return _json([f"{name}={value}" for name, value in parameters.items()])


def configuration(
    parameters: Mapping[str, str],
    tags: Mapping[str, str],
    stack_policy: Mapping[str, Any] | None = None,
) -> str:
    """Return the text of ``<env>.config.json``: CodePipeline's template configuration.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-cfn-artifacts.html
    """
    content: dict[str, Any] = {"Parameters": dict(parameters)}
    if tags:
        content["Tags"] = dict(tags)
    if stack_policy:
        content["StackPolicy"] = stack_policy
    return _json(content)


def _json(content: Any) -> str:
    # ASCII, because the AWS CLI decodes file:// in the encoding of the machine it runs on
    return json.dumps(content, indent=2) + "\n"
