"""Parameter files have the form that the clients of AWS take, shown by the real AWS CLI."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from stackyard.environments import ParameterSet
from stackyard.parameter_files import parameter_files

BODY: dict[str, Any] = {
    "Parameters": {
        "TemplateBucket": {"Type": "String"},
        "TemplatePrefix": {"Type": "String", "Default": "stackyard/1/"},
        "Zones": {"Type": "CommaDelimitedList"},
        "Formula": {"Type": "String"},
        "Empty": {"Type": "String", "Default": "x"},
    },
    "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
}
GIVEN = {"Zones": "a,b", "Formula": "a=b c/é", "Empty": ""}
SET = ParameterSet("shop", "dev", "shop-dev", ("us-east-1",), {"project": "shop"}, False, GIVEN, {})


def test_the_three_forms_hold_the_same_values_in_the_same_order() -> None:
    files = parameter_files(SET)
    listed = json.loads(files["json"])
    assert [(item["ParameterKey"], item["ParameterValue"]) for item in listed] == [*GIVEN.items()]
    assert json.loads(files["overrides.json"]) == ["Zones=a,b", "Formula=a=b c/é", "Empty="]
    config = json.loads(files["config.json"])
    assert list(config["Parameters"].items()) == [*GIVEN.items()]
    assert config["Tags"] == {"project": "shop"}


def test_a_stack_policy_is_stated_only_if_there_is_one() -> None:
    policy = {"Statement": [{"Effect": "Deny", "Action": "Update:Delete", "Resource": "*"}]}
    assert "StackPolicy" not in json.loads(parameter_files(SET)["config.json"])
    assert json.loads(parameter_files(SET, None, policy)["config.json"])["StackPolicy"] == policy


def test_with_the_template_its_defaults_are_stated_and_the_bucket_is_not_invented() -> None:
    values = json.loads(parameter_files(SET, BODY)["config.json"])["Parameters"]
    assert list(values) == ["TemplatePrefix", "Zones", "Formula", "Empty"]
    assert values["TemplatePrefix"] == "stackyard/1/"
    assert values["Empty"] == ""


def test_the_text_is_ascii_and_ends_with_a_newline() -> None:
    for text in parameter_files(SET).values():
        assert text.isascii()
        assert text.endswith("\n")


class Endpoint(HTTPServer):
    """CloudFormation as far as the AWS CLI needs it before it has sent the parameters."""

    stack_exists = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.calls: list[dict[str, str]] = []


class Answer(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        """Note the call; know the stack or not, and refuse everything else."""
        length = int(self.headers["Content-Length"])
        call = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        self.server.calls.append(call)
        known = self.server.stack_exists and call["Action"] in FOUND
        self.send_response(200 if known else 400)
        self.end_headers()
        self.wfile.write((FOUND[call["Action"]] if known else REFUSED).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


FOUND = {
    "DescribeStacks": """<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
<StackName>shop-dev</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
<CreationTime>2026-01-01T00:00:00Z</CreationTime>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>""",
    "GetTemplateSummary": """<GetTemplateSummaryResponse><GetTemplateSummaryResult><Parameters>
<member><ParameterKey>TemplateBucket</ParameterKey></member>
<member><ParameterKey>TemplatePrefix</ParameterKey></member>
</Parameters></GetTemplateSummaryResult></GetTemplateSummaryResponse>""",
}
REFUSED = """<ErrorResponse><Error><Code>ValidationError</Code>
<Message>Stack with id shop-dev does not exist</Message></Error></ErrorResponse>"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run_aws(endpoint: Endpoint, folder: Path, *arguments: str) -> dict[str, str]:
    """Run the real client, which takes a second to start; return the last call it made."""
    (folder / "template.json").write_text(json.dumps(BODY))
    for ending, text in parameter_files(SET).items():
        (folder / f"dev.{ending}").write_text(text)
    url = f"http://127.0.0.1:{endpoint.server_port}"
    subprocess.run(
        [
            Path(sys.executable).with_name("aws"),
            "--endpoint-url",
            url,
            "cloudformation",
            *arguments,
        ],
        cwd=folder,
        # an environment of its own: no profile, no proxy, and a locale that is not UTF-8
        env={
            "PATH": os.defpath,
            "HOME": str(folder),
            "LC_ALL": "C",
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
        },
        capture_output=True,
        timeout=60,
        check=False,  # the endpoint refuses the stack: what counts is what was sent
    )
    return endpoint.calls[-1]


def parameters_of(call: dict[str, str]) -> dict[str, str]:
    start = "Parameters.member."
    numbers = [key.split(".")[2] for key in call if key.endswith(".ParameterKey")]
    return {
        call[f"{start}{n}.ParameterKey"]: call.get(f"{start}{n}.ParameterValue", "(previous)")
        for n in numbers
    }


def test_create_stack_of_the_aws_cli_takes_the_list(endpoint: Endpoint, tmp_path: Path) -> None:
    call = run_aws(
        endpoint,
        tmp_path,
        *("create-stack", "--stack-name", "shop-dev"),
        *("--template-body", "file://template.json", "--parameters", "file://dev.json"),
    )
    assert call["Action"] == "CreateStack"
    assert parameters_of(call) == GIVEN


DEPLOY = (
    *("deploy", "--stack-name", "shop-dev", "--template-file", "template.json"),
    *("--parameter-overrides", "file://dev.overrides.json"),
)


def test_deploy_of_the_aws_cli_takes_the_overrides(endpoint: Endpoint, tmp_path: Path) -> None:
    call = run_aws(endpoint, tmp_path, *DEPLOY)
    assert (call["Action"], call["ChangeSetType"]) == ("CreateChangeSet", "CREATE")
    assert parameters_of(call) == GIVEN


def test_an_update_by_deploy_keeps_the_previous_value_of_what_the_file_leaves_out(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    # why ``parameter_files`` can state the defaults: else children of an old release would stay
    endpoint.stack_exists = True
    call = run_aws(endpoint, tmp_path, *DEPLOY)
    assert (call["Action"], call["ChangeSetType"]) == ("CreateChangeSet", "UPDATE")
    left_out = {"TemplateBucket": "(previous)", "TemplatePrefix": "(previous)"}
    assert parameters_of(call) == {**left_out, **GIVEN}
