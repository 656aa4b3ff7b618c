"""The files that other clients want: relative trees and Git sync's deployment files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackyard.aws.template_text import parsed
from stackyard.environments import environments
from stackyard.errors import BuildError
from stackyard.roads.git_sync import deployment_file
from stackyard.roads.relative import relative, write
from tests.support import ROOT

FILES = sorted(ROOT.glob("dist/params/*/*.deployment.yaml"))
ARCHIVE = {"Fn::Sub": "${TemplatePrefix}functions/job.zip"}
PASSED = {"TemplateBucket": {"Ref": "TemplateBucket"}, "Size": "1"}


def function(code: Any) -> dict[str, Any]:
    code_of = {"Type": "AWS::Lambda::Function", "Properties": {"Code": code}}
    return {"Parameters": {"TemplateBucket": {}, "TemplatePrefix": {}}, "Resources": {"F": code_of}}


def parent() -> dict[str, Any]:
    url = {"Fn::Sub": "https://${TemplateBucket}.s3/${TemplatePrefix}components/job.yaml"}
    properties = {"TemplateURL": url, "Parameters": PASSED}
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
    return {"Parameters": {"TemplateBucket": {}, "Size": {}}, "Resources": {"Job": stack}}


def test_what_is_nested_and_what_is_run_are_relative_paths() -> None:
    child = relative(function({"S3Bucket": {"Ref": "TemplateBucket"}, "S3Key": ARCHIVE}), {})
    made = relative(parent(), {"components/job.yaml": child})
    assert child["Resources"]["F"]["Properties"] == {"Code": "../functions/job.zip"}
    assert child["Parameters"] == {}
    nested = made["Resources"]["Job"]["Properties"]
    assert nested == {"TemplateURL": "../components/job.yaml", "Parameters": {"Size": "1"}}
    assert list(made["Parameters"]) == ["Size"]


def test_code_that_may_come_from_elsewhere_keeps_its_bucket() -> None:
    ours = {"S3Bucket": {"Ref": "TemplateBucket"}, "S3Key": ARCHIVE}
    child = relative(function({"Fn::If": ["HasOwn", {"S3Bucket": "b", "S3Key": "k"}, ours]}), {})
    made = relative(parent(), {"components/job.yaml": child})
    assert list(child["Parameters"]) == ["TemplateBucket", "TemplatePrefix"]
    assert made["Resources"]["Job"]["Properties"]["Parameters"] == PASSED
    assert list(made["Parameters"]) == ["TemplateBucket", "Size"]


def test_every_path_of_the_tree_leads_somewhere(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for path in write(ROOT / "dist", target):
        for resource in parsed((target / path).read_text())["Resources"].values():
            properties = resource.get("Properties", {})
            for value in (properties.get("TemplateURL"), properties.get("Code")):
                if isinstance(value, str):
                    assert (target / path).parent.joinpath(value).is_file(), f"{path}: {value}"


def test_a_folder_with_something_in_it_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(BuildError, match="is there already; name a new folder"):
        write(ROOT / "dist", tmp_path)


def test_every_environment_has_a_deployment_file() -> None:
    written = {(path.parent.name, path.name.partition(".")[0]) for path in FILES}
    assert written == {
        (blueprint.name, environment)
        for blueprint in (ROOT / "params").iterdir()
        if blueprint.is_dir()
        for environment in environments(ROOT / "params", blueprint.name)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_deployment_file_says_what_the_other_files_say(path: Path) -> None:
    written = yaml.safe_load(path.read_text())
    config = json.loads(Path(str(path).replace(".deployment.yaml", ".config.json")).read_text())
    assert (ROOT / written["template-file-path"]).is_file()
    assert written["parameters"] == config["Parameters"]
    assert written["tags"] == config.get("Tags", {})


@pytest.mark.parametrize("text", ["no", "1e5", "0123", "", "a: b", "#", "é", "2026-01-31", "~"])
def test_every_value_is_text_to_every_reader(text: str) -> None:
    written = deployment_file("t.yaml", {"A": text}, {})
    assert yaml.safe_load(written) == {
        "template-file-path": "t.yaml",
        "parameters": {"A": text},
        "tags": {},
    }
    assert written.isascii()
    assert f'"A": {json.dumps(text)}' in written
