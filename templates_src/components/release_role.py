"""The role of a GitHub workflow that pushes images and releases them; it needs no stored key."""

from __future__ import annotations

from troposphere import GetAtt, Sub, Template

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import Bounded, Statement, allow, document, role

# https://docs.github.com/en/actions/reference/security/oidc
ISSUER = "token.actions.githubusercontent.com"


@contract
class Parameters(Bounded):
    provider_arn: Value = parameter(
        f"ARN of this account's identity provider for {ISSUER}.",
        AllowedPattern=f"arn:.*:oidc-provider/{ISSUER}",
    )
    repository: Value = parameter(
        "Repository on GitHub, owner/name, whose workflows release.",
        AllowedPattern="[A-Za-z0-9._-]+/[A-Za-z0-9._-]+",
    )
    github_environment: Value = parameter("Environment on GitHub whose jobs release.")
    stack_name: Value = parameter("Stack whose outputs the workflow reads.")
    application_name: Value = parameter(
        "Name of the CodeDeploy application and of its deployment group."
    )
    repository_arn: Value = parameter("ARN of the ECR repository that images are pushed to.")
    execution_role_arn: Value = parameter("ARN of the role with which ECS prepares tasks.")
    task_role_arn: Value = parameter("ARN of the role of the application.")


@contract
class Outputs:
    role_arn: Value = output("ARN of the role that the workflow assumes.")


def build(t: Template, p: Parameters) -> Outputs:
    """Role with which a GitHub workflow releases."""
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": p.provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{ISSUER}:aud": "sts.amazonaws.com",
                f"{ISSUER}:sub": Sub("repo:${Repository}:environment:${GithubEnvironment}"),
            }
        },
    }
    made = t.add_resource(
        role(
            t,
            "WorkflowRole",
            service="",
            boundary=p.permissions_boundary_arn,
            AssumeRolePolicyDocument=document(trusted),
            statements={"Push": _pushing(p), "Release": _releasing(p)},
        )
    )
    return Outputs(role_arn=GetAtt(made, "Arn"))


def _pushing(p: Parameters) -> list[Statement]:
    parts = ["BatchCheckLayerAvailability", "BatchGetImage", "CompleteLayerUpload"]
    parts += ["DescribeImages", "InitiateLayerUpload", "PutImage", "UploadLayerPart"]
    return [
        allow(["ecr:GetAuthorizationToken"], "*"),  # of the registry, which has no ARN
        allow([f"ecr:{part}" for part in parts], p.repository_arn),
    ]


def _releasing(p: Parameters) -> list[Statement]:
    place = "${AWS::Region}:${AWS::AccountId}"
    deploy = f"arn:${{AWS::Partition}}:codedeploy:{place}"
    name = "${ApplicationName}"
    stack = f"arn:${{AWS::Partition}}:cloudformation:{place}:stack/${{StackName}}/*"
    return [
        allow(["cloudformation:DescribeStacks"], Sub(stack)),
        allow(["ecs:RegisterTaskDefinition"], "*"),  # it knows no resources
        allow(
            ["iam:PassRole"],
            [p.execution_role_arn, p.task_role_arn],
            Condition={"StringLike": {"iam:PassedToService": ["ecs-tasks.amazonaws.com"]}},
        ),
        allow(
            [f"codedeploy:{what}" for what in ("CreateDeployment", "GetDeployment")]
            + ["codedeploy:GetDeploymentGroup", "codedeploy:StopDeployment"],
            Sub(f"{deploy}:deploymentgroup:{name}/{name}"),
        ),
        allow(
            ["codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"],
            Sub(f"{deploy}:application:{name}"),
        ),
        allow(
            ["codedeploy:GetDeploymentConfig"],
            Sub(f"{deploy}:deploymentconfig:*"),  # whichever the deployment group has
        ),
    ]


release_role = Component(Parameters, Outputs, build)
