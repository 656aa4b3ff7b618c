"""``config/<env>.env`` of a system that is deployed, with every secret that it has made."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.observe.outputs import environment_file, write
from stackyard.project import Project
from tests.deployed.systems import built

SHORTEST_SECRET = 6


def secrets(account: Account) -> set[str]:
    """Return the values of all secrets, and of what is in those that are JSON."""
    client = account.client("secretsmanager")
    texts = set()
    for page in client.get_paginator("list_secrets").paginate():
        for one in page["SecretList"]:
            text = client.get_secret_value(SecretId=one["ARN"])["SecretString"]
            texts.add(text)
            if text.startswith("{"):
                inside = json.loads(text)
                texts.update(str(inside[key]) for key in inside if key in ("password", "url"))
    return {text for text in texts if len(text) >= SHORTEST_SECRET}


def test_it_has_parameters_and_outputs_and_no_secret(
    project: Project, account: Account, tmp_path: Path
) -> None:
    system = built(project, "chronotrail")
    end = system.brought(account, "dev")
    stack = cloudformation.describe(account, system.sets["dev"].stack_name)
    assert stack is not None
    path = tmp_path / "config" / "dev.env"
    write(path, environment_file("a test", stack.parameters, stack.outputs))
    script = 'set -a; . "$0"; printf "%s\\n" "$DATABASE_HOST" "$CPU" "$CONNECTION_SECRET_ARN"'
    done = subprocess.run(
        ["sh", "-c", script, str(path)], capture_output=True, text=True, check=True, env=os.environ
    )
    outputs = end.outputs
    expected = [outputs["DatabaseHost"], "256", outputs["ConnectionSecretArn"]]
    assert done.stdout.splitlines() == expected
    found = secrets(account)
    assert len(found) > 2
    text = path.read_text()
    assert not [one for one in found if one in text]
    assert "TEMPLATE_BUCKET" not in text
