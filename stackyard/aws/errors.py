"""botocore's errors in words for people."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import botocore.exceptions as boto
from botocore.parsers import ResponseParserError

from stackyard.errors import DeployError

LOG_IN = "log in again or set AWS_PROFILE"
# What to do about codes that any service may answer
REMEDIES = {
    "ExpiredToken": "the session has expired; log in again",
    "ExpiredTokenException": "the session has expired; log in again",
    "RequestExpired": "the session has expired or this machine's clock is wrong; log in again",
    "InvalidClientTokenId": f"the credentials are unknown to AWS; {LOG_IN}",
    "UnrecognizedClientException": f"the credentials are unknown to AWS; {LOG_IN}",
    "SignatureDoesNotMatch": f"the credentials or this machine's clock are wrong; {LOG_IN}",
    "AccessDenied": "ask for this permission",
    "AccessDeniedException": "ask for this permission",
    "Throttling": "AWS asks for fewer calls; try again in a minute",
    "ThrottlingException": "AWS asks for fewer calls; try again in a minute",
    "RequestLimitExceeded": "AWS asks for fewer calls; try again in a minute",
}
NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
)
UNREACHABLE = (
    boto.EndpointConnectionError,
    boto.ConnectionClosedError,
    boto.ConnectTimeoutError,
    boto.ReadTimeoutError,
    boto.ProxyConnectionError,
    boto.SSLError,
)


class AwsError(DeployError):
    """A service of AWS answered with an error.

    Attributes:
        code: AWS's own, as ``ValidationError``.
        reason: AWS's own message.
    """

    def __init__(self, where: str, code: str, reason: str, operation: str) -> None:
        remedy = REMEDIES.get(code)
        hint = f"; {remedy}" if remedy else ""
        super().__init__(f"{where}: {operation}: {code}: {reason.rstrip('.')}{hint}")
        self.code = code
        self.reason = reason


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise botocore's errors as DeployErrors.

    Args:
        where: region or endpoint that the calls go to.

    Raises:
        AwsError: a service refused.
        DeployError: there was no way to ask one.
    """
    try:
        yield
    except boto.ClientError as error:
        answer = error.response.get("Error", {})
        code, reason = answer.get("Code", "Unknown"), answer.get("Message") or "no message"
        raise AwsError(where, code, reason, error.operation_name) from error
    except boto.ProfileNotFound as error:
        profile = error.kwargs.get("profile", "")
        raise DeployError(
            f"{where}: the AWS configuration has no profile {profile!r}; "
            "aws configure list-profiles names those that it has"
        ) from error
    except NO_CREDENTIALS as error:
        raise DeployError(f"{where}: no usable AWS credentials ({error}); {LOG_IN}") from error
    except UNREACHABLE as error:
        raise DeployError(
            f"{where}: AWS cannot be reached ({error}); check network, proxy and region"
        ) from error
    except ResponseParserError as error:
        first = str(error).partition("\n")[0]
        raise DeployError(
            f"{where}: the answer cannot be read ({first}); check proxy and endpoint"
        ) from error
    except boto.BotoCoreError as error:
        raise DeployError(f"{where}: {error}; check the AWS configuration") from error
