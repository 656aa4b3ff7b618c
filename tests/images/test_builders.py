"""The builders' command lines, and what never stands in them."""

from __future__ import annotations

import base64
import json
import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stackyard.errors import DeployError
from stackyard.images import builders
from stackyard.images.registry import Repository
from stackyard.images.source import Source
from tests.images.programs import Programs
from tests.observe.fakes import Fake, refused

URI = "111111111111.dkr.ecr.eu-central-1.amazonaws.com/shop"
TOKEN = base64.b64encode(b"AWS:the-password").decode()
ECR = {"ecr.get_authorization_token": {"authorizationData": [{"authorizationToken": TOKEN}]}}
SOURCE = Source("../app/Dockerfile", "../app")


def pushed(root: Path) -> list[str]:
    """Build with the one builder there is and push to ECR as it is on AWS."""
    repository = Repository(Fake(ECR).account, URI)
    return list(repository.pushed(builders.find(), root, SOURCE, "linux/arm64", "t1"))


@pytest.mark.parametrize("name", builders.NAMES)
def test_each_builder_builds_logs_in_and_pushes(programs: Programs, root: Path, name: str) -> None:
    programs.add(name)
    assert pushed(root) == ["step 1"]
    build, login, push = programs.calls()[1:]
    assert {one["program"] for one in (build, login, push)} == {name}
    assert build["argv"][:3] == ["build", "--platform", "linux/arm64"]
    host = URI.partition("/")[0]
    assert login["argv"] == ["login", "--username", "AWS", "--password-stdin", host]
    assert push["argv"] == ["push", f"{URI}:t1"]


def test_the_password_is_on_no_command_line(programs: Programs, root: Path) -> None:
    programs.add("docker")
    pushed(root)
    (login,) = programs.calls("login")
    assert login["stdin"] == "the-password"
    assert "the-password" not in json.dumps([one["argv"] for one in programs.calls()])
    assert "the-password" not in json.dumps(dict(os.environ))


def test_what_login_is_told_is_forgotten(programs: Programs, root: Path) -> None:
    programs.add("podman")
    pushed(root)
    (login,) = programs.calls("login")
    (push,) = programs.calls("push")
    (build,) = programs.calls("build")
    assert login["file"] == push["file"] != ""
    assert not Path(login["file"]).parent.exists()
    assert build["file"] == ""  # whose base images are from the person's own registries


def test_a_registry_that_refuses_is_said_without_the_password(
    programs: Programs, root: Path
) -> None:
    programs.add("podman", "login")
    with pytest.raises(DeployError, match=r"amazonaws.com: podman cannot log in: cannot go on"):
        pushed(root)
    assert programs.calls("push") == []


def test_the_first_that_works_is_taken(programs: Programs) -> None:
    for name in builders.NAMES[1:]:
        programs.add(name)
    assert builders.find().name == "podman"
    programs.add("docker", "version")  # its daemon does not run
    assert builders.find().name == "podman"
    programs.add("docker")
    assert builders.find().name == "docker"


def test_a_program_that_cannot_be_run_is_no_builder(programs: Programs) -> None:
    (programs.folder / "docker").write_text("no program")
    (programs.folder / "docker").chmod(0o755)
    with pytest.raises(DeployError, match=r"docker does not work \(cannot be run: Exec format"):
        builders.find()


def test_whoever_stops_listening_ends_the_builder(programs: Programs, root: Path) -> None:
    script = '#!/bin/sh\n[ "$1" = version ] && exit\necho $$\nexec /bin/sleep 60\n'
    (programs.folder / "docker").write_text(script)
    (programs.folder / "docker").chmod(0o755)
    lines = builders.find().build(root, SOURCE, "linux/arm64", "x:y")
    process = int(next(lines))
    lines.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_an_image_that_is_not_there_has_no_digest() -> None:
    absent = {"ecr.describe_images": refused("ImageNotFoundException")}
    assert Repository(Fake(absent).account, URI).digest("t1") == ""


def test_a_push_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackyard.images.registry.PAUSE_SECONDS", 0)
    there = {"imageDetails": [{"imageDigest": "sha256:1"}]}
    answers = {"ecr.describe_images": [refused("ImageNotFoundException"), there]}
    assert Repository(Fake(answers).account, URI).settled("t1") == "sha256:1"
    never = {"ecr.describe_images": refused("ImageNotFoundException")}
    with pytest.raises(DeployError, match="shop:t1: was pushed, and the repository does not have"):
        Repository(Fake(never).account, URI).settled("t1")


class Registry(BaseHTTPRequestHandler):
    """Lets in who has the password."""

    def do_GET(self) -> None:
        expected = "Basic " + base64.b64encode(b"AWS:the-password").decode()
        known = self.headers.get("Authorization") == expected
        self.send_response(200 if known else 401)
        self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of a registry whose certificate is trusted."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = f"openssl req -x509 -newkey ed25519 -nodes -keyout {key} -out {certificate} -days 2"
    command += " -subj /CN=registry -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(command.split(), check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), Registry) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.skipif(
    not (shutil.which("buildah") and shutil.which("openssl")), reason="needs buildah and openssl"
)
def test_a_real_builder_takes_the_password_and_leaves_it_in_our_file(
    registry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = tmp_path / "storage.conf"
    folders = f'graphroot = "{tmp_path}/images"\nrunroot = "{tmp_path}/run"\n'
    storage.write_text(f'[storage]\ndriver = "vfs"\n{folders}')
    monkeypatch.setenv("CONTAINERS_STORAGE_CONF", str(storage))
    builder = builders.Builder("buildah", str(shutil.which("buildah")))
    credentials = tmp_path / "auth.json"
    builder.log_in(registry, "AWS", "the-password", credentials)
    assert registry in json.loads(credentials.read_text())["auths"]
    with pytest.raises(DeployError, match="buildah cannot log in"):
        builder.log_in(registry, "AWS", "another", credentials)
