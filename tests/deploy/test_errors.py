"""botocore's errors in words for people."""

from __future__ import annotations

import botocore.exceptions as boto
import pytest

from stackyard.aws.account import Account
from stackyard.aws.errors import AwsError, translated
from stackyard.errors import DeployError


def refused(code: str, message: str) -> boto.ClientError:
    return boto.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (boto.NoCredentialsError(), "no usable AWS credentials"),
        (boto.ProfileNotFound(profile="live"), "has no profile 'live'"),
        (boto.EndpointConnectionError(endpoint_url="https://x"), "AWS cannot be reached"),
        (boto.ReadTimeoutError(endpoint_url="https://x"), "AWS cannot be reached"),
        (refused("ExpiredToken", "it expired"), "ExpiredToken: it expired; .* log in again"),
        (refused("Throttling", "Rate exceeded"), "Throttling: Rate exceeded; .* fewer calls"),
        (refused("ValidationError", "No."), "shop in eu-central-1: DescribeStacks: Valid.*: No$"),
    ],
)
def test_an_error_says_where_what_and_what_to_do(error: Exception, text: str) -> None:
    with (
        pytest.raises(DeployError, match=f"^shop in eu-central-1: .*{text.split(': ')[-1]}"),
        translated("shop in eu-central-1"),
    ):
        raise error


def test_the_code_of_a_refusal_is_kept() -> None:
    with pytest.raises(AwsError) as caught, translated("eu-central-1"):
        raise refused("AccessDenied", "no")
    assert caught.value.code == "AccessDenied"


def test_an_account_that_cannot_be_reached_is_told_with_its_endpoint() -> None:
    account = Account("us-east-1", endpoint_url="http://127.0.0.1:9", embedded_id="100000000001")
    with pytest.raises(DeployError, match=r"^http://127\.0\.0\.1:9: AWS cannot be reached"):
        _ = account.id
