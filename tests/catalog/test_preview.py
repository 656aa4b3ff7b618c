"""What an upgrade would change; Service Catalog's calls only against botocore's models."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY

from stackyard.aws.servicecatalog import Provisioned
from stackyard.catalog import preview as previewing
from stackyard.catalog.preview import preview
from stackyard.errors import BuildError, DeployError
from tests.catalog.stubbed import NEW, OLD, PRODUCT, Stubs, artifact

STACK = "arn:aws:cloudformation:us-east-1:111111111111:stack/SC-111111111111-pp-a/1"
PATH = "lpv2-abcdefghijklm"
ONE = Provisioned("pp-a", "ann-shop", PRODUCT, "pyshop", OLD, "1.0.0", "AVAILABLE", "", "", STACK)
PREFIXES = {"1.0.0": "stackyard/1111/", "1.1.0": "stackyard/2222/"}
ROW = {
    "Action": "MODIFY",
    "LogicalResourceId": "Jobs",
    "PhysicalResourceId": "arn:jobs",
    "ResourceType": "AWS::CloudFormation::Stack",
    "Replacement": "FALSE",
    "Scope": ["Properties"],
    "Details": [],
}


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> Stubs:
    monkeypatch.setattr(previewing, "POLL_SECONDS", 0)
    return Stubs()


def plan(status: str, **more: Any) -> dict[str, Any]:
    return {"ProvisionedProductPlanDetails": {"Status": status, **more}, "ResourceChanges": []}


def expect(stubs: Stubs, *plans: dict[str, Any], has_stack: bool = True) -> None:
    """Expect one preview of an upgrade to 1.1.0."""
    versions = [artifact(OLD, "1.0.0", 1), artifact(NEW, "1.1.0", 2)]
    stubs.answer(
        "servicecatalog",
        "list_provisioning_artifacts",
        {"ProvisioningArtifactDetails": versions},
        {"ProductId": PRODUCT},
    )
    if has_stack:
        stack = {
            "StackId": STACK,
            "StackName": "SC-111111111111-pp-a",
            "CreationTime": "2026-01-01T00:00:00Z",
            "StackStatus": "CREATE_COMPLETE",
            "Parameters": [
                {"ParameterKey": name, "ParameterValue": "30"} for name in ("Visibility", "Gone")
            ],
        }
        stubs.answer("cloudformation", "describe_stacks", {"Stacks": [stack]}, {"StackName": STACK})
    else:
        stubs.fail("cloudformation", "describe_stacks", "ValidationError", "it does not exist")
    paths = {"LaunchPathSummaries": [{"Id": PATH}]}
    stubs.answer("servicecatalog", "list_launch_paths", paths, {"ProductId": PRODUCT})
    takes = [{"ParameterKey": name} for name in ("Visibility", "Added")]
    asked = {"ProductId": PRODUCT, "ProvisioningArtifactId": NEW, "PathId": PATH}
    stubs.answer(
        "servicecatalog",
        "describe_provisioning_parameters",
        {"ProvisioningArtifactParameters": takes},
        asked,
    )
    kept = [{"Key": "Visibility", "UsePreviousValue": True}] if has_stack else []
    stubs.answer(
        "servicecatalog",
        "create_provisioned_product_plan",
        {"PlanId": "plan-abcdefghijklm"},
        {
            "PlanName": ANY,
            "PlanType": "CLOUDFORMATION",
            "ProvisionedProductName": "ann-shop",
            "ProvisioningParameters": kept,
            "IdempotencyToken": ANY,
            **asked,
        },
    )
    for answer in plans:
        given = {"PlanId": "plan-abcdefghijklm"}
        stubs.answer("servicecatalog", "describe_provisioned_product_plan", answer, given)
    stubs.answer(
        "servicecatalog",
        "delete_provisioned_product_plan",
        {},
        {"PlanId": "plan-abcdefghijklm", "IgnoreErrors": True},
    )


def template(prefix: str, visibility: Any) -> dict[str, dict[str, Any]]:
    """Return what is published of a version: a root that nests a queue, by key."""
    url = f"https://templates.s3.${{AWS::Region}}.${{AWS::URLSuffix}}/{prefix}components/queue.yaml"
    nested = {"TemplateURL": {"Fn::Sub": url}, "Parameters": {"Visibility": {"Ref": "Visibility"}}}
    parameters = {"Visibility": {"Type": "String", "Default": "10"}}
    jobs = {"Type": "AWS::CloudFormation::Stack", "Properties": nested}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": visibility}}
    return {
        f"{prefix}products/pyshop.yaml": {"Parameters": parameters, "Resources": {"Jobs": jobs}},
        f"{prefix}components/queue.yaml": {
            "Parameters": parameters,
            "Resources": {"WorkQueue": queue},
        },
    }


def published(stubs: Stubs) -> None:
    bodies = {
        **template(PREFIXES["1.0.0"], {"Ref": "Visibility"}),
        **template(PREFIXES["1.1.0"], "60"),
    }
    for key, body in bodies.items():
        text = json.dumps(body).encode()
        answer = {"Body": StreamingBody(io.BytesIO(text), len(text))}
        stubs.answer("s3", "get_object", answer, {"Bucket": "templates", "Key": key})


def test_the_plan_is_read_and_deleted(stubs: Stubs) -> None:
    expect(stubs, plan("CREATE_IN_PROGRESS"), plan("CREATE_SUCCESS") | {"ResourceChanges": [ROW]})
    found = preview(stubs.account, ONE, "1.1.0", {})
    assert [(row.path, row.action) for row in found.planned] == [("Jobs", "modify")]
    assert found.nested is None
    stubs.check()


def test_changes_in_nested_stacks_come_from_the_templates_of_both_versions(stubs: Stubs) -> None:
    expect(stubs, plan("CREATE_SUCCESS") | {"ResourceChanges": [ROW]})
    published(stubs)
    found = preview(stubs.account, ONE, "1.1.0", PREFIXES, "templates")
    assert found.nested
    (row,) = found.nested
    assert row.path == "Jobs/WorkQueue"
    (change,) = row.properties
    assert (change.name, change.before, change.after) == ("VisibilityTimeout", "30", "60")
    stubs.check()


def test_the_plan_is_deleted_also_when_it_fails(stubs: Stubs) -> None:
    expect(stubs, plan("CREATE_FAILED", StatusMessage="Template is wrong."))
    with pytest.raises(DeployError, match="made no plan: Template is wrong; mend it first"):
        preview(stubs.account, ONE, "1.1.0", {})
    stubs.check()


def test_a_stack_of_another_account_shows_the_root_only_and_says_so(stubs: Stubs) -> None:
    expect(stubs, plan("CREATE_SUCCESS"), has_stack=False)
    found = preview(stubs.account, ONE, "1.1.0", PREFIXES, "templates")
    assert (found.nested, found.note) == (None, "its stack is not in this account")
    stubs.check()


def test_an_unknown_version_is_refused_with_those_that_exist(stubs: Stubs) -> None:
    versions = {"ProvisioningArtifactDetails": [artifact(OLD, "1.0.0", 1)]}
    asked = {"ProductId": PRODUCT}
    stubs.answer("servicecatalog", "list_provisioning_artifacts", versions, asked)
    with pytest.raises(BuildError, match=r"no version '1\.0\.1'; did you mean '1\.0\.0'"):
        preview(stubs.account, ONE, "1.0.1", {})
