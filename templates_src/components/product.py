"""A system as a Service Catalog product: its versions, who launches it, and within which rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from troposphere import Equals, If, Ref, Sub, Template
from troposphere.iam import ManagedPolicy
from troposphere.servicecatalog import (
    CloudFormationProduct,
    Info,
    LaunchRoleConstraint,
    LaunchTemplateConstraint,
    PortfolioProductAssociation,
    ProvisioningArtifactProperties,
    TagOption,
    TagOptionAssociation,
)

from templates_src.contract import (
    PUBLISHED,
    Component,
    Nesting,
    Value,
    contract,
    output,
    parameter,
    passed_to,
)
from templates_src.parts.iam import Bounded, Statement, allow, document, role
from templates_src.parts.logic import condition, is_given, only_if
from templates_src.parts.offers import OFFERS

STACKS = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:%s/SC-*"
# What Service Catalog and nested stacks call besides the resources' own types; the read part of
# https://docs.aws.amazon.com/servicecatalog/latest/adminguide/constraints-launch.html
ON_STACKS = (
    *("CancelUpdateStack", "ContinueUpdateRollback", "CreateChangeSet", "CreateStack"),
    *("DeleteChangeSet", "DeleteStack", "DescribeChangeSet", "DescribeStackEvents"),
    *("DescribeStackResource", "DescribeStackResources", "DescribeStacks", "ExecuteChangeSet"),
    *("GetStackPolicy", "GetTemplate", "ListChangeSets", "ListStackResources", "SetStackPolicy"),
    *("TagResource", "UntagResource", "UpdateStack"),
)
LARGEST_NAME = 64 - len("-fastapi-bluegreen")  # characters; IAM takes 64 for a role


@contract
class Parameters(Bounded):
    template_bucket: Value = passed_to(Nesting.template_bucket)
    portfolio_id: Value = parameter("Portfolio that offers it.", MinLength=1)
    owner: Value = parameter("Team that owns it.", MinLength=1, MaxLength=50)
    support_email: Value = parameter(
        "Address that people write to who have launched it; none if empty.",
        default="",
        MaxLength=254,
        AllowedPattern="^$|[^@ ]+@[^@ ]+",
    )
    artifact_key_arn: Value = parameter(
        "ARN of the key that encrypts the bucket of templates; S3's own if empty.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    launch_role_prefix: Value = parameter(
        "What the name of the launch role begins with in every account that the portfolio is shared"
        " with, before a hyphen and the system; a role of this account alone is made if empty.",
        default="",
        MaxLength=LARGEST_NAME,
        AllowedPattern="[A-Za-z0-9_-]*",
    )

    # which offer; a blueprint's own class names another
    system = min(OFFERS)


@contract
class Outputs:
    product_id: Value = output("Product.")
    launch_role_arn: Value = output("Role that launches it; empty if each account has its own.")


def build(t: Template, p: Parameters) -> Outputs:
    """Service Catalog product: versions, launch role and constraints."""
    offer = OFFERS[p.system]
    supported = condition(t, "HasSupportEmail", is_given(p.support_email))
    made = t.add_resource(
        CloudFormationProduct(
            "Product",
            Name=p.system,
            Description=offer["description"],
            Owner=p.owner,
            ProductType="CLOUD_FORMATION_TEMPLATE",
            SupportEmail=only_if(supported, p.support_email),
            ProvisioningArtifactParameters=[*_versions(p.system, offer["versions"])],
        )
    )
    member = t.add_resource(
        PortfolioProductAssociation("Membership", PortfolioId=p.portfolio_id, ProductId=Ref(made))
    )
    both: dict[str, Any] = {
        "PortfolioId": p.portfolio_id,
        "ProductId": Ref(made),
        "DependsOn": member.title,
    }
    launcher = _launch_role(t, p, offer["policies"])
    # a product has one of the two
    shares = condition(t, "HasLaunchRolePrefix", is_given(p.launch_role_prefix))
    own: dict[str, Any] = {"Condition": "OwnsLaunchRole", "RoleArn": launcher.get_att("Arn")}
    named: dict[str, Any] = {
        "Condition": shares,
        "LocalRoleName": Sub(f"${{LaunchRolePrefix}}-{p.system}"),
    }
    t.add_resource(LaunchRoleConstraint("LaunchConstraint", **own, **both))
    t.add_resource(LaunchRoleConstraint("LocalLaunchConstraint", **named, **both))
    if offer["rules"]:
        t.add_resource(
            LaunchTemplateConstraint(
                "LaunchRules",
                Description=f"What holds between the parameters of {p.system}",
                Rules=json.dumps(offer["rules"], separators=(",", ":")),
                **both,
            )
        )
    tag = t.add_resource(TagOption("ProjectTag", Key="project", Value=p.system, Active=True))
    t.add_resource(
        TagOptionAssociation("ProjectTagOfProduct", ResourceId=Ref(made), TagOptionId=Ref(tag))
    )
    return Outputs(
        product_id=Ref(made),
        launch_role_arn=If("OwnsLaunchRole", launcher.get_att("Arn"), ""),
    )


def _versions(system: str, versions: list[Any]) -> Iterator[ProvisioningArtifactProperties]:
    """Yield the newest version first, and the others as what they have become: deprecated.

    None is ever left out: somebody's stack may run it.
    """
    newest = versions[-1]["name"]
    host = "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}"
    for version in reversed(versions):
        name = version["name"]
        is_newest = name == newest
        yield ProvisioningArtifactProperties(
            Name=name,
            Description=f"{system} {name}" if is_newest else f"Deprecated: update to {newest}",
            Info=Info(LoadTemplateFromURL=Sub(f"{host}/{version['prefix']}products/{system}.yaml")),
        )


def _launch_role(t: Template, p: Parameters, policies: list[list[Statement]]) -> Any:
    owns = condition(t, "OwnsLaunchRole", Equals(p.launch_role_prefix, ""))
    launcher = t.add_resource(
        role(
            t,
            "LaunchRole",
            service="servicecatalog",
            boundary=p.permissions_boundary_arn,
            statements={"Launch": _launching(t, p)},
            Condition=owns,
        )
    )
    for number, statements in enumerate(policies, 1):
        t.add_resource(
            ManagedPolicy(
                f"LaunchPolicy{number}",
                Description=f"What CloudFormation calls for the resource types of {p.system}",
                PolicyDocument=document(*statements),
                Roles=[Ref(launcher)],
                Condition=owns,
            )
        )
    return launcher


def _launching(t: Template, p: Parameters) -> list[Any]:
    encrypted = condition(t, "HasArtifactKey", is_given(p.artifact_key_arn))
    bucket = "arn:${AWS::Partition}:s3:::${TemplateBucket}"
    copied = {"StringEquals": {"s3:ExistingObjectTag/servicecatalog:provisioning": "true"}}
    return [
        allow(
            [f"cloudformation:{name}" for name in ON_STACKS],
            [Sub(STACKS % "stack"), Sub(STACKS % "changeSet")],
        ),
        allow(
            ["cloudformation:GetTemplateSummary", "cloudformation:ValidateTemplate"],
            "*",  # of a template that is no stack yet
        ),
        # nested templates and functions are read from where they were published
        allow(["s3:GetObject"], Sub(f"{bucket}/{PUBLISHED}*")),
        allow(
            ["s3:GetObject"],
            "*",  # Service Catalog's own bucket, whose name nobody knows; only what it has tagged
            Condition=copied,
        ),
        only_if(encrypted, allow(["kms:Decrypt"], p.artifact_key_arn)),
    ]


product = Component(Parameters, Outputs, build)
