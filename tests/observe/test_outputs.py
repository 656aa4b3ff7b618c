"""Outputs for shells, files and machines."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from stackyard.errors import BuildError
from stackyard.observe.outputs import environment_file, formatted, variable, write

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


def test_an_environment_file_has_parameters_and_outputs_and_says_where_they_are_from() -> None:
    given = {"TemplateBucket": "b", "Cpu": "256", "Token": "****", "ApplicationUrl": ""}
    lines = environment_file("From\nhere", given, OUTPUTS).splitlines()
    assert lines[:4] == ["# From", "# here", 'CPU="256"', 'APPLICATION_URL="http://x/?a=1&b=2"']
    assert len(lines) == 5


def test_an_environment_file_is_there_in_one_piece_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "config" / "dev.env"
    write(path, "A=1\n")
    write(path, "A=2\n")
    assert path.read_text() == "A=2\n"
    assert [one.name for one in path.parent.iterdir()] == ["dev.env"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(BuildError, match="folder: cannot be written: is a directory; name another"):
        write(tmp_path / "folder", "A=3\n")
