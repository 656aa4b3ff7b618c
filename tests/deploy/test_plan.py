"""Change sets of AWS, from recorded rows, and how a plan is shown."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard import view_plan
from stackyard.aws import validations
from stackyard.aws.cloudformation import STACK, Change
from stackyard.aws.errors import AwsError
from stackyard.deploy.changes import PropertyChange, ResourceChange
from stackyard.deploy.gate import Loss
from stackyard.deploy.preview import Preview, _merged, _tells_nested
from stackyard.deploy.protect import policies
from tests.deploy.systems import one, system


def row(path: tuple[str, ...], logical_id: str, kind: str, **more: Any) -> Change:
    given = {"action": "Modify", "physical_id": "", "replacement": "", "policy_action": ""}
    return Change(path=path, logical_id=logical_id, type=kind, **{**given, "details": [], **more})


DETAIL = {
    "Target": {
        "Attribute": "Properties",
        "Name": "DBName",
        "RequiresRecreation": "Always",
        "Path": "/Properties/DBName",
        "BeforeValue": "a",
        "AfterValue": "b",
    },
    "ChangeSource": "DirectModification",
    "Evaluation": "Static",
}
DATABASE = "AWS::RDS::DBInstance"


def test_values_before_and_after_and_the_reason_come_from_aws() -> None:
    rows = [
        row((), "Outer", STACK, replacement="False"),
        row(("Outer",), "Db", DATABASE, replacement="True", details=[DETAIL],
            policy_action="ReplaceAndSnapshot"),
    ]  # fmt: skip
    (change,) = _merged(rows, None)
    assert (change.path, change.replacement) == ("Outer/Db", "yes")
    assert change.update_replace_policy == "Snapshot"
    (detail,) = change.properties
    assert (detail.name, detail.before, detail.after) == ("DBName", "a", "b")
    assert detail.reason == "AWS: Always recreates"


def test_a_change_set_without_rows_of_nested_stacks_is_recognised() -> None:
    flat = [row((), "Outer", STACK)]
    assert not _tells_nested(flat)
    assert _tells_nested([*flat, row(("Outer",), "Db", DATABASE)])
    assert _tells_nested([row((), "Work", "AWS::SQS::Queue")])


def test_what_aws_calls_conditional_is_decided_by_the_resolved_models() -> None:
    rows = [row(("Outer",), "Db", DATABASE, replacement="Conditional", details=[DETAIL])]
    (undecided,) = _merged(rows, None)
    (decided,) = _merged(rows, Preview((), "comparison"))
    assert (undecided.replacement, decided.replacement) == ("maybe", "no")


def test_what_is_in_a_nested_stack_that_goes_is_listed() -> None:
    rows = [row((), "Outer", STACK, action="Remove", policy_action="Delete")]
    gone = ResourceChange("Outer/Inner/Db", DATABASE, "remove")
    kept = ResourceChange("Other/Db", DATABASE, "remove")
    assert list(_merged(rows, Preview((gone, kept), "comparison"))) == [gone]


def test_a_stack_policy_guards_data_and_the_nested_stacks_around_it() -> None:
    found = policies(system({"Db": one(DATABASE), "Topic": one("AWS::SNS::Topic")}))
    denied = {path: policy["Statement"][1]["Resource"] for path, policy in found.items()}
    assert denied == {
        "": ["LogicalResourceId/Outer"],
        "Outer": ["LogicalResourceId/Inner"],
        "Outer/Inner": ["LogicalResourceId/Db"],
    }


def test_a_stack_policy_lets_go_what_the_person_has_named() -> None:
    found = policies(system({"Db": one(DATABASE)}), ["Outer/Inner/Db"])
    assert found == {}


def test_a_system_without_data_needs_no_stack_policy() -> None:
    assert policies(system({"Topic": one("AWS::SNS::Topic")})) == {}


class Recorded:
    """An account whose CloudFormation answers from rows, or does not know the operation."""

    def __init__(self, *rows: dict[str, Any], code: str = "") -> None:
        self.rows, self.code = rows, code

    def client(self, *_: str) -> Recorded:
        return self

    def get_paginator(self, _: str) -> Recorded:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        if self.code:
            raise AwsError("us-east-1", self.code, "no", "DescribeEvents")
        return [{"OperationEvents": self.rows}]


FINDING = {
    "EventType": "VALIDATION_ERROR",
    "StackId": "arn:aws:cloudformation:us-east-1:1:stack/shop-dev/1",
    "LogicalResourceId": "Data",
    "ValidationName": "NAME_CONFLICT_VALIDATION",
    "ValidationFailureMode": "FAIL",
    "ValidationStatusReason": "Bucket shop exists already.",
    "ValidationPath": "/Resources/Data",
}


def test_findings_of_early_validation_say_where_and_why() -> None:
    account: Any = Recorded(FINDING, {"EventType": "PROGRESS_EVENT"})
    found = validations.of_change_set(account, "arn:aws:x:y:1:changeSet/one/1")
    assert [str(one) for one in found or ()] == [
        "shop-dev/Data/Resources/Data: Bucket shop exists already (NAME_CONFLICT_VALIDATION)"
    ]


def test_an_endpoint_without_early_validation_is_no_error() -> None:
    account: Any = Recorded(code="InvalidAction")
    assert validations.of_change_set(account, "one") is None


def test_another_refusal_is_one() -> None:
    account: Any = Recorded(code="AccessDenied")
    with pytest.raises(AwsError):
        validations.of_change_set(account, "one")


@pytest.fixture
def preview() -> Preview:
    replaced = ResourceChange(
        "Data/Db",
        DATABASE,
        "modify",
        "yes",
        (PropertyChange("DBName", "a", "b", "yes", "create-only by provider schema"),),
    )
    added = ResourceChange("Jobs/Work", "AWS::SQS::Queue", "add")
    lost = Loss("Data/Db", DATABASE, "is replaced because of DBName: databases is deleted with it")
    return Preview((replaced, added), "comparison", ("a note",), (), (lost,))


def test_the_tree_shows_what_happens_why_and_what_is_lost(
    preview: Preview, capsys: pytest.CaptureFixture[str]
) -> None:
    view_plan.show(preview, "shop-dev")
    shown = capsys.readouterr().out
    assert "shop-dev: 1 to add, 1 to modify, 1 replaced (as the resolved templates" in shown
    assert "> Db AWS::RDS::DBInstance (replaced: DBName (create-only by provider schema);" in shown
    assert "stateful: databases" in shown
    assert "DBName: a -> b" in shown
    assert "+ Work AWS::SQS::Queue" in shown
    assert "data loss: Data/Db" in shown
    assert "a note" in shown


def test_markdown_folds_the_stacks_and_leads_with_the_losses(preview: Preview) -> None:
    text = view_plan.markdown(preview, "shop-dev")
    assert text.index("Data would be lost") < text.index("<details>")
    assert "! > Db AWS::RDS::DBInstance" in text
    assert text.count("<details>") == text.count("</details>") == 2


def test_nothing_to_do_is_said_so() -> None:
    assert view_plan.summary(Preview((), "change set")) == "no changes"
