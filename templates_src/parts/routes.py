"""The routes of an HTTP API, and how many requests each lets through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from troposphere.apigatewayv2 import Route, RouteSettings

from templates_src.contract import Value, bound
from templates_src.parts.access import Access

# Which client a request is of, for what stands behind the gateway. HTTP APIs let nobody write
# X-Forwarded-For:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
CLIENT_ADDRESS = "x-client-address"
EVERYTHING = "$default"


class RouteLimit(NamedTuple):
    """The value is how many requests each of these routes lets through, in a second and at once.

    A route's key cannot come from a parameter, because it is a key in the settings of the stage as
    well; so a blueprint that limits routes of its own extends the component.

    Attributes:
        keys: ``POST /uploads/{proxy+}``: a method or ``ANY``, and a path.
    """

    keys: tuple[str, ...]

    def access(self, value: Value) -> Access:
        """Return nothing: a limit grants nobody anything."""
        return Access()


# ``{proxy+}`` is whatever path there is but the root
WRITING = RouteLimit(tuple(f"{verb} /{{proxy+}}" for verb in ("DELETE", "PATCH", "POST", "PUT")))


def routes(p: object, **common: Any) -> Iterator[Route]:
    """Yield the route of everything else and one for each key that a parameter of *p* limits.

    Args:
        p: parameters, some of them bound to a ``RouteLimit``.
        common: properties of every route.
    """
    yield Route("EverythingRoute", RouteKey=EVERYTHING, **common)
    for key in _limits(p):
        words = re.findall("[A-Za-z0-9]+", key)
        title = "".join(word.capitalize() for word in words)
        yield Route(f"{title}Route", RouteKey=key, **common)


def default_settings(rate: Value, burst: Value) -> RouteSettings:
    """Return what holds for a route that has no limit of its own."""
    return RouteSettings(
        ThrottlingRateLimit=rate, ThrottlingBurstLimit=burst, DetailedMetricsEnabled=True
    )


def settings(p: object) -> dict[str, Any]:
    """Return what holds for each route that has a limit of its own.

    It takes nothing from the default, so that all of it is said again.
    """
    return {
        key: default_settings(rate=value, burst=value).to_dict()
        for key, value in _limits(p).items()
    }


def _limits(p: object) -> dict[str, Value]:
    return {
        key: value
        for limit, value in bound(p)
        if isinstance(limit, RouteLimit)
        for key in limit.keys
    }
