"""What templates become before AWS answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import pytest

from stackyard.errors import BuildError
from stackyard.resolved import System, Text, Unknown, plain, resolve

Body = dict[str, Any]
URL = "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/${TemplatePrefix}components/"


def nested(name: str, **parameters: Any) -> Body:
    url = {"Fn::Sub": f"{URL}{name}.yaml"}
    properties = {"TemplateURL": url, "Parameters": parameters}
    return {"Type": "AWS::CloudFormation::Stack", "Properties": properties}


def strings(*names: str, **more: Any) -> Body:
    return {**{name: {"Type": "String"} for name in names}, **more}


NESTING = {
    "TemplateBucket": {"Type": "String"},
    "TemplatePrefix": {"Type": "String", "Default": "p/"},
}


def system(
    root: Body, given: Mapping[str, str] | None = None, region: str = "eu-west-1", **others: Body
) -> System:
    root = {**root, "Parameters": {**NESTING, **root.get("Parameters", {})}}
    templates = {"blueprints/app": root}
    templates |= {f"components/{name}": body for name, body in others.items()}
    return resolve("app", templates, given or {}, region, stack_name="app-dev", environment="dev")


def evaluated(value: Any, **sections: Any) -> Any:
    """Return what *value* becomes in a template with a VPC, a false resource and parameters."""
    root = {
        "Parameters": {
            "Name": {"Type": "String", "Default": "shop"},
            "Subnets": {"Type": "CommaDelimitedList", "Default": "a, b"},
            "Count": {"Type": "Number", "Default": 2},
        },
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}, "Always": {"Fn::Equals": [1, "1"]}},
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "Probe": {"Type": "Custom::Probe", "Properties": {"Value": value}},
        },
        **sections,
    }
    return plain(dict(system(root).root.resources["Probe"].properties).get("Value", "nothing"))


def ref(name: str) -> Body:
    return {"Ref": name}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ref("Name"), "shop"),
        (ref("Count"), "2"),
        (ref("Subnets"), ["a", "b"]),
        (ref("Vpc"), "<Vpc>"),
        (ref("AWS::NoValue"), "nothing"),
        (["x", ref("AWS::NoValue"), "y"], ["x", "y"]),
        (ref("AWS::StackName"), "app-dev"),
        (
            ref("AWS::StackId"),
            "arn:aws:cloudformation:eu-west-1:<account id>:stack/app-dev/<guid of the stack>",
        ),
        ({"Fn::GetAtt": ["Vpc", "CidrBlock"]}, "<Vpc.CidrBlock>"),
        ({"Fn::GetAtt": "Vpc.CidrBlock"}, "<Vpc.CidrBlock>"),
        ({"Fn::Sub": "${Name}-${Vpc}/${Vpc.CidrBlock}"}, "shop-<Vpc>/<Vpc.CidrBlock>"),
        ({"Fn::Sub": ["${X}-${!Y}", {"X": ref("Name")}]}, "shop-${Y}"),
        ({"Fn::Join": ["-", ["a", ref("Vpc"), 3, True]]}, "a-<Vpc>-3-true"),
        ({"Fn::Join": [",", ref("Subnets")]}, "a,b"),
        ({"Fn::Select": ["1", ref("Subnets")]}, "b"),
        ({"Fn::Split": ["/", "x/y"]}, ["x", "y"]),
        ({"Fn::If": ["Always", "yes", "no"]}, "yes"),
        ({"Fn::If": ["Never", "yes", ref("AWS::NoValue")]}, "nothing"),
        ({"Fn::Base64": "hello"}, "aGVsbG8="),
        ({"Fn::Base64": {"Fn::Sub": "echo ${Vpc}"}}, "<base64 of echo <Vpc>>"),
        ({"Fn::ImportValue": {"Fn::Sub": "${Name}-vpc"}}, "<export shop-vpc>"),
        ({"Fn::Length": ref("Subnets")}, 2),
        ({"Fn::ToJsonString": {"id": ref("Vpc"), "n": [1]}}, '{"id":"<Vpc>","n":[1]}'),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "<availability zones of eu-west-1[0]>"),
        ("{{resolve:ssm:/a/b}}", "<resolve:ssm:/a/b>"),
        (
            {"Fn::Sub": "x{{resolve:secretsmanager:${Vpc}:SecretString:password}}"},
            "x<resolve:secretsmanager:<Vpc>:SecretString:password>",
        ),
    ],
)
def test_intrinsic_is_evaluated_as_far_as_aws_lets_us(value: Any, expected: Any) -> None:
    assert evaluated(value) == expected


def test_cidr_counts_host_bits() -> None:
    assert evaluated({"Fn::Cidr": ["10.0.0.0/16", 3, "8"]}) == [
        "10.0.0.0/24",
        "10.0.1.0/24",
        "10.0.2.0/24",
    ]


def test_cidr_of_an_unknown_block_has_the_right_number_of_unknowns() -> None:
    block = {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 2, 8]}
    assert evaluated({"Fn::Select": [1, block]}) == "<blocks of Vpc.CidrBlock[1]>"


def test_cidr_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(BuildError, match=r"10\.0\.0\.0/24 has no 3 blocks of 7 host bits"):
        evaluated({"Fn::Cidr": ["10.0.0.0/24", 3, 7]})


def test_map_is_looked_up_with_the_region() -> None:
    mappings = {"Elb": {"eu-west-1": {"Account": "156460612806"}}}
    value = {"Fn::FindInMap": ["Elb", ref("AWS::Region"), "Account"]}
    assert evaluated(value, Mappings=mappings) == "156460612806"


def test_unknown_map_key_is_an_error_that_names_it() -> None:
    with pytest.raises(BuildError, match=r"blueprints/app: Probe: .*'Elb' has no x\.y"):
        evaluated({"Fn::FindInMap": ["Elb", "x", "y"]}, Mappings={"Elb": {}})


def test_split_leaves_an_attribute_whole_at_commas_and_undecided_elsewhere() -> None:
    joined = {"Fn::Join": [",", ["a", ref("Vpc"), {"Fn::GetAtt": ["Vpc", "Id"]}]]}
    assert evaluated({"Fn::Split": [",", joined]}) == ["a", "<Vpc>", "<Vpc.Id>"]
    arn = {"Fn::Split": ["/", {"Fn::GetAtt": ["Vpc", "Arn"]}]}
    assert evaluated({"Fn::Select": [1, arn]}) == "<Vpc.Arn split at '/'[1]>"


def test_split_knows_what_an_account_id_and_a_stack_id_look_like() -> None:
    guid = {"Fn::Select": [2, {"Fn::Split": ["/", ref("AWS::StackId")]}]}
    assert evaluated(guid) == "<guid of the stack>"


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [
        ("eu-west-1", "aws", "amazonaws.com"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ],
)
def test_partition_follows_the_region(region: str, partition: str, suffix: str) -> None:
    value = {"Fn::Sub": "${AWS::Partition} ${AWS::URLSuffix} ${AWS::Region}"}
    found = system({"Resources": {}, "Outputs": {"X": {"Value": value}}}, region=region)
    assert found.root.outputs["X"] == f"{partition} {suffix} {region}"


def test_account_is_used_if_it_is_known() -> None:
    root = {"Resources": {}, "Outputs": {"X": {"Value": {"Ref": "AWS::AccountId"}}}}
    found = resolve(
        "x", {"blueprints/x": root}, {}, "eu-west-1", stack_name="x", account="123456789012"
    )
    assert found.root.outputs["X"] == "123456789012"


NETWORK = {
    "Resources": {"Vpc": {"Type": "AWS::EC2::VPC"}, "One": {"Type": "AWS::EC2::Subnet"}},
    "Outputs": {
        "VpcId": {"Value": ref("Vpc")},
        "SubnetIds": {"Value": {"Fn::Join": [",", [ref("One"), "subnet-2"]]}},
    },
}
SERVICE = {
    "Parameters": {
        "VpcId": {"Type": "AWS::EC2::VPC::Id"},
        "SubnetIds": {"Type": "List<AWS::EC2::Subnet::Id>"},
    },
    "Conditions": {"HasVpc": {"Fn::Not": [{"Fn::Equals": [ref("VpcId"), ""]}]}},
    "Resources": {
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Condition": "HasVpc",
            "Properties": {"VpcId": ref("VpcId"), "Subnets": ref("SubnetIds")},
        }
    },
}


def outputs_of(title: str, *names: str) -> Body:
    return {name: {"Fn::GetAtt": [title, f"Outputs.{name}"]} for name in names}


def test_values_travel_through_nested_stacks_in_any_order_of_declaration() -> None:
    service = nested("service", **outputs_of("Network", "VpcId", "SubnetIds"))
    root = {"Resources": {"Api": service, "Network": nested("network")}}
    found = system(root, service=SERVICE, network=NETWORK)
    group = found.find("Api/Group")
    assert group is not None
    assert group.properties["VpcId"] == Unknown("resource", "Network/Vpc")
    assert plain(group.properties["Subnets"]) == ["<Network/One>", "subnet-2"]
    assert group.template == "components/service"
    assert [stack.path for stack in found.stacks()] == ["", "Api", "Network"]
    assert found.target(group.properties["VpcId"]) is found.find("Network/Vpc")


def test_attribute_of_a_resource_is_known_not_to_be_empty() -> None:
    service = nested("service", **outputs_of("Network", "VpcId", "SubnetIds"))
    root = {"Resources": {"Network": nested("network"), "Api": service}}
    found = system(root, service=SERVICE, network=NETWORK)
    assert found.root.children["Api"].conditions == {"HasVpc": True}


def test_nested_stack_is_named_after_its_parent() -> None:
    body = {"Resources": {}, "Outputs": {"X": {"Value": ref("AWS::StackName")}}}
    found = system({"Resources": {"Api": nested("service")}}, service=body)
    assert str(found.root.children["Api"].outputs["X"]) == "app-dev-Api-<suffix of Api>"


def test_circle_of_nested_stacks_is_an_error_that_names_it() -> None:
    body = {**NETWORK, "Parameters": strings("VpcId")}
    root = {
        "Resources": {
            "A": nested("network", **outputs_of("B", "VpcId")),
            "B": nested("network", **outputs_of("A", "VpcId")),
        }
    }
    with pytest.raises(BuildError, match="circular: A -> B -> A"):
        system(root, network=body)


def test_circle_of_conditions_is_an_error() -> None:
    conditions = {"A": {"Condition": "B"}, "B": {"Fn::Not": [{"Condition": "A"}]}}
    with pytest.raises(BuildError, match="circular"):
        system({"Conditions": conditions, "Resources": {}})


def test_template_that_nests_itself_is_an_error() -> None:
    parameters = {"TemplateBucket": ref("TemplateBucket")}
    body = {"Parameters": NESTING, "Resources": {"Again": nested("loop", **parameters)}}
    with pytest.raises(BuildError, match="components/loop: Again: components/loop nests itself"):
        system({"Resources": {"A": nested("loop", **parameters)}}, loop=body)


def test_resource_whose_condition_is_false_is_absent_and_references_to_it_are_kept() -> None:
    root = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {
            "Gone": {"Type": "AWS::SNS::Topic", "Condition": "Never"},
            "Used": {
                "Type": "AWS::SQS::Queue",
                "DependsOn": ["Gone"],
                "Properties": {
                    "A": ref("Gone"),
                    "B": {"Fn::If": ["Never", ref("Gone"), "without"]},
                },
            },
        },
    }
    found = system(root)
    assert found.find("Gone") is None
    assert found.root.absent == {"Gone": "Never"}
    assert {(item.path, item.target, item.how) for item in found.dangling} == {
        ("Used", "Gone", "Ref"),
        ("Used", "Gone", "DependsOn"),
    }


def test_condition_that_only_aws_can_tell_counts_as_true_and_is_marked() -> None:
    root = {
        "Parameters": {
            "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"}
        },
        "Conditions": {
            "IsX": {"Fn::Equals": [ref("Image"), "x"]},
            "IsNotX": {"Fn::Not": [{"Condition": "IsX"}]},
            "Never": {"Fn::And": [{"Condition": "IsX"}, {"Fn::Equals": [1, 2]}]},
        },
        "Resources": {
            "X": {"Type": "AWS::SNS::Topic", "Condition": "IsX"},
            "NotX": {"Type": "AWS::SNS::Topic", "Condition": "IsNotX"},
            "None": {"Type": "AWS::SNS::Topic", "Condition": "Never"},
        },
    }
    found = system(root)
    assert found.root.conditions == {"IsX": None, "IsNotX": None, "Never": False}
    assert {item.logical_id: item.uncertain for item in found.resources()} == {
        "X": True,
        "NotX": True,
    }


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("a", "a", True),
        (1, "1", True),
        (True, "true", True),
        ("a", "b", False),
        (ref("Vpc"), "", False),
        (ref("Vpc"), ref("Vpc"), True),
        (ref("Vpc"), "vpc-1", None),
        ({"Fn::Sub": "arn:${Vpc}"}, "url:x", False),
        ({"Fn::Sub": "arn:${Vpc}"}, "arn:x", None),
        ({"Fn::Sub": "${Vpc}.zip"}, "x.tar", False),
        (ref("Gone"), "", None),
    ],
)
def test_equality_is_decided_where_it_can_be(left: Any, right: Any, expected: Any) -> None:
    root = {
        "Conditions": {
            "Never": {"Fn::Equals": ["a", "b"]},
            "C": {"Fn::Equals": [left, right]},
        },
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "Gone": {"Type": "AWS::EC2::VPC", "Condition": "Never"},
        },
    }
    assert system(root).root.conditions["C"] is expected


def test_attribute_of_a_custom_resource_may_be_empty() -> None:
    root = {
        "Conditions": {"C": {"Fn::Equals": [{"Fn::GetAtt": ["Probe", "Zone"]}, ""]}},
        "Resources": {"Probe": {"Type": "Custom::Probe"}},
    }
    assert system(root).root.conditions["C"] is None


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ({"A": ref("Missing")}, "app: Probe: Ref names 'Missing'; declare a parameter or resource"),
        ({"A": {"Fn::GetAtt": "Missing.Arn"}}, "Fn::GetAtt names 'Missing'"),
        ({"A": {"Fn::Select": [2, ["x"]]}}, "Fn::Select cannot be evaluated: there is no item 2"),
        ({"A": {"Fn::Join": "x"}}, "Fn::Join cannot be evaluated"),
        ({"A": {"Fn::Transform": {}}}, "Fn::Transform cannot be evaluated: is not supported"),
        ({"A": {"Fn::If": ["Missing", 1, 2]}}, "Conditions has no 'Missing'"),
        ({"A": {"Fn::Sub": ["${X}", {"X": ["a"]}]}}, "is a list where one text is needed"),
    ],
)
def test_mistake_is_an_error_that_names_template_and_resource(resource: Body, message: str) -> None:
    root = {"Resources": {"Probe": {"Type": "AWS::SNS::Topic", "Properties": resource}}}
    with pytest.raises(BuildError, match="blueprints/app: Probe: ") as caught:
        system(root)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"VpcId": "vpc-1"}, "components/service: Parameters: SubnetIds has no value"),
        ({"VpcId": "v", "SubnetIds": "s", "Vpc": "v"}, "there is no parameter 'Vpc'"),
        ({"VpcId": "v", "SubnetIds": ["s"]}, "SubnetIds: ['s'] is a list"),
    ],
)
def test_wrong_parameters_of_a_nested_stack_are_an_error(parameters: Body, message: str) -> None:
    with pytest.raises(BuildError) as caught:
        system({"Resources": {"Api": nested("service", **parameters)}}, service=SERVICE)
    assert message in str(caught.value)


def test_output_that_does_not_exist_is_an_error() -> None:
    root = {"Resources": {"Network": nested("network"), "Api": nested("service")}}
    root["Resources"]["Api"]["Properties"]["Parameters"] = outputs_of("Network", "VpcID")
    with pytest.raises(BuildError, match="components/network has no output 'VpcID'"):
        system(root, network=NETWORK, service=SERVICE)


def test_unknown_template_is_an_error() -> None:
    with pytest.raises(BuildError, match="no template 'components/nowhere'"):
        system({"Resources": {"A": nested("nowhere")}})


def test_unknown_list_stays_a_list_on_its_way_through_parameters() -> None:
    body = {
        "Parameters": {"Zones": {"Type": "CommaDelimitedList"}},
        "Resources": {},
        "Outputs": {"Second": {"Value": {"Fn::Select": [1, ref("Zones")]}}},
    }
    joined = {"Fn::Join": [",", {"Fn::GetAZs": ""}]}
    found = system({"Resources": {"A": nested("zones", Zones=joined)}}, zones=body)
    assert str(found.root.children["A"].outputs["Second"]) == "<availability zones of eu-west-1[1]>"


def test_open_parameter_stays_visible_and_changes_no_condition() -> None:
    root = {
        "Parameters": {"Org": {"Type": "String"}},
        "Conditions": {"IsAcme": {"Fn::Equals": [ref("Org"), "acme"]}},
        "Resources": {
            "Topic": {
                "Type": "AWS::SNS::Topic",
                "Condition": "IsAcme",
                "Properties": {"TopicName": {"Fn::Sub": "${Org}-alarms"}},
            }
        },
    }
    opened = system(root, {"Org": "acme"}).with_open(["Org"])
    topic = opened.find("Topic")
    assert topic is not None
    assert topic.properties["TopicName"] == Text((Unknown("parameter", "Org"), "-alarms"))
    assert not topic.uncertain


def test_data_is_json_with_unknowns_printed() -> None:
    root = {"Resources": {"Network": nested("network")}}
    data = json.loads(json.dumps(system(root, network=NETWORK).as_data()))
    network = data["root"]["children"]["Network"]
    assert network["outputs"] == {"VpcId": "<Network/Vpc>", "SubnetIds": "<Network/One>,subnet-2"}
    assert network["resources"]["Vpc"]["type"] == "AWS::EC2::VPC"
    assert data["environment"] == "dev"


def test_three_hundred_resources_take_well_under_50_ms() -> None:
    properties = {
        "Name": {"Fn::Sub": "${Name}-x"},
        "Tags": [{"Key": "k", "Value": {"Fn::If": ["On", ref("Name"), ref("AWS::NoValue")]}}] * 5,
        "Policy": {"Statement": [{"Resource": {"Fn::GetAtt": ["R0", "Arn"]}}] * 5},
    }
    body = {
        "Parameters": strings("Name"),
        "Conditions": {"On": {"Fn::Equals": [ref("Name"), "x"]}},
        "Resources": {
            f"R{n}": {"Type": "AWS::SQS::Queue", "Properties": properties} for n in range(30)
        },
    }
    root = {"Resources": {f"S{n}": nested("many", Name=f"n{n}") for n in range(10)}}
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        found = system(root, many=body)
        seconds.append(time.perf_counter() - started)
    assert sum(1 for _ in found.resources("AWS::SQS::Queue")) == 300
    assert min(seconds) < 0.05


def test_model_needs_neither_troposphere_nor_yaml_nor_boto3() -> None:
    heavy = "{'troposphere', 'yaml', 'boto3', 'cfnlint'}"
    code = f"import sys, stackyard.resolved, stackyard.checks; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
