"""Where an environment is deployed, and what keeps it from being deployed elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.config import Config, Place
from stackyard.deploy import target
from stackyard.documents import Place as Line
from stackyard.environments import ParameterSet
from stackyard.errors import BuildError, DeployError

NUMBER = "111111111111"
OUTPUTS = {"ArtifactBucket": "artifacts", "ExecutionRoleArn": "arn:role", "LockTable": "locks"}
NOTHING = {"region": "", "profile": "", "bucket": ""}


def environment(**parameters: str) -> ParameterSet:
    fields = {name: None for name in ParameterSet._fields}
    given: dict[str, Any] = {
        **fields,
        "blueprint": "shop",
        "environment": "dev",
        "regions": ("eu-central-1", "us-east-1"),
        "parameters": parameters,
        "locations": {name: Line("params/shop/dev.yaml", 7, 3) for name in parameters},
    }
    return ParameterSet(**given)


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Let credentials be for one account, which is bootstrapped."""
    stack = cloudformation.Stack(
        "id", target.BOOTSTRAP_STACK, "CREATE_COMPLETE", "", OUTPUTS, {}, {}, True
    )
    there: dict[str, Any] = {"stack": stack}
    monkeypatch.setattr(Account, "id", NUMBER)
    monkeypatch.setattr(cloudformation, "describe", lambda *_: there["stack"])
    return there


def config(account: str = NUMBER, region: str = "eu-central-1", **more: str) -> Config:
    return Config("acme", {"dev": Place(account, region, **more)})


def test_everything_comes_from_the_configuration_and_the_bootstrap_stack() -> None:
    found = target.of_environment(environment(), config(profile="acme"), **NOTHING)
    assert (found.account.region, found.account.profile) == ("eu-central-1", "acme")
    assert (found.bucket, found.role_arn, found.lock_table) == ("artifacts", "arn:role", "locks")


def test_another_account_than_the_configured_one_is_refused() -> None:
    with pytest.raises(DeployError, match=f"are for account {NUMBER}, and stackyard.yaml says 2+"):
        target.of_environment(environment(), config("2" * 12), **NOTHING)


def test_a_region_that_the_environment_is_not_checked_for_is_refused() -> None:
    with pytest.raises(BuildError, match="is to be deployed in eu-west-3, and its files are"):
        target.of_environment(environment(), config(region="eu-west-3"), **NOTHING)


def test_options_win_over_the_configuration() -> None:
    given = {"region": "us-east-1", "profile": "mine", "bucket": "other"}
    found = target.of_environment(environment(), config(), **given)
    assert (found.account.region, found.account.profile) == ("us-east-1", "mine")
    assert found.bucket == "other"


def test_a_configured_account_must_be_bootstrapped(aws: dict[str, Any]) -> None:
    aws["stack"] = None
    with pytest.raises(DeployError, match=r"run python build\.py bootstrap"):
        target.of_environment(environment(), config(), **NOTHING)


def test_without_a_configuration_a_bucket_is_enough_and_there_is_no_lock(
    aws: dict[str, Any],
) -> None:
    aws["stack"] = None
    found = target.of_environment(environment(), None, **{**NOTHING, "bucket": "mine"})
    assert (found.account.region, found.bucket, found.lock_table) == ("eu-central-1", "mine", "")
    with found.locked("shop-dev", 0) as lock:
        assert lock is None


@pytest.mark.parametrize(
    "value",
    [
        *("shop.example.com", "example.com", "ops@example.org", "Z0000000EXAMPLE"),
        *("a,www.example.net", "o-exampleorgid", "ou-exam-workloads", "111111111111,210987654320"),
        *("arn:aws:iam::111122223333:role/Admin", "123456789012"),
    ],
)
def test_values_of_the_example_are_refused_with_their_place(value: str) -> None:
    with pytest.raises(BuildError, match=r"dev\.yaml:7:3: Domain is '.*', an example; write your"):
        target.check_placeholders(environment(Domain=value))


@pytest.mark.parametrize(
    "value",
    [
        *("shop.acme.io", "counterexample.com", "Z3AADJGX6KTTL2", ""),
        *("o-a1b2c3d4e5", "ou-a1b2-12345678", "210987654320", "1111111111111"),
    ],
)
def test_values_of_ones_own_pass(value: str) -> None:
    target.check_placeholders(environment(Domain=value))
