"""The command line: every command, and every way to get it wrong, answered with one line."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from stackyard import start
from stackyard.cli import app
from stackyard.errors import StackyardError
from tests.projects import build_py, command, small, write
from tests.support import ROOT

README = (ROOT / "README.md").read_text()
Said = Callable[..., tuple[int, str, str]]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command with its name as one types it."""
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from commands(found, (*path, name))
        else:
            yield " ".join((*path, name)), found


COMMANDS = dict(commands(typer.main.get_command(app)))


def taking(*names: str) -> list[str]:
    """Return the commands that take all these parameters."""
    return [
        name
        for name, found in COMMANDS.items()
        if set(names) <= {parameter.name for parameter in found.params}
    ]


def line(name: str, **given: str) -> list[str]:
    """Return a command with the arguments given, and anything for the rest that it requires."""
    arguments = [one for one in COMMANDS[name].params if one.param_type_name == "argument"]
    given = {"other": "dev", **given}  # which diff needs, or an option instead
    needed = [one for one in arguments if one.required or one.name in given]
    return [*name.split(), *(given.get(one.name, "any") for one in needed)]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """Return a function that runs a command in this process: status, output, errors."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["build.py", *words])
        with pytest.raises(SystemExit) as end:
            start.run(str(ROOT))
        return int(end.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small project that is built, linters included."""
    project = small(tmp_path_factory.mktemp("paper"))
    assert build_py(project).returncode == 0
    return project


def refused(project: Path, *words: str, **variables: str) -> tuple[int, str]:
    """Return the status and the one line that a command is refused with."""
    done = build_py(project, *words, **variables)
    (only,) = done.stderr.splitlines()
    return done.returncode, only.removeprefix("error: ")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(said: Said, name: str) -> None:
    status, out, err = said(*name.split(), "--help")
    assert (status, err) == (0, "")
    assert f"Usage: build.py {name}" in out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_speaks_json_and_shows_where_errors_come_from(name: str) -> None:
    options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {"--json", "--verbose"} <= options


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"^\| `{name}[` ]", README, re.MULTILINE), f"README: no row on {name}"


def test_every_exit_status_is_in_the_readme() -> None:
    listed = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)
    assert listed == re.findall(r"\b(\d+):", start.run.__doc__ or "")
    waiting = [StackyardError]
    while waiting:
        error = waiting.pop()
        assert str(error.status) in listed, error.__name__
        waiting += error.__subclasses__()


@pytest.mark.parametrize("name", COMMANDS)
def test_an_unknown_option_is_one_line(said: Said, name: str) -> None:
    status, out, err = said(*name.split(), "--colour")
    assert (status, out) == (2, "")
    assert err.startswith(f"error: build.py {name}: no such option: --colour")
    assert err.endswith(f"; see build.py {name} --help\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("buidl",), "build.py: no such command 'buidl'. Did you mean 'build'?; see"),
        (("--colour",), "build.py: no such option: --colour; see"),
        (("--check", "--colour"), "build.py build: no such option: --colour; see"),
        (("build", "a", "b", "c"), "build.py build: got unexpected extra argument"),
        (("show",), "build.py show: missing argument"),
        (("local",), "build.py local: missing command; see"),
        (("local", "start", "--port", "99999"), "build.py local start: invalid value for '--port'"),
        (("local", "start", "--port", "http"), "build.py local start: invalid value for '--port'"),
        (("deploy", "pyshop", "dev", "--ephemeral"), "deploy: --ephemeral is about the embedded"),
        (("deploy", "pyshop", "dev", "--port", "1"), "deploy: --port is about the embedded"),
    ],
)
def test_a_wrong_command_line_is_one_line(said: Said, words: tuple[str, ...], message: str) -> None:
    status, out, err = said(*words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", taking("blueprint", "environment"))
def test_an_unknown_blueprint_is_one_line_with_the_nearest(said: Said, name: str) -> None:
    status, out, err = said(*line(name, blueprint="pyhsop", environment="dev"))
    assert (status, out) == (1, "")
    assert "no blueprint 'pyhsop'; did you mean 'pyshop'? known: " in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", taking("blueprint", "environment"))
def test_an_unknown_environment_is_one_line_with_the_nearest(said: Said, name: str) -> None:
    status, out, err = said(*line(name, blueprint="pyshop", environment="prodution"))
    assert (status, out) == (1, "")
    assert "no environment 'prodution'; did you mean 'production'? known: dev, " in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", taking("blueprint", "environment", "region"))
def test_an_unknown_region_is_one_line_with_the_nearest(said: Said, name: str) -> None:
    words = line(name, blueprint="pyshop", environment="dev")
    status, out, err = said(*words, "--region", "eu-west1")
    assert (status, out) == (2, "")
    assert "'--region': no region 'eu-west1'; did you mean 'eu-west-1'?" in err
    assert err.count("\n") == 1


def test_the_flags_that_bypass_typer_are_those_that_it_declares() -> None:
    declared = [parameter for parameter in COMMANDS["build"].params if parameter.opts[0][0] == "-"]
    assert sorted(start.FLAGS) == sorted(parameter.opts[0] for parameter in declared)


def test_show_prints_the_resources_of_every_nested_stack(said: Said) -> None:
    status, out, _ = said("show", "pyshop", "dev", "--type", "natgateway")
    assert status == 0
    assert "pyshop dev in us-east-1 (1 resources)" in out
    assert "NatGatewayA AWS::EC2::NatGateway" in out


def test_show_speaks_json(said: Said) -> None:
    status, out, _ = said("show", "pyshop", "dev", "--type", "RDS::DBInstance", "--json")
    (database,) = json.loads(out)
    assert status == 0
    assert database["properties"]["DBInstanceClass"] == "db.t4g.micro"


def test_without_credentials_nothing_is_deployed(
    paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    nowhere = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
    given = {"AWS_EC2_METADATA_DISABLED": "true", **dict.fromkeys(nowhere, os.devnull)}
    status, error = refused(paper, "deploy", "paper", "dev", "--bucket", "templates", **given)
    assert status == 3
    assert "no usable AWS credentials" in error
    assert error.endswith("log in again or set AWS_PROFILE")


@pytest.mark.parametrize(
    "words", [("local", "start"), ("deploy", "paper", "dev", "--local", "--ephemeral")]
)
def test_a_port_in_use_is_one_line(paper: Path, words: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, error = refused(paper, *words, "--port", port)
    assert status == 3
    assert error.startswith(f"local account: port {port} on 127.0.0.1 cannot be used")


@pytest.fixture
def deployed(paper: Path) -> Iterator[Path]:
    """Return a project that is deployed to its embedded account."""
    done = build_py(paper, "deploy", "paper", "dev", "--local")
    assert done.returncode == 0, done.stderr
    yield paper
    build_py(paper, "local", "stop")


def test_what_destroys_needs_a_yes_from_somebody(deployed: Path) -> None:
    dev = ("paper", "dev", "--local")
    status, error = refused(deployed, "destroy", *dev)
    assert status == 3
    assert error.endswith("nobody is here to answer; add --yes")
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    answered = build_py(deployed, "destroy", *dev, stdin=theirs)
    for end in (ours, theirs):
        os.close(end)
    assert (answered.returncode, answered.stderr) == (130, "interrupted\n")
    assert "no changes" in build_py(deployed, "deploy", *dev).stdout


def running(project: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*words),
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        # whoever runs these tests in the background has it ignored, and children inherit that
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.parametrize(
    "words",
    [
        ("build",),
        ("build", "--check"),
        ("--help",),
        ("show", "paper", "dev"),
        ("show", "paper", "dev", "--json"),
        ("deploy", "paper", "dev", "--local", "--ephemeral"),
    ],
)
def test_a_reader_who_has_gone_ends_the_command_quietly(
    paper: Path, words: tuple[str, ...]
) -> None:
    with running(paper, *words) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, "")


@pytest.mark.parametrize("words", [("build",), ("show", "paper", "dev")])
def test_an_interrupted_command_says_so_and_leaves_everything_as_it_was(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    project = small(tmp_path)
    component = "templates_src/components/topic.py"
    slow = (
        (project / component)
        .read_text()
        .replace(
            "    return Outputs",
            "    print('here', flush=True)\n    time.sleep(60)\n    return Outputs",
        )
    )
    write(project, component, slow.replace("from troposphere", "import time\n\nfrom troposphere"))
    with running(project, *words) as process:
        assert process.stdout
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate()
    assert (process.returncode, out, errors) == (130, "", "interrupted\n")
    assert not (project / "dist").exists()
