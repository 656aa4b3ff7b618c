"""Asking again where it helps, and only there."""

from __future__ import annotations

from collections.abc import Callable

import botocore.exceptions as boto
import pytest

from stackyard.aws.errors import translated
from stackyard.aws.patience import Patience, has_expired
from stackyard.errors import DeployError
from tests.observe.fakes import refused


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr("stackyard.aws.patience.time.sleep", pauses.append)
    return pauses


def failing(*errors: Exception) -> Callable[[], str]:
    left = list(errors)

    def call() -> str:
        with translated("shop in eu-central-1"):
            if left:
                raise left.pop(0)
        return "answer"

    return call


@pytest.mark.parametrize(
    "error",
    [
        refused("Throttling", "Rate exceeded"),
        refused("InternalFailure"),
        refused("500"),
        refused("ServiceUnavailable"),
        boto.ConnectionClosedError(endpoint_url="https://x"),
        boto.EndpointConnectionError(endpoint_url="https://x"),
        boto.ReadTimeoutError(endpoint_url="https://x"),
    ],
)
def test_what_passes_is_asked_again_and_told_once(error: Exception) -> None:
    patience = Patience()
    assert patience.ask(failing(error, error, error)) == "answer"
    assert len(patience.notices) == 1
    assert patience.notices[0].endswith("; asking again")


def test_pauses_grow_to_half_a_minute(slept: list[float]) -> None:
    Patience().ask(failing(*[refused("Throttling")] * 8))
    assert slept == [1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError", "ExpiredToken"])
def test_what_does_not_pass_is_raised_at_once(code: str, slept: list[float]) -> None:
    with pytest.raises(DeployError, match=code):
        Patience().ask(failing(refused(code)))
    assert slept == []


def test_after_a_quarter_of_an_hour_it_gives_up(slept: list[float]) -> None:
    with pytest.raises(DeployError, match="Throttling"):
        Patience().ask(failing(*[refused("Throttling")] * 100))
    assert 900 <= sum(slept) < 960


@pytest.mark.parametrize(
    ("error", "expired"),
    [
        (refused("ExpiredToken"), True),
        (refused("AccessDenied"), False),
        (boto.NoCredentialsError(), True),
        (boto.EndpointConnectionError(endpoint_url="https://x"), False),
    ],
)
def test_expired_credentials_are_known(error: Exception, expired: bool) -> None:
    with pytest.raises(DeployError) as caught:
        failing(error)()
    assert has_expired(caught.value) == expired
