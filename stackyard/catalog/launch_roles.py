"""The launch roles as a stack for each account that the portfolio is shared with.

Service Catalog finds a role there by its name, and no template of the library names a role. So they
are named here, as the bootstrap's permissions are added where their names are known.
"""

from __future__ import annotations

from typing import Any

from stackyard.catalog import offers
from stackyard.library import Library
from stackyard.project import Project

NAME = "launch-roles"
PREFIX = "LaunchRolePrefix"
PARAMETERS = ("TemplateBucket", "ArtifactKeyArn", PREFIX, "PermissionsBoundaryArn")
CONDITIONS = ("HasArtifactKey", "HasPermissionsBoundary")


def template(project: Project) -> dict[str, Any]:
    """Return a template with the launch role of every offered system.

    Raises:
        BuildError: the products cannot be built.
    """
    library = Library(project)
    resources: dict[str, Any] = {}
    made: dict[str, Any] = {"Parameters": {}, "Conditions": {}}
    for system in offers.read(project):
        body = library.template(f"components/{system.replace('-', '_')}_product").body
        made["Parameters"] = {name: body["Parameters"][name] for name in PARAMETERS}
        made["Parameters"][PREFIX] = {**_required(body["Parameters"][PREFIX]), "MinLength": 1}
        made["Conditions"] = {name: body["Conditions"][name] for name in CONDITIONS}
        resources |= _roles(system, body)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Launch roles of the catalog's products",
        **made,
        "Resources": resources,
    }


def _required(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "Default"}


def _roles(system: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the role of one system and its policies, without the condition of the product."""
    title = "".join(word.title() for word in system.split("-")) + "LaunchRole"
    found = {}
    for name, resource in body["Resources"].items():
        kept = {key: value for key, value in resource.items() if key != "Condition"}
        properties = {**kept["Properties"]}
        if resource["Type"] == "AWS::IAM::Role":
            properties["RoleName"] = {"Fn::Sub": f"${{LaunchRolePrefix}}-{system}"}
            found[title] = {**kept, "Properties": properties}
        elif resource["Type"] == "AWS::IAM::ManagedPolicy":
            properties["Roles"] = [{"Ref": title}]
            found[f"{title}{name}"] = {**kept, "Properties": properties}
    return found
