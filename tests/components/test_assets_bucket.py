from __future__ import annotations

from typing import Any

from stackyard.resolved import plain
from templates_src.components.assets_bucket import assets_bucket
from tests.components.evaluated import stack_of

KEY = "arn:aws:kms:us-east-1:123456789012:key/1"


def bucket(**given: str) -> Any:
    found = stack_of(assets_bucket, **given).resources["AssetsBucket"]
    return plain(dict(found.properties))


def encryption(properties: Any) -> Any:
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return rule


def test_overwritten_and_deleted_objects_can_be_had_back_for_a_while() -> None:
    properties = bucket(NoncurrentDays="14")
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": "14"}
    assert rule["ExpiredObjectDeleteMarker"] is True


def test_objects_go_to_intelligent_tiering() -> None:
    (rule,) = bucket()["LifecycleConfiguration"]["Rules"]
    assert [one["StorageClass"] for one in rule["Transitions"]] == ["INTELLIGENT_TIERING"]


def test_objects_are_encrypted_with_the_key_if_there_is_one() -> None:
    own = encryption(bucket())["ServerSideEncryptionByDefault"]
    assert own == {"SSEAlgorithm": "AES256"}
    given = encryption(bucket(KmsKeyArn=KEY))
    assert given["BucketKeyEnabled"] is True
    assert given["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": KEY,
    }


def test_files_outlive_the_stack() -> None:
    found = stack_of(assets_bucket).resources["AssetsBucket"]
    assert found.deletion_policy == "RetainExceptOnCreate"
    assert found.update_replace_policy == "Retain"
