"""The least that CloudFormation is allowed, derived from templates."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.deploy import bootstrap, permissions
from stackyard.project import Project
from tests.support import every


@pytest.fixture(scope="module")
def template(project: Project) -> dict[str, Any]:
    return bootstrap.template(project)


@pytest.fixture(scope="module")
def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::ManagedPolicy":
            for one in resource["Properties"]["PolicyDocument"]["Statement"]:
                found += one["Fn::If"][1:] if "Fn::If" in one else [one]
    return found


def body(*kinds: str) -> dict[str, Any]:
    return {"Resources": {f"R{n}": {"Type": kind} for n, kind in enumerate(kinds)}}


def test_actions_are_those_of_the_handlers_of_each_type() -> None:
    found = permissions.actions([body("AWS::SQS::Queue")])
    assert {"sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes"} <= found
    assert {action.partition(":")[0] for action in found} == {"sqs"}


def test_a_dynamic_reference_needs_reading_the_secret() -> None:
    secret = {"Resources": {"R": {"Type": "AWS::SNS::Topic", "X": "{{resolve:secretsmanager:a}}"}}}
    assert "secretsmanager:GetSecretValue" in permissions.actions([secret])
    assert "secretsmanager:GetSecretValue" not in permissions.actions([body("AWS::SNS::Topic")])


def test_a_custom_resource_needs_nothing_of_its_own() -> None:
    assert permissions.actions([body("Custom::Thing")]) == set()


def test_no_statement_allows_a_whole_service(statements: list[dict[str, Any]]) -> None:
    actions = [action for one in statements for action in one["Action"]]
    assert actions
    assert not [action for action in actions if action.endswith(":*") or action == "*"]


def test_nobody_gets_administrator_access(template: dict[str, Any]) -> None:
    assert "AdministratorAccess" not in json.dumps(template)


def test_roles_are_made_and_passed_only_under_the_names_of_the_projects_stacks(
    statements: list[dict[str, Any]],
) -> None:
    guarded = [
        one
        for one in statements
        if {"iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy"} & {*one["Action"]}
    ]
    assert guarded
    for one in guarded:
        for arn in one["Resource"]:
            assert ":role/" in arn["Fn::Sub"]
            assert not arn["Fn::Sub"].endswith("role/*")


def test_with_a_boundary_roles_are_made_only_with_it(template: dict[str, Any]) -> None:
    choices = [
        one["Fn::If"]
        for document in every(template, "PolicyDocument")
        for one in document["Statement"]
        if one.get("Fn::If", [""])[0] == "HasPermissionsBoundary"
    ]
    (choice,) = choices
    assert choice[0] == "HasPermissionsBoundary"
    assert "iam:CreateRole" in choice[1]["Action"]
    assert choice[1]["Condition"]["StringEquals"]["iam:PermissionsBoundary"]


def test_a_boundary_is_never_taken_off(statements: list[dict[str, Any]]) -> None:
    actions = {action for one in statements for action in one["Action"]}
    assert "iam:DeleteRolePermissionsBoundary" not in actions


def test_every_policy_fits_into_what_iam_takes(template: dict[str, Any]) -> None:
    sizes = [
        len(json.dumps(resource["Properties"]["PolicyDocument"], separators=(",", ":")))
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    assert 0 < len(sizes) <= permissions.POLICIES_PER_ROLE
    assert max(sizes) <= permissions.POLICY_CHARACTERS


def test_the_template_fits_into_a_request(template: dict[str, Any]) -> None:
    assert len(json.dumps(template, separators=(",", ":"))) <= bootstrap.LARGEST_BODY


def test_a_service_whose_actions_no_policy_has_room_for_is_parted() -> None:
    names = {f"ec2:Create{number:0200}" for number in range(40)}
    made = permissions.policies(names, ["shop-"])
    documents = [one["Properties"]["PolicyDocument"] for one in made.values()]
    assert len(documents) > 1
    assert {a for one in documents for s in one["Statement"] for a in s["Action"]} == names
    longest = max(len(json.dumps(one, separators=(",", ":"))) for one in documents)
    assert longest <= permissions.POLICY_CHARACTERS


def test_too_many_policies_are_refused() -> None:
    many = {f"s3:{'x' * 60}{n}" for n in range(2000)}
    with pytest.raises(ValueError, match="and a role takes 10"):
        permissions.policies(many | {f"s{n}:{'y' * 6000}" for n in range(11)}, ["shop-"])


def test_the_prefixes_are_the_stack_names_without_the_environment(template: dict[str, Any]) -> None:
    assert "role/pyshop-*" in json.dumps(template)
