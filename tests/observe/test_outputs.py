"""Outputs for shells, files and machines."""

from __future__ import annotations

import json
import subprocess

import pytest

from stackyard.observe.outputs import formatted, variable

OUTPUTS = {"ApplicationUrl": "http://x/?a=1&b=2", "Note": 'it\'s "5 $HOME"\nlines'}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LoadBalancerUrl", "LOAD_BALANCER_URL"),
        ("DatabaseHost", "DATABASE_HOST"),
        ("VPCId", "VPC_ID"),
        ("Ipv4Address", "IPV4_ADDRESS"),
    ],
)
def test_a_variable_is_the_output_in_capitals(name: str, expected: str) -> None:
    assert variable(name) == expected


def test_a_shell_reads_back_what_was_there() -> None:
    script = f'{formatted(OUTPUTS, "env")}\nprintf %s "$NOTE"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == OUTPUTS["Note"]


def test_a_dotenv_value_is_quoted_and_not_expanded() -> None:
    assert formatted(OUTPUTS, "dotenv").splitlines() == [
        'APPLICATION_URL="http://x/?a=1&b=2"',
        'NOTE="it\'s \\"5 \\$HOME\\"\\nlines"',
    ]


def test_machines_get_json() -> None:
    assert json.loads(formatted(OUTPUTS, "json")) == OUTPUTS
