"""Two-level systems made of a few lines, resolved."""

from __future__ import annotations

from typing import Any

from stackyard.resolved import System, resolve

URL = "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/${TemplatePrefix}components/"


def nested(name: str, **parameters: Any) -> dict[str, Any]:
    properties = {"TemplateURL": {"Fn::Sub": f"{URL}{name}.yaml"}, "Parameters": parameters}
    return {"Type": "AWS::CloudFormation::Stack", "Properties": properties}


def one(kind: str, policy: str = "", replace_policy: str = "", **properties: Any) -> dict[str, Any]:
    policies = {"DeletionPolicy": policy} if policy else {}
    policies |= {"UpdateReplacePolicy": replace_policy} if replace_policy else {}
    return {"Type": kind, "Properties": properties, **policies}


def system(resources: dict[str, Any], **more: dict[str, Any]) -> System:
    """Return a system with *resources* two levels down, in ``Outer/Inner``.

    Args:
        resources: of the innermost stack.
        more: other resources of the root.
    """
    places = {name: {"Type": "String"} for name in ("TemplateBucket", "TemplatePrefix")}
    passed = {name: {"Ref": name} for name in places}
    templates: dict[str, dict[str, Any]] = {
        "components/inner": {"Resources": resources},
        "components/outer": {
            "Parameters": places,
            "Resources": {"Inner": nested("inner")} if resources else {},
        },
        "blueprints/root": {
            "Parameters": places,
            "Resources": {"Outer": nested("outer", **passed), **more},
        },
    }
    given = {"TemplateBucket": "artifacts", "TemplatePrefix": "stackyard/0/"}
    return resolve("root", templates, given, "us-east-1", stack_name="root-dev", account="1" * 12)
