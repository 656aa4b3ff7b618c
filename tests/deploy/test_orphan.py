"""What refers to a resource, and what it takes to import it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.aws.cloudformation import Resource
from stackyard.aws.template_text import parsed
from stackyard.deploy.orphan import Release, importing, references
from tests.deploy.recorded import ROOT, stack


@pytest.mark.parametrize(
    "use",
    [
        {"Ref": "Bucket"},
        {"Fn::GetAtt": ["Bucket", "Arn"]},
        {"Fn::GetAtt": "Bucket.Arn"},
        {"Fn::Sub": "${Bucket}/key"},
        {"Fn::Sub": "${Bucket.Arn}/*"},
        {"Fn::Sub": ["${Bucket}/${Key}", {"Key": "x"}]},
        {"Fn::Sub": ["${Name}", {"Name": {"Ref": "Bucket"}}]},
        {"Fn::Join": ["", ["arn:", {"Ref": "Bucket"}]]},
    ],
)
def test_every_form_of_reference_is_found(use: Any) -> None:
    template = {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Deep": [{"Use": use}]}},
        },
        "Outputs": {"Name": {"Value": use}},
    }
    assert list(references(template, "Bucket")) == ["resource Policy", "output Name"]


@pytest.mark.parametrize("depends", ["Bucket", ["Other", "Bucket"]])
def test_what_depends_on_it_refers_to_it(depends: Any) -> None:
    template = {"Resources": {"Bucket": {}, "Trail": {"DependsOn": depends}}}
    assert list(references(template, "Bucket")) == ["resource Trail"]


@pytest.mark.parametrize(
    "other", [{"Ref": "Buckets"}, {"Fn::Sub": "${BucketName}"}, "Bucket", {"Bucket": "Bucket"}]
)
def test_what_only_looks_alike_does_not_refer_to_it(other: Any) -> None:
    template = {"Resources": {"Bucket": {"Self": {"Ref": "Bucket"}}, "Other": {"Use": other}}}
    assert list(references(template, "Bucket")) == []


def test_short_forms_of_yaml_are_read_as_long_ones() -> None:
    text = """
AWSTemplateFormatVersion: 2010-09-09
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Condition: Kept
    Properties:
      Arn: !GetAtt Role.Arn
      Name: !If [Kept, !Ref Name, !Sub "${AWS::Region}-x"]
      All: !And [!Condition Kept, !Equals [a, b]]
"""
    assert parsed(text) == {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                "Condition": "Kept",
                "Properties": {
                    "Arn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Name": {"Fn::If": ["Kept", {"Ref": "Name"}, {"Fn::Sub": "${AWS::Region}-x"}]},
                    "All": {"Fn::And": [{"Condition": "Kept"}, {"Fn::Equals": ["a", "b"]}]},
                },
            }
        },
    }


def test_an_import_names_the_resource_by_its_primary_identifier() -> None:
    resource = Resource("Files", "shop-files", "AWS::S3::Bucket", "CREATE_COMPLETE")
    root = stack(ROOT, "UPDATE_COMPLETE")
    (entry,) = json.loads(importing(Release("Data/Files", root, root, resource, {})))
    assert entry == {
        "ResourceType": "AWS::S3::Bucket",
        "LogicalResourceId": "Files",
        "ResourceIdentifier": {"BucketName": "shop-files"},
    }
