"""A vector collection (OpenSearch Serverless) and the policies and limits that it needs first.

Retention policies exist for time series only, so what is in a vector collection stays until it is
deleted by whoever may. Who may is said by another component, once there is somebody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from troposphere import Equals, GetAtt, If, Ref, Sub, Template
from troposphere.cloudwatch import Alarm
from troposphere.ec2 import SecurityGroup, SecurityGroupRule
from troposphere.opensearchserverless import (
    CapacityLimits,
    Collection,
    CollectionGroup,
    SecurityPolicy,
    VpcEndpoint,
)

from templates_src.contract import Component, Value, contract, flag, output, parameter
from templates_src.parts.alarms import Alarmed, alarm, arns
from templates_src.parts.logic import condition, is_given, is_true
from templates_src.parts.network import NO_EGRESS

# What AWS takes for the limit of a group:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/collection-groups-capacity-limits.html
OCU_LIMITS = [1, 2, 4, 8, 16, 32, 48, 64, 80, 96]
# policies take 32 characters, and the longest suffix below has eleven
NAME = "[a-z][a-z0-9-]{2,20}"
NAMED = {"ResourceType": "collection", "Resource": ["collection/${CollectionName}"]}


@contract
class Parameters(Alarmed):
    collection_name: Value = parameter(
        "Name of the collection, of which those of its policies are made. Changing it makes another"
        " collection, without documents.",
        AllowedPattern=NAME,
        ConstraintDescription="3 to 21 lower-case letters, digits and hyphens, a letter first",
    )
    access: Value = parameter(
        "From where it is reached: through an endpoint in the VPC, or publicly; either way only"
        " with signed requests of whoever a data access policy names.",
        default="vpc",
        AllowedValues=["vpc", "public"],
    )
    vpc_id: Value = parameter("VPC of the endpoint.", Type="AWS::EC2::VPC::Id")
    private_subnet_ids: Value = parameter(
        "Subnets of the endpoint, one in each zone.", Type="List<AWS::EC2::Subnet::Id>"
    )
    standby_replicas: Value = flag(
        "Whether a second zone stands by, which doubles the least that is paid for. Changing it"
        " fails: the collection would have to be another one of the same name.",
        default=True,
    )
    max_indexing_ocu: Value = parameter(
        "Capacity units (OCU) that indexing may grow to, which bounds its cost.",
        Type="Number",
        default=2,
        AllowedValues=OCU_LIMITS,
        label="Indexing OCU at most",
    )
    max_search_ocu: Value = parameter(
        "Capacity units (OCU) that searching may grow to, which bounds its cost.",
        Type="Number",
        default=2,
        AllowedValues=OCU_LIMITS,
        label="Search OCU at most",
    )
    kms_key_arn: Value = parameter(
        "ARN of the key for documents; AWS's own if empty. Changing it takes another collection.",
        default="",
        AllowedPattern="^$|arn:.*",
    )
    deletion_protection: Value = flag("Whether it refuses to be deleted.", default=False)
    request_error_threshold_count: Value = parameter(
        "Failed requests in a minute that raise an alarm after five.",
        Type="Number",
        default=10,
        group="Alarms",
    )
    latency_threshold_milliseconds: Value = parameter(
        "Average milliseconds of a search that raise an alarm after five minutes.",
        Type="Number",
        default=1000,
        group="Alarms",
    )
    ocu_threshold_count: Value = parameter(
        "OCU in use in this account and region, for indexing or for searching, above which an alarm"
        " is raised after fifteen minutes.",
        Type="Number",
        default=4,
        group="Alarms",
        label="OCU threshold",
    )


@contract
class Outputs:
    collection_name: Value = output("Name of the collection.")
    collection_arn: Value = output("ARN of the collection.")
    endpoint: Value = output("Address that documents are indexed and searched at.")
    client_security_group_id: Value = output(
        "Security group that the endpoint admits; empty where access is public."
    )
    alarm_arns: Value = output("Comma-joined ARNs of the alarms.")


def build(t: Template, p: Parameters) -> Outputs:
    """Vector collection with encryption, network policy, limits and alarms."""
    private = condition(t, "IsPrivate", Equals(p.access, "vpc"))
    clients, endpoint = _endpoint(t, p, private)
    encryption = t.add_resource(_encryption(t, p))
    network = t.add_resource(_network(p, private, endpoint))
    stands_by = If(condition(t, "HasStandby", is_true(p.standby_replicas)), "ENABLED", "DISABLED")
    protected = condition(t, "IsProtected", is_true(p.deletion_protection))
    limits = CapacityLimits(
        MaxIndexingCapacityInOcu=p.max_indexing_ocu, MaxSearchCapacityInOcu=p.max_search_ocu
    )
    # a collection's own limits are its group's; those of the account are for all without a group
    group = t.add_resource(
        CollectionGroup(
            "Group",
            Name=p.collection_name,
            StandbyReplicas=stands_by,
            CapacityLimits=limits,
        )
    )
    collection = t.add_resource(
        Collection(
            "Collection",
            DependsOn=[encryption.title, network.title, group.title],
            Name=p.collection_name,
            Type="VECTORSEARCH",
            CollectionGroupName=p.collection_name,
            StandbyReplicas=stands_by,
            DeletionProtection=If(protected, "ENABLED", "DISABLED"),
            # made from what the database and the bucket hold, and paid for by the hour
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
        )
    )
    alarms = [t.add_resource(watch) for watch in _alarms(p, collection)]
    return Outputs(
        collection_name=p.collection_name,
        collection_arn=GetAtt(collection, "Arn"),
        endpoint=GetAtt(collection, "CollectionEndpoint"),
        client_security_group_id=If(private, GetAtt(clients, "GroupId"), ""),
        alarm_arns=arns(alarms),
    )


def _endpoint(t: Template, p: Parameters, private: str) -> tuple[SecurityGroup, VpcEndpoint]:
    clients = t.add_resource(
        SecurityGroup(
            "ClientSecurityGroup",
            Condition=private,
            GroupDescription="Clients of the search endpoint",
            VpcId=p.vpc_id,
            SecurityGroupEgress=NO_EGRESS,  # tasks may call out over TLS already
        )
    )
    from_clients = SecurityGroupRule(
        Description="HTTPS from clients",
        IpProtocol="tcp",
        FromPort=443,
        ToPort=443,
        SourceSecurityGroupId=GetAtt(clients, "GroupId"),
    )
    group = t.add_resource(
        SecurityGroup(
            "EndpointSecurityGroup",
            Condition=private,
            GroupDescription="Search endpoint, reached by its clients only",
            VpcId=p.vpc_id,
            SecurityGroupIngress=[from_clients],
            SecurityGroupEgress=NO_EGRESS,
        )
    )
    endpoint = t.add_resource(
        VpcEndpoint(
            "Endpoint",
            Condition=private,
            Name=p.collection_name,
            VpcId=p.vpc_id,
            SubnetIds=p.private_subnet_ids,
            SecurityGroupIds=[GetAtt(group, "GroupId")],
        )
    )
    return clients, endpoint


def _encryption(t: Template, p: Parameters) -> SecurityPolicy:
    keyed = condition(t, "HasKmsKey", is_given(p.kms_key_arn))
    own = {"Rules": [NAMED], "AWSOwnedKey": False, "KmsARN": "${KmsKeyArn}"}
    awss = {"Rules": [NAMED], "AWSOwnedKey": True}
    return SecurityPolicy(
        "EncryptionPolicy",
        Name=Sub("${CollectionName}-encryption"),
        Type="encryption",
        Policy=If(keyed, _text(own), _text(awss)),
    )


def _network(p: Parameters, private: str, endpoint: VpcEndpoint) -> SecurityPolicy:
    inside = [{"Rules": [NAMED], "AllowFromPublic": False, "SourceVPCEs": ["${Endpoint}"]}]
    return SecurityPolicy(
        "NetworkPolicy",
        Name=Sub("${CollectionName}-network"),
        Type="network",
        Policy=If(
            private,
            Sub(json.dumps(inside), Endpoint=Ref(endpoint)),
            _text([{"Rules": [NAMED], "AllowFromPublic": True}]),
        ),
    )


def _text(policy: Any) -> Sub:
    return Sub(json.dumps(policy))


def _alarms(p: Parameters, collection: Collection) -> Iterator[Alarm]:
    """Yield the alarms; of a cluster's health there is no metric, of its failures there are two.

    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/monitoring-cloudwatch.html
    """
    whole: dict[str, Value] = {"ClientId": Ref("AWS::AccountId")}
    one = {**whole, "CollectionId": Ref(collection), "CollectionName": p.collection_name}
    failing = "Requests to the search collection fail: look at its policies and at its capacity."
    slow = "Searching is slow: raise the OCU that it may grow to, or look at the queries."
    costly = "OpenSearch Serverless uses much capacity, which is paid for by the hour."
    errors, ocu = p.request_error_threshold_count, p.ocu_threshold_count
    for title, metric, of, statistic, threshold, minutes, meaning in (
        ("SearchErrorsAlarm", "SearchRequestErrors", one, "Sum", errors, 5, failing),
        ("IngestionErrorsAlarm", "IngestionRequestErrors", one, "Sum", errors, 5, failing),
        (
            *("SearchLatencyAlarm", "SearchRequestLatency", one, "Average"),
            *(p.latency_threshold_milliseconds, 5, slow),
        ),
        ("SearchOcuAlarm", "SearchOCU", whole, "Sum", ocu, 15, costly),
        ("IndexingOcuAlarm", "IndexingOCU", whole, "Sum", ocu, 15, costly),
    ):
        yield alarm(
            title,
            meaning,
            namespace="AWS/AOSS",
            metric=metric,
            dimensions=of,
            statistic=statistic,
            threshold=threshold,
            minutes=minutes,
            topic_arn=p.alarm_topic_arn,
        )


vector_collection = Component(Parameters, Outputs, build)
