"""The data-loss gate, two nested stacks down."""

from typing import Any

import pytest

from stackyard.deploy.compare import compare
from stackyard.deploy.gate import Loss, check, losses
from stackyard.errors import DataLossError
from tests.deploy.systems import one, system

STATEFUL = {
    "AWS::RDS::DBInstance": {"DBName": "shop"},
    "AWS::RDS::DBCluster": {"DatabaseName": "shop"},
    "AWS::S3::Bucket": {"BucketName": "shop"},
    "AWS::DynamoDB::Table": {"TableName": "shop"},
    "AWS::SQS::Queue": {"QueueName": "shop"},
    "AWS::Cognito::UserPool": None,
    "AWS::KMS::Key": None,
    "AWS::ECR::Repository": {"RepositoryName": "shop"},
    "AWS::Logs::LogGroup": {"LogGroupName": "shop"},
}
REPLACEABLE = {kind: fixed for kind, fixed in STATEFUL.items() if fixed}
DATABASE = "AWS::RDS::DBInstance"


def found(before: dict[str, Any], after: dict[str, Any]) -> list[Loss]:
    return losses(compare(system(before), system(after)))


@pytest.mark.parametrize("kind", STATEFUL)
def test_removing_it_is_a_loss(kind: str) -> None:
    (loss,) = found({"Data": one(kind)}, {"Other": one("AWS::SNS::Topic")})
    assert loss.path == "Outer/Inner/Data"
    assert "is removed" in loss.what


@pytest.mark.parametrize("kind", STATEFUL)
def test_removing_the_nested_stack_around_it_is_a_loss(kind: str) -> None:
    (loss,) = found({"Data": one(kind)}, {})
    assert loss.path == "Outer/Inner/Data"


@pytest.mark.parametrize(("kind", "fixed"), REPLACEABLE.items())
def test_replacing_it_is_a_loss_and_names_the_property(kind: str, fixed: dict[str, str]) -> None:
    (name,) = fixed
    (loss,) = found({"Data": one(kind, **fixed)}, {"Data": one(kind, **{name: "other"})})
    assert f"is replaced because of {name}" in loss.what


@pytest.mark.parametrize("kind", STATEFUL)
@pytest.mark.parametrize(("before", "after"), [("Retain", "Delete"), ("Snapshot", "Delete")])
def test_a_weaker_policy_is_a_loss(kind: str, before: str, after: str) -> None:
    old = {"Data": one(kind, before, before)}
    (loss,) = found(old, {"Data": one(kind, after, before)})
    assert f"DeletionPolicy {before} becomes {after}" in loss.what
    (loss,) = found(old, {"Data": one(kind, before, after)})
    assert f"UpdateReplacePolicy {before} becomes {after}" in loss.what


def test_a_stronger_policy_is_none() -> None:
    before, after = one("AWS::S3::Bucket", "Delete"), one("AWS::S3::Bucket", "Retain")
    assert found({"Data": before}, {"Data": after}) == []


def test_a_policy_that_is_no_longer_stated_falls_back_to_the_default() -> None:
    (loss,) = found({"Data": one("AWS::S3::Bucket", "Retain")}, {"Data": one("AWS::S3::Bucket")})
    assert "DeletionPolicy Retain becomes Delete" in loss.what


@pytest.mark.parametrize(
    ("policy", "fate"),
    [("Delete", "is deleted"), ("Snapshot", "final snapshot"), ("Retain", "no stack holds")],
)
def test_it_says_what_becomes_of_the_data(policy: str, fate: str) -> None:
    (loss,) = found({"Data": one(DATABASE, policy, policy)}, {})
    assert fate in loss.what


@pytest.mark.parametrize(
    ("before", "after", "is_loss"),
    [
        ("15.19", "16.11", True),
        ("16.11", "15.19", True),
        ("15.18", "15.19", False),
        ("8.0.42", "8.4.6", True),
        ("8.0.41", "8.0.42", False),
        ("OpenSearch_2.11", "OpenSearch_3.1", True),
        ("OpenSearch_2.11", "OpenSearch_2.19", False),
    ],
)
def test_another_major_version_of_the_engine_is_a_loss(
    before: str, after: str, is_loss: bool
) -> None:
    old, new = one(DATABASE, EngineVersion=before), one(DATABASE, EngineVersion=after)
    assert bool(found({"Data": old}, {"Data": new})) is is_loss


def test_a_change_in_place_is_no_loss() -> None:
    before, after = one(DATABASE, MultiAZ=False), one(DATABASE, MultiAZ=True)
    assert found({"Data": before}, {"Data": after}) == []


def test_what_is_added_or_holds_no_data_is_no_loss() -> None:
    topic = one("AWS::SNS::Topic")
    assert found({"Topic": topic}, {"Data": one(DATABASE)}) == []


def test_replacing_what_its_name_comes_from_is_a_loss() -> None:
    def named(name: str) -> dict[str, Any]:
        return {
            "Alias": one("AWS::KMS::Alias", AliasName=name, TargetKeyId="1"),
            "Logs": one("AWS::Logs::LogGroup", LogGroupName={"Ref": "Alias"}),
        }

    assert [loss.path for loss in found(named("alias/a"), named("alias/b"))] == ["Outer/Inner/Logs"]


def test_each_loss_must_be_named() -> None:
    lost = [Loss("A/Db", DATABASE, "is removed"), Loss("B/Db", DATABASE, "is removed")]
    check(lost, {"A/Db", "B/Db"}, "root-dev")
    with pytest.raises(DataLossError) as caught:
        check(lost, {"A/Db"}, "root-dev")
    assert "--allow-data-loss B/Db" in str(caught.value)
    assert "--allow-data-loss A/Db" not in str(caught.value)
    assert caught.value.status == 4


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataLossError, match="not among them: A/Dv: did you mean 'A/Db'"):
        check([Loss("A/Db", DATABASE, "is removed")], {"A/Dv"}, "root-dev")
