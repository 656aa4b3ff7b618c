from __future__ import annotations

import pytest

from stackyard.stateful import stateful_types
from tests.checks.systems import Body, resource, said

BOTH = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
SNAPSHOT = {"DeletionPolicy": "Snapshot", "UpdateReplacePolicy": "Snapshot"}


def test_bucket_without_policies_is_found_twice() -> None:
    found = said("stateful_policies", {"Media": resource("S3::Bucket")})
    assert found == [
        "dev Media: AWS::S3::Bucket without DeletionPolicy, and with it go objects; "
        "say Retain, Snapshot or Delete",
        "dev Media: AWS::S3::Bucket without UpdateReplacePolicy, and with it go objects; "
        "say Retain, Snapshot or Delete",
    ]


@pytest.mark.parametrize(
    "kind", ["ECR::Repository", "OpenSearchServerless::Collection", "Cognito::UserPool"]
)
def test_state_that_the_linter_does_not_list_is_guarded_too(kind: str) -> None:
    assert len(said("stateful_policies", {"X": resource(kind)})) == 2
    assert said("stateful_policies", {"X": resource(kind, BOTH)}) == []


def test_resource_without_state_needs_no_policy() -> None:
    assert said("stateful_policies", {"Topic": resource("SNS::Topic")}) == []


@pytest.mark.parametrize(("policies", "count"), [(SNAPSHOT, 2), (BOTH, 0)])
def test_instance_of_a_cluster_cannot_be_snapshotted(policies: Body, count: int) -> None:
    writer = resource("RDS::DBInstance", policies, DBClusterIdentifier="main")
    assert len(said("stateful_policies", {"Writer": writer})) == count


def test_instance_on_its_own_can_be_snapshotted() -> None:
    assert said("stateful_policies", {"Main": resource("RDS::DBInstance", SNAPSHOT)}) == []


def test_every_stateful_type_says_what_is_lost() -> None:
    assert "what cfn-lint lists as state" not in stateful_types().values()
