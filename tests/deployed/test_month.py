"""What the question before a deployment says of its cost."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackyard.aws.account import Account
from stackyard.commands.month import monthly
from stackyard.deploy.apply import deploy
from stackyard.deploy.plan import Request
from tests.deployed.gated import asked, nested_twice
from tests.deployed.small import written

HOURS = "all:\n  hours: 730\n"


def keys(folder: Path, count: int) -> Path:
    """Return a built folder with some keys, a dollar a month each, two nested stacks down."""
    policy = {"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    every = {f"Key{number}": key for number in range(count)}
    return written(folder / str(count), f"{count:016}", **nested_twice(every))


def site(account: Account, wanted: Request, params: Path) -> Any:
    (params / "usage.yaml").write_text(HOURS)
    return SimpleNamespace(
        project=SimpleNamespace(params=params),
        item=SimpleNamespace(blueprint="root", stack_name=wanted.stack_name),
        build=SimpleNamespace(resolve=lambda *_: wanted.desired),
        target=SimpleNamespace(account=account),
    )


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (3, "about $3 a month at prices of us-east-1 (+$2, now $1)"),
        (1, "about $1 a month at prices of us-east-1, as before"),
    ],
)
def test_it_says_what_changes_where_something_is_deployed(
    account: Account, tmp_path: Path, count: int, said: str
) -> None:
    one = asked(account, keys(tmp_path, 1))
    assert monthly(site(account, one, tmp_path)) == ", about $1 a month at prices of us-east-1"
    list(deploy(account, one))
    wanted = asked(account, keys(tmp_path, count))
    assert monthly(site(account, wanted, tmp_path)) == f", {said}"


def test_it_says_what_becomes_cheaper(account: Account, tmp_path: Path) -> None:
    list(deploy(account, asked(account, keys(tmp_path, 3))))
    fewer = site(account, asked(account, keys(tmp_path, 1)), tmp_path)
    assert re.search(r"about \$1 a month .* \(-\$2, now \$3\)$", monthly(fewer))


def test_it_says_only_the_total_where_what_is_there_cannot_be_read(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked(account, keys(tmp_path, 1))
    list(deploy(account, wanted))
    elsewhere = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "x/y.yaml"}}
    strange = {"Resources": {"Elsewhere": elsewhere}}
    monkeypatch.setattr("stackyard.aws.recovery.template", lambda *_: strange)
    assert monthly(site(account, wanted, tmp_path)) == ", about $1 a month at prices of us-east-1"


def test_it_says_nothing_where_no_usage_is_assumed(account: Account, tmp_path: Path) -> None:
    here = site(account, asked(account, keys(tmp_path, 1)), tmp_path)
    (tmp_path / "usage.yaml").unlink()
    assert monthly(here) == ""
