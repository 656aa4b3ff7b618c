"""Plans on the embedded account: what they show, and that they leave nothing behind."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackyard.aws import cloudformation, validations
from stackyard.aws.account import Account
from stackyard.deploy import plan as planning
from stackyard.deploy import protect
from stackyard.deploy.apply import deploy
from stackyard.deploy.events import Outcome
from stackyard.deploy.preview import compared
from stackyard.deploy.publish import is_published, publish
from tests.deployed.gated import asked, change_sets, nested_twice, prepared
from tests.deployed.small import DIGEST, NETWORK, QUEUE, run, written

OTHER = "f" * 16


def test_a_plan_shows_nested_resources_with_values_before_and_after(
    account: Account, dist: Path
) -> None:
    run(account, dist)
    made = prepared(account, asked(account, dist, Visibility="45"))
    planning.discard(account, made.change_set, made.operation)
    (change,) = made.preview.changes
    assert change.path == "Jobs/WorkQueue"
    (detail,) = change.properties
    assert (detail.name, detail.before, detail.after) == ("VisibilityTimeout", "30", "45")


def test_an_endpoint_that_does_not_tell_of_nested_stacks_is_noticed(
    account: Account, dist: Path
) -> None:
    made = prepared(account, asked(account, dist))
    planning.discard(account, made.change_set, made.operation)
    assert made.preview.source == "comparison"
    assert len(made.preview.changes) == 6


def test_a_plan_for_a_new_stack_leaves_nothing_behind(account: Account, dist: Path) -> None:
    made = prepared(account, asked(account, dist))
    planning.discard(account, made.change_set, made.operation)
    assert cloudformation.describe(account, "worker-dev") is None


def test_a_plan_for_a_stack_leaves_no_change_set(account: Account, dist: Path) -> None:
    run(account, dist)
    made = prepared(account, asked(account, dist, Visibility="45"))
    planning.discard(account, made.change_set, made.operation)
    assert change_sets(account) == []


def test_what_is_not_published_is_compared_without_asking_cloudformation(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    run(account, dist)
    more = {**NETWORK["Resources"], "Second": {"Type": "AWS::EC2::EIP"}}
    fresh = written(tmp_path / "fresh", OTHER, network={**NETWORK, "Resources": more})
    bucket = publish(account, dist, "root").bucket
    assert is_published(account, dist, "root", bucket)
    assert not is_published(account, fresh, "root", bucket)
    wanted = asked(account, written(tmp_path / "same", "e" * 16)).desired
    stack = cloudformation.describe(account, "worker-dev")
    assert wanted
    assert compared(account, stack, wanted).changes == ()


def test_the_identical_is_known_without_a_change_set(
    account: Account, dist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(account, dist)

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a change set was asked for")

    monkeypatch.setattr(cloudformation, "create_change_set", refused)
    (end,) = deploy(account, asked(account, dist))
    assert isinstance(end, Outcome)
    assert end.result == "unchanged"


@pytest.mark.parametrize("values", [{"Visibility": "45"}, {}])
def test_what_differs_in_a_parameter_or_a_template_is_not_identical(
    account: Account, dist: Path, tmp_path: Path, values: dict[str, str]
) -> None:
    run(account, dist)
    built = dist if values else written(tmp_path / "other", OTHER, queue={**QUEUE, "Outputs": {}})
    stack = cloudformation.describe(account, "worker-dev")
    assert stack
    if values:
        assert not planning.is_identical(stack, asked(account, built, **values))
    else:
        prefix = publish(account, built, "root").prefix
        assert prefix != f"stackyard/{DIGEST}/"


def test_stack_policies_are_set_in_every_stack_that_holds_data_and_taken_off_again(
    account: Account, dist: Path
) -> None:
    run(account, dist)
    wanted = asked(account, dist).desired
    stack = cloudformation.describe(account, "worker-dev")
    assert wanted
    assert stack
    (jobs,) = [
        one.physical_id
        for one in cloudformation.resources(account, stack.id)
        if one.logical_id == "Jobs"
    ]
    protect.apply(account, stack.id, protect.policies(wanted))
    for stack_id, guarded in ((stack.id, "Jobs"), (jobs, "WorkQueue")):
        policy = validations.stack_policy(account, stack_id)
        assert policy
        assert policy["Statement"][1]["Resource"] == [f"LogicalResourceId/{guarded}"]
    protect.apply(account, stack.id, {})
    assert validations.stack_policy(account, jobs) == protect.OPEN


def test_an_endpoint_that_validates_no_change_set_has_no_findings(
    account: Account, dist: Path
) -> None:
    made = prepared(account, asked(account, dist))
    assert made.preview.validations == ()
    planning.discard(account, made.change_set, made.operation)


def test_a_plan_says_what_a_stack_policy_refuses(account: Account, tmp_path: Path) -> None:
    bucket = {"Data": {"Type": "AWS::S3::Bucket"}}
    named = {"Data": {**bucket["Data"], "Properties": {"BucketName": "another-name"}}}
    built = {
        digest: written(tmp_path / digest, digest, **nested_twice(resources))
        for digest, resources in (("1" * 16, bucket), ("2" * 16, named), ("3" * 16, {}))
    }
    first, second, third = (asked(account, folder) for folder in built.values())
    list(deploy(account, replace(first, termination_protection=True)))
    made = prepared(account, second)
    planning.discard(account, made.change_set, made.operation)
    stack = cloudformation.describe(account, "worker-dev")
    assert second.desired
    assert third.desired
    replacing = "a stack policy refuses Update:Replace of Outer/Inner/Data; deploy lifts its own"
    for preview in (made.preview, compared(account, stack, second.desired)):
        assert any(note.startswith(replacing) for note in preview.notes)
    (gone,) = compared(account, stack, third.desired).notes
    assert "Update:Delete of Outer/Inner/Data, Update:Delete of Outer/Inner;" in gone


def test_a_plan_that_no_stack_policy_refuses_says_nothing_of_them(
    account: Account, dist: Path
) -> None:
    wanted = replace(asked(account, dist), termination_protection=True)
    list(deploy(account, wanted))
    changed = asked(account, dist, Visibility="45")
    made = prepared(account, changed)
    planning.discard(account, made.change_set, made.operation)
    assert not [note for note in made.preview.notes if "policy" in note]
