from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from troposphere import Template
from troposphere.logs import LogGroup

from templates_src.contract import plain
from templates_src.parts.containers import PLACEHOLDER_SCRIPT, collector

HTTPD = '#!/bin/sh\necho "$@" > "$(dirname "$0")/arguments"\n'


def run_placeholder(folder: Path, health_path: str) -> tuple[Path, str]:
    """Run the script below *folder* with a server that only notes its arguments; return both."""
    root = folder / "www"
    server = folder / "httpd"
    server.write_text(HTTPD)
    server.chmod(0o755)
    script = PLACEHOLDER_SCRIPT.replace("/www", str(root))
    script = script.replace("${HealthCheckPath}", health_path).replace("${ContainerPort}", "8000")
    subprocess.run(["sh", "-c", script], env={"PATH": f"{folder}:/usr/bin:/bin"}, check=True)
    return root, (folder / "arguments").read_text().strip()


@pytest.mark.parametrize(
    ("health_path", "file"),
    [("/healthz", "healthz"), ("/api/v1/health", "api/v1/health"), ("/", "index.html")],
)
def test_placeholder_serves_the_health_check_path(
    tmp_path: Path, health_path: str, file: str
) -> None:
    root, arguments = run_placeholder(tmp_path, health_path)
    assert (root / file).is_file()
    assert arguments == f"-f -p 8000 -h {root}"


def test_collector_takes_both_kinds_of_traces_from_this_task_only() -> None:
    container = plain(collector(LogGroup("Logs", template=Template())))
    configuration = json.loads(container["Environment"][0]["Value"])
    (pipeline,) = configuration["service"]["pipelines"].values()
    assert pipeline["receivers"] == ["otlp", "awsxray"]
    assert pipeline["exporters"] == ["awsxray"]
    assert "0.0.0.0" not in container["Environment"][0]["Value"]


def test_task_survives_its_collector() -> None:
    assert plain(collector(LogGroup("Logs", template=Template())))["Essential"] is False
