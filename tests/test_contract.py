"""The typed contract: parameters, outputs, rules, nesting and extension."""

from typing import Any

import pytest
from troposphere import Equals, GetAtt, Not, Parameter, Ref, Tags, Template
from troposphere.sqs import Queue

from templates_src.components.certificate import certificate
from templates_src.contract import (
    Component,
    Nesting,
    Rule,
    Value,
    bound,
    contract,
    flag,
    logical_id,
    output,
    parameter,
    passed_to,
)


@contract
class Parameters:
    max_receives: Value = parameter(
        "Deliveries before a message is dead-lettered.", Type="Number", MinValue=1, default=5
    )
    is_fifo: Value = flag("First in, first out.", default=False)
    topic_arn: Value = parameter("Topic to notify.")


@contract
class Outputs:
    queue_url: Value = output("URL that producers send to.")


def build(t: Template, p: Parameters) -> Outputs:
    """Work queue.

    More than one line is for readers of the source.
    """
    t.add_resource(Queue("WorkQueue", Tags=Tags(topic=p.topic_arn)))
    return Outputs(queue_url=Ref("WorkQueue"))


RULE = Rule(
    "FifoNeedsOneReceive",
    "A FIFO queue of this kind delivers once.",
    holds=Equals(Parameters.max_receives, 1),
    when=Equals(Parameters.is_fifo, "true"),
)
queue = Component(Parameters, Outputs, build, rules=[RULE])


@contract
class RootParameters(Nesting):
    receives: Value = passed_to(queue.takes.max_receives)
    fifo: Value = passed_to(queue.takes.is_fifo, default="true", group="Delivery", label="Ordered")


def nested(title: str = "Jobs", **given: Any) -> dict[str, Any]:
    parent = Template()
    queue.nest(parent, title, **{"topic_arn": "arn:topic", **given})
    body: dict[str, Any] = parent.to_dict()
    return body


def test_python_names_become_cloudformation_names() -> None:
    assert logical_id("db_subnet_ids") == "DbSubnetIds"


def test_first_line_of_the_docstring_is_the_description() -> None:
    assert queue.template().to_dict()["Description"] == "Work queue."


def test_parameters_carry_their_declaration() -> None:
    declared = queue.template().to_dict()["Parameters"]
    assert declared["MaxReceives"] == {
        "Type": "Number",
        "MinValue": 1,
        "Default": 5,
        "Description": "Deliveries before a message is dead-lettered.",
    }
    assert declared["IsFifo"]["AllowedValues"] == ["true", "false"]
    assert "Default" not in declared["TopicArn"]


def test_parameters_are_refs_inside() -> None:
    tags = queue.template().to_dict()["Resources"]["WorkQueue"]["Properties"]["Tags"]
    assert tags == [{"Key": "topic", "Value": {"Ref": "TopicArn"}}]


def test_rule_stands_in_the_template_of_its_component() -> None:
    assert queue.template().to_dict()["Rules"]["FifoNeedsOneReceive"] == {
        "RuleCondition": {"Fn::Equals": [{"Ref": "IsFifo"}, "true"]},
        "Assertions": [
            {
                "Assert": {"Fn::Equals": [{"Ref": "MaxReceives"}, 1]},
                "AssertDescription": "A FIFO queue of this kind delivers once.",
            }
        ],
    }


def test_nesting_passes_only_what_was_given() -> None:
    stack = nested(max_receives=3)["Resources"]["Jobs"]["Properties"]
    assert stack["Parameters"] == {"MaxReceives": 3, "TopicArn": "arn:topic"}
    assert stack["TemplateURL"]["Fn::Sub"].endswith(
        "/${TemplatePrefix}components/test_contract.yaml"
    )


def test_list_reaches_a_nested_stack_as_a_comma_joined_string() -> None:
    parent = Template()
    parent.add_parameter(Parameter("Topics", Type="CommaDelimitedList"))
    queue.nest(parent, "Jobs", topic_arn=Ref("Topics"))
    passed = parent.to_dict()["Resources"]["Jobs"]["Properties"]["Parameters"]
    assert passed["TopicArn"] == {"Fn::Join": [",", {"Ref": "Topics"}]}


def test_outputs_of_a_nested_stack_are_attributes() -> None:
    assert queue.nest(Template(), "Jobs", topic_arn="x").queue_url.to_dict() == {
        "Fn::GetAtt": ["Jobs", "Outputs.QueueUrl"]
    }


def test_outputs_of_a_conditional_stack_are_empty_where_it_is_absent() -> None:
    parent = Template()
    jobs = queue.nest_if("HasJobs", parent, "Jobs", topic_arn="x")
    assert parent.to_dict()["Resources"]["Jobs"]["Condition"] == "HasJobs"
    assert jobs.queue_url.to_dict() == {
        "Fn::If": ["HasJobs", {"Fn::GetAtt": ["Jobs", "Outputs.QueueUrl"]}, ""]
    }


def test_fails_on_an_unknown_parameter() -> None:
    with pytest.raises(TypeError, match="max_recieves"):
        nested(max_recieves=3)


def test_fails_on_a_missing_parameter() -> None:
    with pytest.raises(TypeError, match="topic_arn"):
        queue.nest(Template(), "Jobs")  # type: ignore[call-arg]


def test_rule_is_lifted_when_the_parent_decides_its_parameters() -> None:
    rules = nested(max_receives=Ref("Receives"), is_fifo=Ref("Fifo"))["Rules"]
    lifted = rules["JobsFifoNeedsOneReceive"]
    assert lifted["RuleCondition"] == {"Fn::Equals": [{"Ref": "Fifo"}, "true"]}
    assert lifted["Assertions"][0]["Assert"] == {"Fn::Equals": [{"Ref": "Receives"}, 1]}


def test_lifted_rule_knows_constants_and_defaults() -> None:
    rules = nested(is_fifo=Ref("Fifo"))["Rules"]
    assertion = rules["JobsFifoNeedsOneReceive"]["Assertions"][0]["Assert"]
    assert assertion == {"Fn::Equals": [5, 1]}


def test_lifted_rule_keeps_no_term_that_a_constant_decides() -> None:
    t = Template()
    t.add_parameter(Parameter("Zone", Type="String"))
    t.add_parameter(Parameter("Domain", Type="String"))
    certificate.nest(t, "Tls", domain_name=Ref("Domain"), hosted_zone_id=Ref("Zone"))
    (assertion,) = t.to_dict()["Rules"]["TlsDomainCanBeServed"]["Assertions"]
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "Zone"}, ""]}]}


def test_rule_that_constants_switch_off_is_not_lifted() -> None:
    assert "Rules" not in nested(max_receives=Ref("Receives"), is_fifo="false")


@pytest.mark.parametrize(
    "given", [{"max_receives": GetAtt("Other", "Outputs.X"), "is_fifo": Ref("Fifo")}, {}]
)
def test_rule_is_not_lifted_without_a_parameter_of_the_parent_in_it(given: dict[str, Any]) -> None:
    assert "Rules" not in nested(**given)


def test_passed_parameter_takes_its_declaration_from_the_component() -> None:
    root = Component(RootParameters, Outputs, build).takes
    receives, fifo = (root.__dataclass_fields__[name] for name in ("receives", "fifo"))  # type: ignore[attr-defined]
    assert receives.metadata["spec"] == {
        "Type": "Number",
        "MinValue": 1,
        "Description": "Deliveries before a message is dead-lettered.",
    }
    assert (receives.default, fifo.default) == (5, "true")


@contract
class Sized(Nesting):
    size: Value = parameter("Size.", Type="Number", default=1)


@contract
class Larger(Sized):
    size: Value = passed_to(Sized.size, default=2)


@contract
class Coloured(Sized):
    colour: Value = parameter("Colour.", default="red")


def test_who_declares_a_parameter_anew_wins_over_who_inherits_it_in_any_order() -> None:
    @contract
    class One(Larger, Coloured):
        """Both."""

    @contract
    class Other(Coloured, Larger):
        """Both."""

    assert (One(template_bucket="b").size, Other(template_bucket="b").size) == (2, 2)


def test_console_groups_passed_parameters_under_their_component() -> None:
    @contract
    class Root(Nesting):
        receives: Value = passed_to(queue.takes.max_receives)
        fifo: Value = passed_to(queue.takes.is_fifo, group="Delivery", label="Ordered")

    def root_build(t: Template, p: Root) -> Outputs:
        """Root."""
        jobs = queue.nest(t, "Jobs", max_receives=p.receives, is_fifo=p.fifo, topic_arn="x")
        return Outputs(queue_url=jobs.queue_url)

    body = Component(Root, Outputs, root_build).template().to_dict()
    interface = body["Metadata"]["AWS::CloudFormation::Interface"]
    assert [
        (group["Label"]["default"], group["Parameters"]) for group in interface["ParameterGroups"]
    ] == [
        ("Templates", ["TemplateBucket", "TemplatePrefix"]),
        ("Test contract", ["Receives"]),
        ("Delivery", ["Fifo"]),
    ]
    assert interface["ParameterLabels"]["Fifo"] == {"default": "Ordered"}
    assert interface["ParameterLabels"]["Receives"] == {"default": "Receives"}


@contract
class MoreParameters(Parameters):
    region_name: Value = parameter("Region to work in.", bind="variable")


def test_extension_has_its_own_name_and_binds_what_it_adds() -> None:
    seen: list[Any] = []

    def observed(t: Template, p: Parameters) -> Outputs:
        """Work queue."""
        seen.extend((bind, value) for bind, value in bound(p))
        return build(t, p)

    extended = Component(Parameters, Outputs, observed).extended("orders", MoreParameters)
    assert "RegionName" in extended.template().to_dict()["Parameters"]
    assert extended.name == "orders"
    assert [(bind, value.to_dict()) for bind, value in seen] == [
        ("variable", {"Ref": "RegionName"})
    ]


def test_fails_to_extend_with_unrelated_parameters() -> None:
    with pytest.raises(TypeError, match="does not extend test_contract"):
        queue.extended("orders", RootParameters)


def test_rule_may_negate() -> None:
    rule = Rule("Some", "Text.", holds=Not(Equals(Parameters.topic_arn, "")))
    assert rule.data()["Assertions"][0]["Assert"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "TopicArn"}, ""]}]
    }
