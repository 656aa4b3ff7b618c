"""Seeded faults, and which tier sees which. An upgrade that sees less, or renumbers, fails here."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.lint import Evaluation, lint, native
from tests.lint.lint_texts import CLEAN, HEAD, QUEUE


def resource(kind: str, *lines: str) -> str:
    """Return a template with another resource; it is kept, so that no rule about that speaks."""
    properties = "".join(f"      {line}\n" for line in lines)
    kept = "    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n"
    return f"{CLEAN}  Other:\n    Type: {kind}\n{kept}    Properties:\n{properties}"


POLICY = (
    *("PolicyDocument:", "  Version: '2012-10-17'", "  Statement:"),
    *("    - Effect: Allow", "      Action: sqs:SendMesage", "      Resource: !GetAtt Queue.Arn"),
)
TASK = (
    *("RequiresCompatibilities: [FARGATE]", "NetworkMode: awsvpc", "Cpu: '256'", "Memory: '8192'"),
    *("ContainerDefinitions:", "  - {Name: api, Image: api}"),
)
DATABASE = (
    *("Engine: postgres", "EngineVersion: '9.6.1'", "DBInstanceClass: db.t4g.micro"),
    *("AllocatedStorage: '20'", "StorageEncrypted: true"),
    *("MasterUsername: app", "ManageMasterUserPassword: true"),
)
COLOURS = "Parameters:\n  Colour:\n    Type: String\n    AllowedValues: [red]\n    Default: blue\n"

# what AWS's validator and cfn-lint call it; empty where they miss it
FAULTS = {
    "misspelt property": (f"{CLEAN}      DelaySecond: 1\n", "F3002", "E3002"),
    "value out of bounds": (f"{CLEAN}      DelaySeconds: 1000\n", "F3034", "E3034"),
    "value of a wrong type": (f"{CLEAN}      DelaySeconds: soon\n", "F3012", "E3012"),
    "required property missing": (
        resource("AWS::SNS::Subscription", "Protocol: sqs"),
        *("F3003", "E3003"),
    ),
    "value not in the enumeration": (
        resource("AWS::ECS::Service", "LaunchType: FARGAT", "SchedulingStrategy: REPLICA"),
        *("W3030", "E3030"),
    ),
    "unknown resource type": (resource("AWS::SQS::Que", "A: b"), "F3006", "E3006"),
    "reference to nothing": (f"{CLEAN}      QueueName: !Ref Nothing\n", "F1020", "E1020"),
    "substitution of nothing": (f"{CLEAN}      QueueName: !Sub '${{No}}'\n", "F1018", "E1019"),
    "attribute that there is not": (
        resource("AWS::SNS::Topic", "TopicName: !GetAtt Queue.Name"),
        *("E9004", "E1010"),
    ),
    "unknown condition": (
        CLEAN.replace("    DeletionPolicy", "    Condition: Nope\n    DeletionPolicy"),
        *("E8002", "E3015"),
    ),
    "default that is not allowed": (
        f"{HEAD}{COLOURS}{QUEUE}      QueueName: !Ref Colour\n",
        *("F2012", "E2015"),
    ),
    "unused parameter": (f"{HEAD}Parameters:\n  A: {{Type: String}}\n{QUEUE}", "", "W2001"),
    "stateful resource without policies": (
        CLEAN.replace("    DeletionPolicy: Delete\n    UpdateReplacePolicy: Delete\n", ""),
        *("I3011", "I3011"),
    ),
    "processor and memory that do not pair": (
        resource("AWS::ECS::TaskDefinition", *TASK),
        *("E3047", "E3047"),
    ),
    "duplicate key": (f"{CLEAN}      SqsManagedSseEnabled: true\n", "F0000", "E0000"),
    "misspelt permission": (resource("AWS::IAM::ManagedPolicy", *POLICY), "", "W3037"),
    "range of 33 bits": (resource("AWS::EC2::VPC", "CidrBlock: 10.0.0.0/33"), "", "E3002"),
    "retired engine version": (resource("AWS::RDS::DBInstance", *DATABASE), "", "W3691"),
    "port range upside down": (
        resource(
            "AWS::EC2::SecurityGroup",
            "GroupDescription: Test",
            "SecurityGroupIngress:",
            "  - {IpProtocol: tcp, FromPort: 30, ToPort: 22, CidrIp: 10.0.0.0/8}",
        ),
        *("E9002", ""),
    ),
}


def rules(text: str, work: Path, *, native: bool) -> set[str]:
    """Return the rules that one tier reports."""
    result = lint(
        {"components/x.yaml": text},
        [],
        ["us-east-1"],
        work=work,
        native=native,
        cfn_lint=not native,
    )
    return {finding.rule for finding in result.findings}


@pytest.mark.parametrize("fault", FAULTS)
def test_native_validation_sees(fault: str, tmp_path: Path) -> None:
    text, rule, _ = FAULTS[fault]
    found = rules(text, tmp_path, native=True)
    assert rule in found if rule else not found


@pytest.mark.parametrize("fault", FAULTS)
def test_cfn_lint_sees(fault: str, tmp_path: Path) -> None:
    text, _, rule = FAULTS[fault]
    found = rules(text, tmp_path, native=False)
    assert rule in found if rule else not found


@pytest.mark.parametrize("fault", [name for name, (_, *both) in FAULTS.items() if all(both)])
def test_what_both_see_is_told_under_one_number(fault: str, tmp_path: Path) -> None:
    text, native, cfn_lint = FAULTS[fault]
    result = lint({"components/x.yaml": text}, [], ["us-east-1"], work=tmp_path)
    told = {finding.rule for finding in result.findings}
    assert cfn_lint in told
    assert native == cfn_lint or native not in told


NAMED = """Parameters:
  Name: {Type: String, Default: ""}
  Names: {Type: CommaDelimitedList, Default: ""}
  SecretArn: {Type: String, Default: ""}
Conditions:
  HasName: !Not [!Equals [!Ref Name, ""]]
  HasNames: !Not [!Equals [!Join ["", !Ref Names], ""]]
"""
GUARDED = """      DelaySeconds: !If [HasNames, 1, 2]
      Tags: [{Key: secret, Value: !Ref SecretArn}]
  Named:
    Type: AWS::SNS::Topic
    Condition: HasName
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Path: !If [HasName, VALUE, !Ref AWS::NoValue]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: {Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}
Outputs:
  Topic:
    Value: !If [HasName, !Ref Named, ""]
"""
VALUES = {
    "W1030": "!Ref Name",
    "W1031": "!Sub '${Name}'",
    "W1032": "!Join ['', [!Ref Name]]",
    "W1035": "!Select [0, !Split [',', !Ref Name]]",
}


def sound(value: str) -> str:
    """Return a sound template that AWS's validator complains about."""
    return HEAD + NAMED + QUEUE + GUARDED.replace("VALUE", value)


@pytest.mark.parametrize("rule", ["W1001", "W2001", "W2509", *VALUES])
def test_what_native_validation_misjudges_is_left_to_cfn_lint(rule: str, tmp_path: Path) -> None:
    from cloudformation_validate import TemplateContent

    text = sound(VALUES.get(rule, "!Ref Name"))
    said = native._engine().validate_template(TemplateContent(text)).diagnostics
    assert rule in {diagnostic.rule_id for diagnostic in said}
    assert rule in native.MISJUDGED
    assert rules(text, tmp_path, native=True) == rules(text, tmp_path, native=False) == set()


def test_what_a_parameter_set_leaves_out_is_no_fault_of_the_template(tmp_path: Path) -> None:
    text = sound("!Ref Name").replace(
        "    DeletionPolicy", "    Condition: HasName\n    DeletionPolicy"
    )
    sets = [Evaluation("components/x.yaml", "dev", {"Name": ""}, "us-east-1")]
    texts = {"components/x.yaml": text}
    assert lint(texts, sets, ["us-east-1"], work=tmp_path, cfn_lint=False).findings == []
