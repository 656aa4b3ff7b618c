from __future__ import annotations

import pytest

from tests.checks.systems import Body, resource, said

NEVER = {"Never": {"Fn::Equals": ["a", "b"]}}
GONE = resource("SNS::Topic", {"Condition": "Never"})


@pytest.mark.parametrize(
    ("user", "message"),
    [
        (resource("SQS::Queue", QueueName={"Ref": "Gone"}), "Ref to Gone, whose condition Never"),
        (resource("SQS::Queue", QueueName={"Fn::GetAtt": "Gone.TopicName"}), "Fn::GetAtt to Gone"),
        (resource("SQS::Queue", QueueName={"Fn::Sub": "${Gone}"}), "unresolved resource"),
        (resource("SQS::Queue", {"DependsOn": "Gone"}), "AWS then does not create this resource"),
    ],
)
def test_reference_to_an_absent_resource_is_found(user: Body, message: str) -> None:
    (found,) = said("conditional_references", {"Gone": GONE, "User": user}, Conditions=NEVER)
    assert found.startswith("dev User: ")
    assert message in found


def test_output_that_refers_to_an_absent_resource_is_found() -> None:
    outputs = {"Arn": {"Value": {"Ref": "Gone"}}}
    (found,) = said("conditional_references", {"Gone": GONE}, Conditions=NEVER, Outputs=outputs)
    assert found.startswith("dev Outputs.Arn: Ref to Gone")


def test_reference_under_the_same_condition_is_fine() -> None:
    user = resource("SQS::Queue", {"Condition": "Never"}, QueueName={"Ref": "Gone"})
    guarded = resource("SQS::Queue", QueueName={"Fn::If": ["Never", {"Ref": "Gone"}, "without"]})
    resources = {"Gone": GONE, "User": user, "Guarded": guarded}
    assert said("conditional_references", resources, Conditions=NEVER) == []


def test_reference_to_a_resource_that_exists_is_fine() -> None:
    user = resource("SQS::Queue", {"DependsOn": ["There"]}, QueueName={"Ref": "There"})
    assert said("conditional_references", {"There": resource("SNS::Topic"), "User": user}) == []
