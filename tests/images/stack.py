"""A stack with a repository and a service, for releases of its image."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy.events import DeployEvent, Outcome, Said
from stackyard.deploy.plan import Request
from stackyard.environments import ParameterSet
from stackyard.images import release
from stackyard.images.source import Source

NAME = "app-dev"
SOURCE = Source("../app/Dockerfile", "../app")
TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Image": {"Type": "String", "Default": ""},
        "Architecture": {"Type": "String", "Default": "ARM64"},
        "Nat": {"Type": "String", "Default": "single"},
        "DesiredCount": {"Type": "Number", "Default": 2},
    },
    "Rules": {
        "ImageIsReachable": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "Nat"}, "none"]},
            "Assertions": [
                {
                    "Assert": {
                        "Fn::Or": [
                            {"Fn::Not": [{"Fn::Equals": [{"Ref": "Image"}, ""]}]},
                            {"Fn::Equals": [{"Ref": "DesiredCount"}, "0"]},
                        ]
                    },
                    "AssertDescription": "Without NAT there is no placeholder.",
                }
            ],
        }
    },
    "Conditions": {"UsesPlaceholder": {"Fn::Equals": [{"Ref": "Image"}, ""]}},
    "Resources": {
        "Repository": {"Type": "AWS::ECR::Repository"},
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.1.0/24"},
        },
        "Cluster": {"Type": "AWS::ECS::Cluster"},
        "Task": {
            "Type": "AWS::ECS::TaskDefinition",
            "Properties": {
                "Family": NAME,
                "Cpu": "256",
                "Memory": "512",
                "NetworkMode": "awsvpc",
                "RequiresCompatibilities": ["FARGATE"],
                "RuntimePlatform": {"CpuArchitecture": {"Ref": "Architecture"}},
                "ContainerDefinitions": [
                    {
                        "Name": "app",
                        "Image": {"Fn::If": ["UsesPlaceholder", "busybox", {"Ref": "Image"}]},
                        "Environment": [{"Name": "DATABASE_HOST", "Value": "db"}],
                        "Secrets": [{"Name": "DATABASE_URL", "ValueFrom": "arn:aws:x:y"}],
                        "LogConfiguration": {
                            "LogDriver": "awslogs",
                            "Options": {"awslogs-group": "app", "awslogs-stream-prefix": "app"},
                        },
                    }
                ],
            },
        },
        "Service": {
            "Type": "AWS::ECS::Service",
            "Properties": {
                "Cluster": {"Ref": "Cluster"},
                "LaunchType": "FARGATE",
                "DesiredCount": {"Ref": "DesiredCount"},
                "TaskDefinition": {"Ref": "Task"},
                "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": [{"Ref": "Subnet"}]}},
            },
        },
    },
    "Outputs": {"RepositoryUri": {"Value": {"Fn::GetAtt": ["Repository", "RepositoryUri"]}}},
}


@dataclass(frozen=True)
class System:
    """The stack in an account, and the folder that its image is built from.

    Attributes:
        account: its own.
        root: the project's folder.
        source: what is built.
        migrations: their command.
        parameters: of the environment.
    """

    account: Account
    root: Path
    source: Source | None = SOURCE
    migrations: tuple[str, ...] = ()
    parameters: Mapping[str, str] | None = None

    def having(self, **changed: Any) -> System:
        return replace(self, **changed)

    def deploying(
        self, *, skips_build: bool = False, skips_deploy: bool = False
    ) -> Iterator[DeployEvent]:
        """Deploy as the command does."""
        own = dict(self.parameters or {})
        item = ParameterSet("app", "dev", NAME, ("us-east-1",), {}, False, own, {})._replace(
            image=self.source
        )

        def request(given: Mapping[str, str]) -> Request:
            values = {**release.kept(self.account, item), **own, **given}
            return Request(stack_name=NAME, template_body=json.dumps(TEMPLATE), parameters=values)

        wanted = release.Release(
            root=self.root,
            item=item,
            body=TEMPLATE,
            request=request,
            skips_build=skips_build,
            skips_deploy=skips_deploy,
            migrations=self.migrations,
        )
        return release.deploy(self.account, wanted)

    def deployed(self, **skips: bool) -> tuple[list[str], Outcome]:
        """Return what was said while it was deployed, and the end."""
        events = list(self.deploying(**skips))
        end = events[-1]
        assert isinstance(end, Outcome)
        assert [one for one in events if isinstance(one, Outcome)] == [end]
        return [f"{one.source}: {one.text}" for one in events if isinstance(one, Said)], end

    def change(self, text: str = "changed") -> None:
        """Change what the image is built from."""
        (self.root.parent / "app" / "src" / "main.py").write_text(text)

    @property
    def image(self) -> str:
        """The image that is deployed."""
        stack = cloudformation.describe(self.account, NAME)
        return stack.parameters.get("Image", "") if stack else ""

    @property
    def pushed(self) -> list[dict[str, Any]]:
        """What is in the repository."""
        stack = cloudformation.describe(self.account, NAME)
        assert stack
        name = stack.outputs["RepositoryUri"].partition("/")[2]
        found = self.account.client("ecr").describe_images(repositoryName=name)
        return list(found["imageDetails"])

    def definitions(self, status: str) -> list[dict[str, Any]]:
        """The task definitions, the service's and those of one task."""
        ecs = self.account.client("ecs")
        arns = ecs.list_task_definitions(status=status)["taskDefinitionArns"]
        return [ecs.describe_task_definition(taskDefinition=one)["taskDefinition"] for one in arns]
