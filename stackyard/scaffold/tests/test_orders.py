"""What Orders promises, and that it deploys."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from my_platform.blueprints.orders import orders
from my_platform.components.ledger import ledger

ROOT = Path(__file__).parent.parent


def build_py(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "build.py", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_an_order_is_never_lost_with_the_stack() -> None:
    table: Any = ledger.template().to_dict()["Resources"]["Orders"]
    assert table["DeletionPolicy"] == "Retain"


def test_orders_is_made_of_three_nested_stacks() -> None:
    assert set(orders.template().to_dict()["Resources"]) == {"Alerts", "Inbox", "Ledger"}


def test_what_is_committed_is_what_the_sources_give() -> None:
    done = build_py("--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_an_environment_deploys_to_the_embedded_account(environment: str) -> None:
    done = build_py("deploy", "orders", environment, "--local", "--ephemeral", "--json")
    assert done.returncode == 0, done.stderr
    end = json.loads(done.stdout.splitlines()[-1])
    assert {"QueueUrl", "TableName"} <= end["outputs"].keys()
