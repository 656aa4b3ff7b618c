"""Provisioners of what a user pool has besides people: providers with whose accounts they come."""

from __future__ import annotations

from typing import Any

from stackyard.local.api import call
from stackyard.local.handlers import Created, Properties, Provisioner, pick

SERVICE = "cognito-idp"


def _provider(properties: Properties) -> Created:
    given = pick(properties, "ProviderType", "ProviderDetails", "AttributeMapping")
    call(SERVICE, "CreateIdentityProvider", **_named(properties), **given)
    return properties["ProviderName"], {}


def _change_provider(_: str, properties: Properties) -> None:
    given = pick(properties, "ProviderDetails", "AttributeMapping")
    call(SERVICE, "UpdateIdentityProvider", **_named(properties), **given)


def _named(properties: Properties) -> dict[str, Any]:
    return pick(properties, "UserPoolId", "ProviderName")


PROVISIONERS = {
    "AWS::Cognito::UserPoolIdentityProvider": Provisioner(
        _provider,
        lambda _, properties: call(SERVICE, "DeleteIdentityProvider", **_named(properties)),
        _change_provider,
    ),
}
