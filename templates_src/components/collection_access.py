"""Who may use a collection of OpenSearch Serverless: one role, by both of the policies it takes."""

from __future__ import annotations

import json

from troposphere import Select, Split, Sub, Template
from troposphere.iam import PolicyType
from troposphere.opensearchserverless import AccessPolicy

from templates_src.contract import Component, Value, contract, output, parameter
from templates_src.parts.iam import allow, document

INDEX = ["CreateIndex", "DescribeIndex", "ReadDocument", "UpdateIndex", "WriteDocument"]


@contract
class Parameters:
    collection_name: Value = parameter(
        "Name of the collection.", AllowedPattern="[a-z][a-z0-9-]{2,26}"
    )
    collection_arn: Value = parameter("ARN of the collection.", AllowedPattern="arn:.*")
    role_arn: Value = parameter(
        "ARN of the role, without a path, that indexes and searches; nobody else may.",
        AllowedPattern="arn:[^/]+:role/[^/]+",
    )


@contract
class Outputs:
    access_policy_name: Value = output("Name of the data access policy.")


def build(t: Template, p: Parameters) -> Outputs:
    """Data access policy and permissions of the one role that uses a collection."""
    granted = [
        {
            "Rules": [
                {
                    "ResourceType": "index",
                    "Resource": ["index/${CollectionName}/*"],
                    "Permission": [f"aoss:{action}" for action in INDEX],
                }
            ],
            "Principal": ["${RoleArn}"],
        }
    ]
    name = Sub("${CollectionName}-data")
    t.add_resource(
        AccessPolicy(
            "DataAccess",
            Name=name,
            Type="data",
            Policy=Sub(json.dumps(granted)),
        )
    )
    t.add_resource(
        PolicyType(
            "CallCollection",
            PolicyName="UseCollection",
            Roles=[Select(1, Split("/", p.role_arn))],
            # every call of the data plane is this one action; the policy above says which count:
            # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/security-iam-serverless.html
            PolicyDocument=document(allow(["aoss:APIAccessAll"], p.collection_arn)),
        )
    )
    return Outputs(access_policy_name=name)


collection_access = Component(Parameters, Outputs, build)
