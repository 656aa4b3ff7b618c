from __future__ import annotations

import json
import re
from typing import Any

import pytest

from templates_src.components.registry import registry

Data = dict[str, Any]


@pytest.fixture(scope="module")
def body() -> Data:
    return registry.template().to_dict()


@pytest.fixture(scope="module")
def repository(body: Data) -> Data:
    return body["Resources"]["Repository"]


def test_images_outlive_the_stack_but_not_a_failed_creation(repository: Data) -> None:
    assert repository["DeletionPolicy"] == "RetainExceptOnCreate"
    assert repository["UpdateReplacePolicy"] == "Retain"
    assert repository["Properties"]["EmptyOnDelete"] is True


def test_tags_are_immutable_and_pushes_scanned_by_default(body: Data, repository: Data) -> None:
    assert body["Parameters"]["ImmutableTags"]["Default"] == "true"
    properties = repository["Properties"]
    assert properties["ImageTagMutability"] == {
        "Fn::If": ["HasImmutableTags", "IMMUTABLE", "MUTABLE"]
    }
    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}


def test_a_key_is_used_where_one_is_given(repository: Data) -> None:
    encryption = repository["Properties"]["EncryptionConfiguration"]
    assert encryption["EncryptionType"] == {"Fn::If": ["HasKmsKey", "KMS", "AES256"]}


def test_lifecycle_keeps_the_last_images(body: Data, repository: Data) -> None:
    text = repository["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"]["Fn::Sub"]
    numbers = {"KeptImageCount": "10", "UntaggedImageDays": "1"}
    for name, number in numbers.items():
        assert str(body["Parameters"][name]["Default"]) == number
        text = text.replace(f"${{{name}}}", number)
    untagged, old = json.loads(text)["rules"]
    assert untagged["selection"]["countNumber"] == 1
    assert old["selection"] == {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": 10,
    }
    assert untagged["rulePriority"] < old["rulePriority"]


@pytest.mark.parametrize(("name", "taken"), [("", True), ("acme/api", True), ("Acme", False)])
def test_names_are_what_ecr_takes(body: Data, name: str, taken: bool) -> None:
    pattern = body["Parameters"]["RepositoryName"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, name)) is taken
