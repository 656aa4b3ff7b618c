"""Small nested templates, a network and a queue, and what tests do with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stackyard.aws.account import Account
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import DeployEvent, Outcome
from stackyard.deploy.plan import Request
from stackyard.deploy.publish import Published, publish
from stackyard.deploy.survey import Consent

DIGEST = "0123456789abcdef"
EVERYTHING = Consent(rule="everything")
# what a person says who wants an environment gone, by its rule
CONSENTS = {
    "everything": EVERYTHING,
    "keep-data": Consent(rule="keep-data"),
    "guarded": Consent(rule="guarded", named=frozenset({"Jobs/WorkQueue"})),
}


def parameter(default: str | None = None) -> dict[str, str]:
    return {"Type": "String"} | ({} if default is None else {"Default": default})


def child(name: str, **parameters: Any) -> dict[str, Any]:
    url = "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/${TemplatePrefix}"
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": {"Fn::Sub": f"{url}components/{name}.yaml"},
            "Parameters": parameters,
        },
    }


NETWORK: dict[str, Any] = {
    "Parameters": {"Cidr": parameter("10.0.0.0/16")},
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": {"Ref": "Cidr"}}},
        "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "tasks", "VpcId": {"Ref": "Vpc"}},
        },
        "Ingress": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": {"Ref": "Group"},
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "CidrIp": "10.0.0.0/8",
            },
        },
    },
    "Outputs": {"VpcId": {"Value": {"Ref": "Vpc"}}},
}
QUEUE: dict[str, Any] = {
    "Parameters": {"Visibility": parameter("30"), "VpcId": parameter()},
    "Resources": {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "WorkQueue": {
            "Type": "AWS::SQS::Queue",
            "DependsOn": "Topic",
            "Properties": {"VisibilityTimeout": {"Ref": "Visibility"}},
        },
    },
    "Outputs": {"QueueUrl": {"Value": {"Ref": "WorkQueue"}}},
}
ROOT: dict[str, Any] = {
    "Parameters": {
        "TemplateBucket": parameter(),
        "TemplatePrefix": parameter(f"stackyard/{DIGEST}/"),
        "Visibility": parameter("30"),
    },
    "Resources": {
        "Network": child("network"),
        "Jobs": child(
            "queue",
            Visibility={"Ref": "Visibility"},
            VpcId={"Fn::GetAtt": ["Network", "Outputs.VpcId"]},
        ),
    },
    "Outputs": {"QueueUrl": {"Value": {"Fn::GetAtt": ["Jobs", "Outputs.QueueUrl"]}}},
}


def written(dist: Path, digest: str = DIGEST, **templates: Mapping[str, Any]) -> Path:
    """Write *templates* as a built folder; JSON is YAML."""
    paths = []
    for name, template in {"root": ROOT, "network": NETWORK, "queue": QUEUE, **templates}.items():
        paths.append(f"{'blueprints' if name == 'root' else 'components'}/{name}.yaml")
        (dist / paths[-1]).parent.mkdir(parents=True, exist_ok=True)
        (dist / paths[-1]).write_text(json.dumps(template))
    root = {"prefix": f"stackyard/{digest}/", "outputs": dict.fromkeys(paths, "")}
    (dist / "manifest.json").write_text(json.dumps({"blueprints": {"root": root}}))
    return dist


def request(published: Published, stack_name: str = "worker-dev", **values: str) -> Request:
    return Request(
        stack_name=stack_name,
        template_url=published.url("blueprints/root.yaml"),
        parameters={"TemplateBucket": published.bucket, **values},
        tags={"project": "worker"},
    )


def outcome(events: list[DeployEvent]) -> Outcome:
    assert isinstance(events[-1], Outcome)
    return events[-1]


def run(account: Account, dist: Path, **values: str) -> list[DeployEvent]:
    published = publish(account, dist, "root")
    values = {"TemplatePrefix": published.prefix, **values}
    return list(deploy(account, request(published, **values)))


def left(account: Account) -> dict[str, int]:
    """Count what the templates of this module make."""
    ec2 = account.client("ec2")
    vpcs = [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    return {
        "vpcs": len(vpcs),
        "addresses": len(ec2.describe_addresses()["Addresses"]),
        "topics": len(account.client("sns").list_topics()["Topics"]),
        "queues": len(account.client("sqs").list_queues().get("QueueUrls", [])),
    }


def single(account: Account, template: Mapping[str, Any], **values: str) -> Outcome:
    asked = Request(stack_name="single-dev", template_body=json.dumps(template), parameters=values)
    return outcome(list(deploy(account, asked)))
