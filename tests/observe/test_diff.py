"""What differs between environments and between releases."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stackyard.errors import BuildError
from stackyard.observe.diff import Difference, differences, release
from stackyard.resolved import System, resolve

QUEUE = {
    "Parameters": {"Seconds": {"Type": "Number"}},
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"VisibilityTimeout": {"Ref": "Seconds"}},
        }
    },
}
URL = "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/${TemplatePrefix}"
ROOT: dict[str, Any] = {
    "Parameters": {
        "TemplateBucket": {"Type": "String"},
        "TemplatePrefix": {"Type": "String"},
        "Environment": {"Type": "String"},
        "Seconds": {"Type": "Number"},
        "Loud": {"Type": "String"},
    },
    "Conditions": {"IsLoud": {"Fn::Equals": [{"Ref": "Loud"}, "true"]}},
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "DisplayName": {"Fn::Sub": "shop ${Environment}"},
                "KmsMasterKeyId": {"Fn::Sub": "alias/${AWS::StackName}"},
            },
        },
        "Siren": {"Type": "AWS::SNS::Topic", "Condition": "IsLoud"},
        "Jobs": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": {"Fn::Sub": f"{URL}components/queue.yaml"},
                "Parameters": {"Seconds": {"Ref": "Seconds"}},
            },
        },
    },
}
TEMPLATES: dict[str, dict[str, Any]] = {"blueprints/shop": ROOT, "components/queue": QUEUE}


def values(environment: str, **given: str) -> dict[str, str]:
    return {
        "TemplateBucket": "b",
        "TemplatePrefix": f"stackyard/{environment}/",
        "Environment": environment,
        "Seconds": "30",
        "Loud": "false",
        **given,
    }


def system(environment: str, region: str = "eu-central-1", **given: str) -> System:
    return resolve(
        "shop",
        TEMPLATES,
        values(environment, **given),
        region,
        stack_name=f"shop-{environment}",
        environment=environment,
    )


def found(left: System, right: System) -> list[Difference]:
    return [one for one in differences(left, right) if one.key != "Environment"]


def test_names_that_only_carry_the_environment_do_not_differ() -> None:
    assert found(system("dev"), system("production", region="us-east-1")) == []


def test_a_value_is_told_as_parameter_and_where_it_arrives() -> None:
    rows = found(system("dev"), system("production", Seconds="60"))
    assert [(one.path, one.key, one.left, one.right) for one in rows] == [
        ("parameters", "Seconds", "30", "60"),
        ("Jobs/Queue", "VisibilityTimeout", "30", "60"),
    ]


def test_a_resource_that_is_only_in_one_is_told() -> None:
    rows = found(system("dev"), system("production", Loud="true"))
    assert ("Siren", "only right") in [(one.path, one.kind) for one in rows]
    rows = found(system("production", Loud="true"), system("dev"))
    assert ("Siren", "only left") in [(one.path, one.kind) for one in rows]


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "dist/blueprints/shop.yaml": json.dumps(ROOT),
        "dist/components/queue.yaml": json.dumps(QUEUE),
        "dist/params/shop/dev.json": json.dumps(
            [{"ParameterKey": k, "ParameterValue": v} for k, v in values("dev").items()]
        ),
        "params/shop/dev.yaml": "stack_name: shop-dev\nregions: [eu-west-1]\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    git(tmp_path, "tag", "v1")
    return tmp_path


def test_a_release_is_read_from_what_was_built_then(project: Path) -> None:
    (project / "dist/params/shop/dev.json").unlink()
    then = release(project, "v1", "shop", "dev")
    assert then.region == "eu-west-1"
    rows = found(then, system("dev", Seconds="60"))
    assert [(one.path, one.left, one.right) for one in rows] == [
        ("parameters", "30", "60"),
        ("Jobs/Queue", "30", "60"),
    ]


def test_an_unknown_revision_is_said(project: Path) -> None:
    with pytest.raises(BuildError, match=r"^diff: v9: .*; name a tag, branch or commit$"):
        release(project, "v9", "shop", "dev")


def test_a_revision_without_the_environment_is_said(project: Path) -> None:
    with pytest.raises(BuildError, match="has no shop production"):
        release(project, "v1", "shop", "production")
