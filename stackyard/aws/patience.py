"""Going on asking AWS where one refusal means nothing: throttling, resets, errors of its own."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import botocore.exceptions as boto
from botocore.parsers import ResponseParserError

from stackyard.aws.errors import NO_CREDENTIALS, UNREACHABLE, AwsError
from stackyard.errors import DeployError

T = TypeVar("T")
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
GIVE_UP_SECONDS = 15 * 60.0  # a laptop that was carried home is back by then
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html, and what
# botocore calls an answer without a code: its HTTP status
THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "PriorRequestNotComplete",
    "429",
}
BROKEN = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "ServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "RequestTimeout",
    "500",
    "502",
    "503",
    "504",
}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidClientTokenId"}


class Patience:
    """Repeats calls that failed for a reason that passes, with longer and longer pauses.

    Attributes:
        notices: what people should know about it; whoever tells them empties the list.
    """

    def __init__(self, give_up_seconds: float = GIVE_UP_SECONDS) -> None:
        self.give_up_seconds = give_up_seconds
        self.notices: list[str] = []

    def ask(self, call: Callable[[], T]) -> T:
        """Return what *call* returns, sooner or later.

        Raises:
            DeployError: it failed for a reason that does not pass, or for too long.
        """
        pause, waited = FIRST_PAUSE_SECONDS, 0.0
        while True:
            try:
                return call()
            except DeployError as error:
                if not passes(error) or waited >= self.give_up_seconds:
                    raise
                if not waited:
                    self.notices.append(f"{error}; asking again")
            time.sleep(pause)
            waited += pause
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def passes(error: DeployError) -> bool:
    """Return whether the same call may succeed in a while."""
    if isinstance(error, AwsError):
        return error.code in THROTTLED | BROKEN
    return isinstance(
        error.__cause__, (*UNREACHABLE, boto.HTTPClientError, ResponseParserError)
    ) and not isinstance(error.__cause__, boto.SSLError)


def has_expired(error: DeployError) -> bool:
    """Return whether AWS no longer takes the credentials, which it did before."""
    if isinstance(error, AwsError):
        return error.code in EXPIRED
    return isinstance(error.__cause__, NO_CREDENTIALS)
