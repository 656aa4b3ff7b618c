from __future__ import annotations

import pytest

from tests.checks.systems import Body, messages, resource, said, system

BALANCER = "ElasticLoadBalancingV2::LoadBalancer"
ORGANISATION = {"Type": "String", "MinLength": 1}


def named(**organisation: object) -> list[str]:
    """Return what is said of ``<organisation>-dev-api`` for acme."""
    name = {"Fn::Sub": "${Organisation}-${Environment}-api"}
    parameters = {
        "Organisation": {**ORGANISATION, **organisation},
        "Environment": {"Type": "String", "AllowedValues": ["dev", "production"]},
    }
    given = {"Organisation": "acme", "Environment": "dev"}
    balancer = resource(BALANCER, Name=name)
    return messages("physical_names", system({"Balancer": balancer}, given, Parameters=parameters))


def test_name_that_is_too_long_is_found() -> None:
    (message,) = said("physical_names", {"B": resource(BALANCER, Name="x" * 33)})
    assert message == (f"dev B: Name {'x' * 33} has 33 characters, AWS takes 32; shorten it")


def test_name_of_32_characters_is_fine() -> None:
    assert said("physical_names", {"B": resource(BALANCER, Name="x" * 32)}) == []


def test_generated_name_is_fine() -> None:
    assert said("physical_names", {"B": resource(BALANCER)}) == []


def test_upper_case_in_a_bucket_name_is_found() -> None:
    bucket = resource("S3::Bucket", BucketName={"Fn::Sub": "Acme-${AWS::AccountId}"})
    (message,) = said("physical_names", {"Media": bucket})
    assert "BucketName Acme-<account id> contains 'A', AWS takes only [a-z0-9.-]" in message


def test_account_id_counts_with_its_twelve_digits() -> None:
    bucket = resource("S3::Bucket", BucketName={"Fn::Sub": f"{'x' * 52}${{AWS::AccountId}}"})
    (message,) = said("physical_names", {"Media": bucket})
    assert "has 64 characters, AWS takes 63" in message


def test_longest_parameters_allowed_are_tried() -> None:
    (message,) = named(MaxLength=20)
    assert message == (
        "dev Balancer: Name <Organisation>-<Environment>-api reaches 35 characters with the "
        "longest Organisation (20) and Environment (10) allowed, AWS takes 32; "
        "lower MaxLength or shorten the name"
    )


@pytest.mark.parametrize(
    "bound", [{"MaxLength": 17}, {"AllowedPattern": "[a-z][a-z0-9-]{1,15}[a-z0-9]"}]
)
def test_name_that_fits_with_the_longest_parameters_is_fine(bound: Body) -> None:
    assert named(**bound) == []


def test_pattern_bounds_a_parameter() -> None:
    (message,) = named(AllowedPattern="[a-z]{2,18}")
    assert "reaches 33 characters" in message


def test_parameter_without_a_bound_is_found() -> None:
    (message,) = named()
    assert "Organisation (255)" in message


def test_stretching_a_parameter_changes_no_condition() -> None:
    balancer = resource(BALANCER, Name={"Fn::If": ["IsDev", "short", "x" * 40]})
    found = system(
        {"B": balancer},
        {"Environment": "dev"},
        Parameters={"Environment": {"Type": "String", "AllowedValues": ["dev", "production"]}},
        Conditions={"IsDev": {"Fn::Equals": [{"Ref": "Environment"}, "dev"]}},
    )
    assert messages("physical_names", found) == []


def test_parameters_that_are_lists_or_networks_survive_being_left_open() -> None:
    blocks = {"Fn::Cidr": [{"Ref": "Cidr"}, 2, 8]}
    found = system(
        {"Subnet": resource("EC2::Subnet", CidrBlock={"Fn::Select": [1, blocks]})},
        {"Cidr": "10.0.0.0/16"},
        Parameters={"Cidr": {"Type": "String"}},
    )
    assert messages("physical_names", found) == []
