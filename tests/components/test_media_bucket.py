from __future__ import annotations

from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from stackyard.rules import violations
from templates_src.components.media_bucket import media_bucket
from tests.components.evaluated import stack_of

GIVEN = {"AlarmTopicArn": "arn:aws:sns:us-east-1:123456789012:alarms"}
KEYS = {
    "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1",
    "ReplicaKeyArn": "arn:aws:kms:us-west-2:123456789012:key/2",
}
REPLICA = {**KEYS, "ReplicaBucketArn": "arn:aws:s3:::replica"}
SERVED = {
    "DistributionDomainName": "media.example.com",
    "DistributionCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1",
}


def media(**given: str) -> Stack:
    return stack_of(media_bucket, **{**GIVEN, **given})


def properties(stack: Stack, title: str) -> Any:
    return plain(dict(stack.resources[title].properties))


def broken(**given: str) -> set[str]:
    body = media_bucket.template().to_dict()
    return {one.rule for one in violations(body, {**GIVEN, **given}, "us-east-1", set())}


def test_versions_are_kept_and_objects_go_to_intelligent_tiering() -> None:
    bucket = properties(media(), "MediaBucket")
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Transitions"][0]["StorageClass"] == "INTELLIGENT_TIERING"


def test_nothing_is_replicated_without_a_replica() -> None:
    stack = media()
    assert "ReplicationConfiguration" not in properties(stack, "MediaBucket")
    assert not {"ReplicationRole", "ReplicationLagAlarm"} & stack.resources.keys()


@pytest.mark.parametrize(("hides", "status"), [("false", "Disabled"), ("true", "Enabled")])
def test_encrypted_objects_are_replicated_under_the_other_key(hides: str, status: str) -> None:
    bucket = properties(media(**REPLICA, ReplicatesDeletions=hides), "MediaBucket")
    (rule,) = bucket["ReplicationConfiguration"]["Rules"]
    assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert rule["Destination"]["Bucket"] == "arn:aws:s3:::replica"
    assert rule["Destination"]["EncryptionConfiguration"] == {
        "ReplicaKmsKeyID": KEYS["ReplicaKeyArn"]
    }
    assert rule["Destination"]["ReplicationTime"]["Time"] == {"Minutes": 15}
    assert rule["DeleteMarkerReplication"] == {"Status": status}


def test_role_uses_each_key_only_through_s3_of_its_region() -> None:
    policy = properties(media(**REPLICA), "ReplicationPolicy")["PolicyDocument"]
    through = {
        statement["Action"][0]: statement["Condition"]["StringEquals"]["kms:ViaService"]
        for statement in policy["Statement"]
        if "Condition" in statement
    }
    assert through == {
        "kms:Decrypt": "s3.us-east-1.amazonaws.com",
        "kms:Encrypt": "s3.us-west-2.amazonaws.com",
    }


def test_lag_is_watched_by_the_names_of_both_buckets() -> None:
    alarm = properties(media(**REPLICA, LagThresholdSeconds="600"), "ReplicationLagAlarm")
    dimensions = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert dimensions["DestinationBucket"] == "replica"
    assert dimensions["RuleId"] == "Replica"
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ReplicationLatency", "600")


def test_a_replica_needs_both_keys() -> None:
    assert broken(ReplicaBucketArn="arn:aws:s3:::replica") == {"ReplicaHasKey", "SourceHasKey"}
    assert broken(**REPLICA) == set()


def test_pages_may_upload_only_from_the_origins_given() -> None:
    assert "CorsConfiguration" not in properties(media(), "MediaBucket")
    bucket = properties(media(CorsOrigins="https://a.example.com"), "MediaBucket")
    (rule,) = bucket["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == ["https://a.example.com"]


def test_distribution_reads_the_private_bucket_and_speaks_tls_1_2() -> None:
    stack = media(**SERVED)
    config = properties(stack, "Distribution")["DistributionConfig"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert config["Aliases"] == ["media.example.com"]
    (origin,) = config["Origins"]
    assert origin["OriginAccessControlId"]
    statements = properties(stack, "MediaBucketPolicy")["PolicyDocument"]["Statement"]
    assert [one["Sid"] for one in statements] == ["DistributionReads", "OnlyOverTls"]
    assert "Distribution" not in media().resources


def test_a_web_acl_stands_before_the_distribution_where_one_is_given() -> None:
    arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/a/1"
    guarded = properties(media(**SERVED, DistributionWebAclArn=arn), "Distribution")
    assert guarded["DistributionConfig"]["WebACLId"] == arn
    assert "WebACLId" not in properties(media(**SERVED), "Distribution")["DistributionConfig"]


def test_only_signed_addresses_are_served_where_keys_are_given() -> None:
    signed = properties(media(**SERVED, SigningKeyGroupIds="one,two"), "Distribution")
    behavior = signed["DistributionConfig"]["DefaultCacheBehavior"]
    assert behavior["TrustedKeyGroups"] == ["one", "two"]
    assert broken(DistributionDomainName="media.example.com") == {"DistributionHasCertificate"}
