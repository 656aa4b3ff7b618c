from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from templates_src.components.vector_collection import vector_collection
from tests.components.evaluated import stack_of

GIVEN = {
    "CollectionName": "chronotrail-dev",
    "VpcId": "vpc-1",
    "PrivateSubnetIds": "subnet-1,subnet-2",
    "AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
}


def search(**given: str) -> Stack:
    return stack_of(vector_collection, **{**GIVEN, **given})


def properties(stack: Stack, title: str) -> Any:
    return plain(dict(stack.resources[title].properties))


def test_policies_are_there_before_the_collection_and_have_names_of_the_documents() -> None:
    made = vector_collection.template().to_dict()["Resources"]["Collection"]
    assert {"EncryptionPolicy", "NetworkPolicy"} <= set(made["DependsOn"])
    stack = search()
    assert properties(stack, "NetworkPolicy")["Name"] == "chronotrail-dev-network"
    assert properties(stack, "EncryptionPolicy")["Name"] == "chronotrail-dev-encryption"


def test_it_is_public_only_when_asked() -> None:
    text = json.dumps(properties(search(), "NetworkPolicy")["Policy"])
    assert '"AllowFromPublic\\": false' in text
    assert "SourceVPCEs" in text
    public = search(Access="public")
    assert json.loads(properties(public, "NetworkPolicy")["Policy"])[0]["AllowFromPublic"] is True
    assert "Endpoint" not in public.resources


def test_endpoint_admits_clients_alone() -> None:
    (rule,) = properties(search(), "EndpointSecurityGroup")["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["ToPort"]) == (443, 443)
    assert "CidrIp" not in rule


def test_documents_are_encrypted_with_the_key_if_there_is_one() -> None:
    assert json.loads(properties(search(), "EncryptionPolicy")["Policy"])["AWSOwnedKey"] is True
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    own = json.loads(properties(search(KmsKeyArn=key), "EncryptionPolicy")["Policy"])
    assert own["KmsARN"] == key


@pytest.mark.parametrize(("wanted", "replicas"), [("true", "ENABLED"), ("false", "DISABLED")])
def test_standby_replicas_of_collection_and_group_agree(wanted: str, replicas: str) -> None:
    stack = search(StandbyReplicas=wanted)
    assert properties(stack, "Collection")["StandbyReplicas"] == replicas
    assert properties(stack, "Group")["StandbyReplicas"] == replicas


def test_capacity_is_limited_for_this_collection_alone() -> None:
    stack = search(MaxSearchOcu="8")
    assert properties(stack, "Group")["CapacityLimits"]["MaxSearchCapacityInOcu"] == "8"
    assert properties(stack, "Collection")["CollectionGroupName"] == "chronotrail-dev"


def test_errors_latency_and_capacity_are_watched() -> None:
    watched = {
        item["Properties"]["MetricName"]
        for item in vector_collection.template().to_dict()["Resources"].values()
        if item["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert watched == {
        *("SearchRequestErrors", "IngestionRequestErrors", "SearchRequestLatency"),
        *("SearchOCU", "IndexingOCU"),
    }


def test_longest_name_leaves_room_for_those_of_its_policies() -> None:
    pattern = vector_collection.template().to_dict()["Parameters"]["CollectionName"]
    assert pattern["AllowedPattern"].endswith("{2,20}")
    assert len("x" * 21 + "-encryption") == 32
