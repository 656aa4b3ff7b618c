"""What makes one resolved system of another."""

from typing import Any

import pytest

from stackyard.deploy.changes import ResourceChange
from stackyard.deploy.compare import compare, differences
from tests.deploy.systems import one, system

QUEUE = "AWS::SQS::Queue"


def only(before: dict[str, Any], after: dict[str, Any]) -> ResourceChange:
    (change,) = compare(system(before), system(after))
    return change


def test_nothing_changes_between_equals() -> None:
    resources = {"Work": one(QUEUE, VisibilityTimeout=30)}
    assert compare(system(resources), system(resources)) == ()


def test_everything_is_added_where_nothing_is_deployed() -> None:
    (change,) = compare(None, system({"Work": one(QUEUE)}))
    assert (change.path, change.action, change.type) == ("Outer/Inner/Work", "add", QUEUE)


def test_a_property_is_shown_with_both_values() -> None:
    change = only(
        {"Work": one(QUEUE, VisibilityTimeout=30)}, {"Work": one(QUEUE, VisibilityTimeout=45)}
    )
    assert (change.action, change.replacement) == ("modify", "no")
    (detail,) = change.properties
    assert (detail.name, detail.before, detail.after) == ("VisibilityTimeout", 30, 45)


def test_a_create_only_property_replaces_and_says_why() -> None:
    change = only({"Work": one(QUEUE, QueueName="a")}, {"Work": one(QUEUE, QueueName="b")})
    assert change.replacement == "yes"
    assert change.properties[0].reason == "create-only by provider schema"


def test_a_part_of_a_create_only_property_replaces_too() -> None:
    kind = "AWS::ECR::Repository"
    before = one(kind, EncryptionConfiguration={"EncryptionType": "AES256"})
    after = one(kind, EncryptionConfiguration={"EncryptionType": "KMS"})
    change = only({"Images": before}, {"Images": after})
    assert change.replacement == "yes"
    assert change.properties[0].name == "EncryptionConfiguration.EncryptionType"


def test_what_refers_to_a_replaced_resource_follows_it_to_the_end() -> None:
    def chain(name: str) -> dict[str, Any]:
        return {
            "First": one("AWS::KMS::Alias", AliasName=name, TargetKeyId="1"),
            "Second": one("AWS::Logs::LogGroup", LogGroupName={"Ref": "First"}),
            "Third": one("AWS::Logs::LogStream", LogGroupName={"Ref": "Second"}),
        }

    found = {
        one.logical_id: one for one in compare(system(chain("alias/a")), system(chain("alias/b")))
    }
    assert [found[name].replacement for name in ("First", "Second", "Third")] == ["yes"] * 3
    assert "Outer/Inner/First is replaced" in found["Second"].properties[0].reason


def test_another_type_under_the_same_id_is_another_resource() -> None:
    before, after = {"It": one(QUEUE)}, {"It": one("AWS::SNS::Topic")}
    actions = [change.action for change in compare(system(before), system(after))]
    assert sorted(actions) == ["add", "remove"]


def test_all_that_is_in_a_nested_stack_goes_with_it() -> None:
    (change,) = compare(system({"Work": one(QUEUE, "Retain")}), system({}))
    assert (change.path, change.action) == ("Outer/Inner/Work", "remove")
    assert change.deletion_policy == "Retain"


def test_the_default_deletion_policy_of_a_database_is_a_snapshot() -> None:
    (change,) = compare(None, system({"Db": one("AWS::RDS::DBInstance")}))
    assert (change.deletion_policy, change.update_replace_policy) == ("Snapshot", "Delete")


@pytest.mark.parametrize("name", ["MultiAZ", "BackupRetentionPeriod"])
def test_what_the_documentation_calls_an_update_in_place_replaces_no_database(name: str) -> None:
    kind = "AWS::RDS::DBInstance"
    change = only({"Db": one(kind, **{name: 1})}, {"Db": one(kind, **{name: 2})})
    assert change.replacement == "no"


def test_a_conditional_property_may_replace() -> None:
    kind = "AWS::RDS::DBInstance"
    change = only({"Db": one(kind, Engine="mysql")}, {"Db": one(kind, Engine="postgres")})
    assert change.replacement == "maybe"


def test_differences_of_objects_are_found_at_any_depth_and_lists_are_whole() -> None:
    before = {"A": {"B": 1, "C": [1, 2]}, "D": "same"}
    after = {"A": {"B": 2, "C": [1]}, "D": "same", "E": True}
    assert list(differences(before, after)) == [
        ("A.B", 1, 2),
        ("A.C", [1, 2], [1]),
        ("E", None, True),
    ]
