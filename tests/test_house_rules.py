"""What holds for everything in the library; a new component is covered the moment it exists."""

import ast
import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import loads

from stackyard.emit import yaml_text
from stackyard.library import Library, Rendered
from tests.support import ROOT, every

SOURCES = ROOT / "templates_src"
MODULES = sorted(path for path in SOURCES.rglob("*.py") if "functions" not in path.parts)
# who may import whom: style of the house, from the bottom up
LAYERS = {"contract": 0, "parts": 1, "components": 2, "groups": 3, "blueprints": 4}
# names that AWS gives if we give none; a fixed one would collide and block replacement
NAMES = {
    *(
        "BucketName",
        "ClusterName",
        "DBClusterIdentifier",
        "DBInstanceIdentifier",
        "DBSubnetGroupName",
    ),
    *(
        "FunctionName",
        "KeyName",
        "LogGroupName",
        "ManagedPolicyName",
        "QueueName",
        "RepositoryName",
    ),
    *("RoleName", "ServiceName", "TopicName", "DBParameterGroupName", "GroupName"),
}


def layer(module: str) -> str:
    return module.removeprefix("templates_src.").partition(".")[0]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def resources(rendered: Rendered, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for title, resource in rendered.body["Resources"].items():
        if not types or resource["Type"] in types:
            yield title, resource


def statements(rendered: Rendered) -> Iterator[dict[str, Any]]:
    # the policy of an endpoint and the rules of a firewall grant nothing: they filter
    filters = {"AWS::EC2::VPCEndpoint", "AWS::WAFv2::WebACL"}
    granting = [item for _, item in resources(rendered) if item["Type"] not in filters]
    for listed in every(granting, "Statement"):
        for statement in listed:
            # a statement under a condition is {"Fn::If": [condition, statement, no value]}
            chosen = statement.get("Fn::If", [None, statement])[1]
            yield chosen


def strings(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        for value in data.values():
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)
    elif isinstance(data, str):
        yield data


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_layers_import_only_what_is_below_them(path: Path) -> None:
    own = layer(".".join(path.relative_to(SOURCES.parent).with_suffix("").parts))
    for module in imported(path):
        assert module.partition(".")[0] not in {"boto3", "botocore", "stackyard"}, module
        if module.startswith("templates_src."):
            other = layer(module)
            # a group may build on another of the same blueprint
            peers = own == other and own in ("parts", "groups")
            assert peers or LAYERS[other] < LAYERS[own], f"{own} imports {module}"
            makes_resources = other == "parts" and module.rpartition(".")[2] not in (
                "access",
                "logic",
            )
            nests = own in ("groups", "blueprints")
            assert not (nests and makes_resources), f"{own} imports {module}"


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if p.parent.name in ("components", "blueprints")],
    ids=lambda p: p.stem,
)
def test_module_defines_one_component_of_its_own_name(path: Path) -> None:
    module = importlib.import_module(f"templates_src.{path.parent.name}.{path.stem}")
    assert getattr(module, path.stem).name == path.stem
    assert (ROOT / "tests" / path.parent.name / f"test_{path.stem}.py").exists(), "has no test"


def test_a_cloudformation_reader_gets_back_what_was_built(rendered: Rendered) -> None:
    assert loads(yaml_text(rendered.body)) == rendered.body


def test_parameters_are_documented_for_people(rendered: Rendered) -> None:
    for name, declared in rendered.body.get("Parameters", {}).items():
        assert re.fullmatch(r"[A-Z0-9].*\.", declared["Description"], re.DOTALL), name
        assert not declared.get("NoEcho"), f"{name}: a secret is never a parameter"


def test_every_parameter_has_a_group_and_a_label(rendered: Rendered) -> None:
    interface = rendered.body["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(rendered.body.get("Parameters", {}))
    assert sorted(interface["ParameterLabels"]) == sorted(grouped)


def test_a_condition_has_a_name_of_its_own(rendered: Rendered) -> None:
    others = rendered.body.get("Parameters", {}).keys() | rendered.body["Resources"].keys()
    assert not rendered.body.get("Conditions", {}).keys() & others


def test_values_pass_by_parameters_and_never_by_exports(rendered: Rendered) -> None:
    assert not list(every(rendered.body, "Export"))
    assert not list(every(rendered.body, "Fn::ImportValue"))


def test_a_blueprint_holds_nothing_but_nested_stacks(library: Library) -> None:
    for name in library.blueprints:
        types = {item["Type"] for _, item in resources(library.template(f"blueprints/{name}"))}
        assert types == {"AWS::CloudFormation::Stack"}


def test_roles_take_the_permissions_boundary_and_have_no_name(rendered: Rendered) -> None:
    for title, role in resources(rendered, "AWS::IAM::Role"):
        boundary = role["Properties"]["PermissionsBoundary"]
        assert boundary["Fn::If"][0] == "HasPermissionsBoundary", title
        assert "RoleName" not in role["Properties"], title


def test_physical_names_come_from_parameters_only(rendered: Rendered) -> None:
    for title, resource in resources(rendered):
        if resource["Type"] == "AWS::EC2::VPCEndpoint":
            continue  # its ServiceName is AWS's
        for name in NAMES & resource.get("Properties", {}).keys():
            value = json.dumps(resource["Properties"][name])
            # a log group may be named after what logs to it, which has a generated name itself
            generated = resource["Type"] == "AWS::Logs::LogGroup" and "Fn::Sub" in value
            assert '"Ref"' in value or generated, f"{title}.{name} is fixed: {value}"


def test_stateful_resources_say_what_becomes_of_them(rendered: Rendered) -> None:
    stateful = json.loads(
        (
            Path(importlib.import_module("cfnlint").__file__ or "").parent
            / "data/AdditionalSpecs/StatefulResources.json"
        ).read_text()
    )["ResourceTypes"]
    for title, resource in resources(rendered, *stateful):
        assert {"DeletionPolicy", "UpdateReplacePolicy"} <= resource.keys(), title


def test_no_policy_allows_every_action(rendered: Rendered) -> None:
    for statement in statements(rendered):
        actions = (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
        administers_key = statement.get("Sid") == "AccountAdministers" and actions == ["kms:*"]
        if statement["Effect"] == "Allow" and not administers_key:
            assert not [action for action in actions if action.endswith(":*") or action == "*"]


def test_every_action_exists(rendered: Rendered) -> None:
    for statement in statements(rendered):
        actions = (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
        for action in actions:
            service, _, name = action.partition(":")
            module = {"lambda": "awslambda"}.get(service, service.replace("-", "_"))
            known = {
                value.action
                for value in vars(importlib.import_module(f"awacs.{module}")).values()
                if hasattr(value, "action")
            }
            pattern = re.compile(re.escape(name).replace(r"\*", ".*"))
            assert any(pattern.fullmatch(action) for action in known), action


def test_reason_stands_beside_every_star() -> None:
    for path in MODULES:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r'(?<!`)("\*"|:\*")', line) and "arn:" not in line:
                assert "#" in line, f"{path.name}:{number}: {line.strip()}"


def test_nothing_is_tied_to_one_partition(rendered: Rendered) -> None:
    for text in strings(rendered.body):
        assert "arn:aws:" not in text, text
        # a service principal is the same everywhere; an endpoint is not
        hosts = re.findall(r"[\w.${}:-]*amazonaws\.com(?!\.cn)", text)
        principals = {host for host in hosts if re.fullmatch(r"[\w.-]+\.amazonaws\.com", host)}
        assert set(hosts) == principals, text


def test_alarms_notify_both_ways_and_let_people_choose_the_threshold(rendered: Rendered) -> None:
    for title, alarm in resources(rendered, "AWS::CloudWatch::Alarm"):
        properties = alarm["Properties"]
        assert properties["AlarmActions"] == properties["OKActions"], title
        assert len(properties["AlarmDescription"]) > 30, title
        assert properties["TreatMissingData"], title
        chosen = json.dumps(properties["Threshold"])
        assert "Ref" in chosen or properties["Threshold"] == 0, title


def test_log_groups_expire(rendered: Rendered) -> None:
    for title, group in resources(rendered, "AWS::Logs::LogGroup"):
        assert group["Properties"]["RetentionInDays"], title


def test_buckets_are_private_encrypted_and_speak_tls_only(rendered: Rendered) -> None:
    denied = {
        json.dumps(policy["Properties"]["Bucket"])
        for _, policy in resources(rendered, "AWS::S3::BucketPolicy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Effect") == "Deny" and "aws:SecureTransport" in json.dumps(statement)
    }
    for title, bucket in resources(rendered, "AWS::S3::Bucket"):
        assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values()), title
        assert bucket["Properties"]["BucketEncryption"], title
        assert json.dumps({"Ref": title}) in denied, f"{title}: admits plain HTTP"


def test_security_group_rules_say_what_they_are_for(rendered: Rendered) -> None:
    rules = [
        rule["Properties"]
        for _, rule in resources(
            rendered, "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"
        )
    ]
    for _, group in resources(rendered, "AWS::EC2::SecurityGroup"):
        rules += group["Properties"].get("SecurityGroupIngress", [])
        rules += group["Properties"].get("SecurityGroupEgress", [])
        # without any egress rule of its own a group gets one that allows everything
        assert group["Properties"].get("SecurityGroupEgress"), group["Properties"][
            "GroupDescription"
        ]
    for rule in rules:
        chosen = rule.get("Fn::If", [None, rule])[1]
        assert chosen["Description"], rule
