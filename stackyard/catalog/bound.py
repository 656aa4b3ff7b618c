"""A root template for people who fill in a form: where its templates are is no question for them.

Service Catalog and StackSets offer the values of the last time again. A prefix that a person keeps
would give the parent of one release the children of another, so here it is no parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackyard.declared import FILLED_BY_THE_TOOL

INTERFACE = "AWS::CloudFormation::Interface"


def bound(
    body: Mapping[str, Any], bucket: str, prefix: str, defaults: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a root template whose nested templates are where they are for ever.

    Args:
        body: the template, with the parameters ``TemplateBucket`` and ``TemplatePrefix``.
        bucket: name of the bucket; it may contain ``${AWS::Region}``.
        prefix: of the build.
        defaults: defaults of other parameters.
    """
    values = {"TemplateBucket": bucket, "TemplatePrefix": prefix}
    parameters = {
        name: {**spec, **({"Default": (defaults or {})[name]} if name in (defaults or {}) else {})}
        for name, spec in body.get("Parameters", {}).items()
        if name not in FILLED_BY_THE_TOOL
    }
    made: dict[str, Any] = {**body, "Parameters": parameters}
    if "Metadata" in body:
        interface = _interface(body["Metadata"].get(INTERFACE, {}))
        made["Metadata"] = {**body["Metadata"], INTERFACE: interface}
    for section in ("Resources", "Conditions", "Outputs"):
        if section in made:
            made[section] = _filled(made[section], values)
    if not parameters:
        del made["Parameters"]
    return made


def _interface(interface: Mapping[str, Any]) -> dict[str, Any]:
    """Return the groups of a form without the fields that are gone."""
    groups = [
        {**group, "Parameters": kept}
        for group in interface.get("ParameterGroups", ())
        if (kept := [one for one in group["Parameters"] if one not in FILLED_BY_THE_TOOL])
    ]
    labels = {
        name: label
        for name, label in interface.get("ParameterLabels", {}).items()
        if name not in FILLED_BY_THE_TOOL
    }
    return {"ParameterGroups": groups, "ParameterLabels": labels}


def _filled(data: Any, values: Mapping[str, str]) -> Any:
    if isinstance(data, list):
        return [_filled(item, values) for item in data]
    if not isinstance(data, dict):
        return data
    if data.keys() == {"Ref"} and data["Ref"] in values:
        value = values[data["Ref"]]
        return {"Fn::Sub": value} if "${" in value else value
    if data.keys() == {"Fn::Sub"} and isinstance(data["Fn::Sub"], str):
        text = data["Fn::Sub"]
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        return {"Fn::Sub": text}
    return {key: _filled(value, values) for key, value in data.items()}
