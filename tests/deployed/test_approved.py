"""Approved plans: executed exactly, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy import approved
from stackyard.deploy.apply import carry_out
from stackyard.errors import DataLossError, DeployError
from tests.deployed.gated import asked, change_sets, nested_twice, prepared
from tests.deployed.small import outcome, run, written


def plan(account: Account, dist: Path, file: Path, **values: str) -> None:
    approved.write(file, account, prepared(account, asked(account, dist, **values)))


def test_the_approved_change_set_itself_is_executed(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    run(account, dist)
    file = tmp_path / "plan.json"
    plan(account, dist, file, Visibility="45")
    wanted = asked(account, dist, Visibility="45")
    made = approved.prepare(account, wanted, approved.read(file))
    assert made.change_set.id == approved.read(file).change_set_id
    assert [one.path for one in made.preview.changes] == ["Jobs/WorkQueue"]
    assert outcome(list(carry_out(account, made))).result == "updated"
    assert change_sets(account) == []


def test_a_plan_for_a_new_stack_can_be_approved_too(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    plan(account, dist, file)
    made = approved.prepare(account, asked(account, dist), approved.read(file))
    assert outcome(list(carry_out(account, made))).result == "created"


def test_a_plan_is_refused_when_the_stack_has_moved(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    run(account, dist)
    file = tmp_path / "plan.json"
    plan(account, dist, file, Visibility="45")
    run(account, dist, Visibility="60")
    with pytest.raises(DeployError, match=r"the stack has moved since the plan .*; plan again"):
        approved.prepare(account, asked(account, dist, Visibility="45"), approved.read(file))


def test_a_plan_is_refused_when_parameters_have_moved(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    run(account, dist)
    file = tmp_path / "plan.json"
    plan(account, dist, file, Visibility="45")
    with pytest.raises(DeployError, match="parameter Visibility changed since the plan"):
        approved.prepare(account, asked(account, dist, Visibility="50"), approved.read(file))


def test_a_plan_is_refused_when_the_templates_have_moved(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    run(account, dist)
    file = tmp_path / "plan.json"
    plan(account, dist, file, Visibility="45")
    newer = written(tmp_path / "newer", "a" * 16)
    with pytest.raises(DeployError, match="the templates changed since the plan"):
        approved.prepare(account, asked(account, newer, Visibility="45"), approved.read(file))


def test_a_plan_of_another_account_is_refused(account: Account, dist: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan(account, dist, file)
    other = replace(approved.read(file), account="9" * 12)
    with pytest.raises(DeployError, match="the account changed"):
        approved.prepare(account, asked(account, dist), other)


def test_a_plan_whose_change_set_is_gone_is_refused(
    account: Account, dist: Path, tmp_path: Path
) -> None:
    run(account, dist)
    file = tmp_path / "plan.json"
    plan(account, dist, file, Visibility="45")
    (name,) = change_sets(account)
    client = account.client("cloudformation")
    client.delete_change_set(ChangeSetName=name, StackName="worker-dev")
    with pytest.raises(DeployError, match="the approved change set is gone; plan again"):
        approved.prepare(account, asked(account, dist, Visibility="45"), approved.read(file))


def test_an_approved_plan_passes_the_gate_only_with_its_losses_named_and_is_kept(
    account: Account, tmp_path: Path
) -> None:
    bucket = {"Data": {"Type": "AWS::S3::Bucket"}}
    full = written(tmp_path / "full", "0" * 16, **nested_twice(bucket))
    bare = written(tmp_path / "bare", "1" * 16, **nested_twice({}))
    run(account, full)
    file = tmp_path / "plan.json"
    plan(account, bare, file)
    made = approved.prepare(account, asked(account, bare), approved.read(file))
    with pytest.raises(DataLossError):
        list(carry_out(account, made))
    assert len(change_sets(account)) == 1
    wanted = asked(account, bare, "Outer/Inner/Data")
    made = approved.prepare(account, wanted, approved.read(file))
    assert outcome(list(carry_out(account, made))).result == "updated"


def test_what_is_no_plan_says_so(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("{}")
    with pytest.raises(DeployError, match=r"plan\.json: is no plan .*make one with plan --out"):
        approved.read(tmp_path / "plan.json")


def test_a_stack_that_is_gone_is_refused(account: Account, dist: Path, tmp_path: Path) -> None:
    run(account, dist)
    file = tmp_path / "plan.json"
    plan(account, dist, file, Visibility="45")
    account.client("cloudformation").delete_stack(StackName="worker-dev")
    wanted = asked(account, dist, Visibility="45")
    with pytest.raises(DeployError, match="plan again"):
        approved.prepare(account, wanted, approved.read(file))
    assert cloudformation.describe(account, "worker-dev") is None
