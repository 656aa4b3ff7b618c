"""What becomes of data when an environment is destroyed, and how long it is tried."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.aws import leftovers, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import Resource
from stackyard.deploy import destroy as destroying
from stackyard.deploy.destroy import ATTEMPTS, destroy
from stackyard.deploy.events import Noticed, Outcome
from stackyard.deploy.holdings import Holding, deletion_policy, is_passing
from stackyard.deploy.survey import Consent, Rule, fate
from tests.deploy.recorded import ACCOUNT, ROOT, Recorded, event, install, stack

DATABASE = "AWS::RDS::DBInstance"
SLOW = "resource sg-1 has a dependent object (Error Code: DependencyViolation)"


def holding(kind: str, policy: str, *, in_cluster: bool = False) -> Holding:
    return Holding("Data/One", ROOT, Resource("One", "one-1", kind, ""), policy, in_cluster)


@pytest.mark.parametrize(
    ("rule", "kind", "policy", "expected"),
    [
        ("everything", DATABASE, "Snapshot", "deleted"),
        ("everything", "AWS::S3::Bucket", "Retain", "deleted"),
        ("keep-data", DATABASE, "Snapshot", "deleted, with a final snapshot"),
        ("keep-data", DATABASE, "Delete", "deleted, with a final snapshot"),
        ("keep-data", DATABASE, "Retain", "kept"),
        ("keep-data", "AWS::S3::Bucket", "Delete", "kept"),
        ("keep-data", "AWS::SNS::Topic", "Delete", "deleted"),
        ("guarded", "AWS::S3::Bucket", "Delete", "kept"),
    ],
)
def test_the_rule_decides_over_data(rule: Rule, kind: str, policy: str, expected: str) -> None:
    assert fate(holding(kind, policy), Consent(rule=rule)) == expected


def test_an_instance_of_a_cluster_holds_no_data_of_its_own() -> None:
    assert not holding(DATABASE, "Delete", in_cluster=True).is_stateful
    assert holding(DATABASE, "Delete").is_stateful


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({}, "Snapshot"),
        ({"DeletionPolicy": "Retain"}, "Retain"),
        ({"Properties": {"DBClusterIdentifier": "x"}}, "Delete"),
        # taken for lost, since nobody knows before it is evaluated
        ({"DeletionPolicy": {"Fn::If": ["IsProd", "Retain", "Delete"]}}, "Delete"),
    ],
)
def test_a_database_is_snapshotted_unless_its_template_says_otherwise(
    definition: dict[str, Any], expected: str
) -> None:
    assert deletion_policy(DATABASE, definition) == expected


@pytest.mark.parametrize(
    "reason",
    [
        SLOW,
        "Network interface eni-1 is currently in use",
        "The bucket you tried to delete is not empty",
        "The repository cannot be deleted because it still contains images",
    ],
)
def test_what_deletes_slowly_or_fills_again_is_worth_another_attempt(reason: str) -> None:
    assert is_passing(reason)


def test_a_refused_permission_does_not_pass() -> None:
    assert not is_passing("User is not authorized to perform s3:DeleteBucket")


def recorded(monkeypatch: pytest.MonkeyPatch, reason: str, *statuses: str) -> Recorded:
    found = Recorded(stack(ROOT, "CREATE_COMPLETE"))
    group = Resource("Group", "sg-1", "AWS::EC2::SecurityGroup", "CREATE_COMPLETE")
    found.held = {ROOT: [group]}
    found.next[ROOT] = list(statuses)
    install(monkeypatch, found)
    begun = found.begun

    def delete(_: Account, stack_id: str, *__: object) -> None:
        begun("delete", stack_id)
        if found.stacks[ROOT].status == "DELETE_FAILED":
            second = 1000 + len(found.asked)
            failed = event(second, ROOT, "Group", "DELETE_FAILED", "sg-1", reason)
            found.happened.insert(-1, failed)

    monkeypatch.setattr(recovery, "delete", delete)
    monkeypatch.setattr(leftovers, "snapshots", lambda *_: [])
    monkeypatch.setattr(destroying.time, "sleep", lambda _: None)
    return found


def test_a_deletion_is_repeated_until_slow_things_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded(monkeypatch, SLOW, "DELETE_FAILED", "DELETE_FAILED", "DELETE_COMPLETE")
    events = list(destroy(ACCOUNT, "shop-dev", Consent(rule="everything")))
    assert len(found.asked) == 3
    assert sum(isinstance(one, Noticed) for one in events) == 2
    assert events[-1] == Outcome("deleted", "shop-dev", "DELETE_COMPLETE")


def test_a_deletion_that_gets_nowhere_ends_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded(monkeypatch, SLOW, *["DELETE_FAILED"] * ATTEMPTS)
    *_, end = destroy(ACCOUNT, "shop-dev", Consent(rule="everything"))
    assert len(found.asked) == ATTEMPTS
    assert isinstance(end, Outcome)
    assert end.result == "failed"
    assert end.cause
    assert (end.cause.name, end.cause.reason) == ("Group", SLOW)


def test_a_deletion_that_was_refused_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    found = recorded(monkeypatch, "not authorized", "DELETE_FAILED")
    *_, end = destroy(ACCOUNT, "shop-dev", Consent(rule="everything"))
    assert len(found.asked) == 1
    assert isinstance(end, Outcome)
    assert end.result == "failed"
