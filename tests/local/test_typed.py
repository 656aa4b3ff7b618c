"""Text becomes what the provider schemas want, as on AWS."""

from stackyard.local.typed import typed


def test_text_becomes_a_number_where_one_is_wanted() -> None:
    assert typed("AWS::ECS::Service", {"DesiredCount": "2"}) == {"DesiredCount": 2}


def test_text_becomes_a_boolean_where_one_is_wanted() -> None:
    assert typed("AWS::RDS::DBInstance", {"MultiAZ": "true", "DBName": "true"}) == {
        "MultiAZ": True,
        "DBName": "true",
    }


def test_what_is_nested_is_converted_too() -> None:
    balancer = {"ContainerName": "8000", "ContainerPort": "8000"}
    assert typed("AWS::ECS::Service", {"LoadBalancers": [balancer]}) == {
        "LoadBalancers": [{"ContainerName": "8000", "ContainerPort": 8000}]
    }


def test_text_that_is_no_number_is_left_for_others_to_refuse() -> None:
    assert typed("AWS::SQS::Queue", {"VisibilityTimeout": "abc"}) == {"VisibilityTimeout": "abc"}
