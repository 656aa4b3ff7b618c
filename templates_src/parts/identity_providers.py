"""Providers with whose accounts people may sign in to a user pool; each exists when configured.

Their secrets are in Secrets Manager, and CloudFormation reads them there when it writes a provider:
a secret that changes is written with the next change of the provider, not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from troposphere import And, AWSHelperFn, Or, Ref, Sub, Template
from troposphere.cognito import UserPool, UserPoolIdentityProvider

from templates_src.contract import Rule, Value, contract, parameter
from templates_src.parts.logic import condition, is_given

SECRET_ARN = "^$|arn:[a-z-]+:secretsmanager:.+"


@contract
class Federated:
    """What every component takes whose users may come from elsewhere."""

    google_client_id: Value = parameter(
        "Client id at Google; nobody signs in with Google if empty.", default="", group="Google"
    )
    google_secret_arn: Value = parameter(
        "ARN of the secret whose member client_secret is that of Google's client.",
        default="",
        group="Google",
        AllowedPattern=SECRET_ARN,
    )
    apple_services_id: Value = parameter(
        "Services id at Apple; nobody signs in with Apple if empty.", default="", group="Apple"
    )
    apple_team_id: Value = parameter("Team id at Apple.", default="", group="Apple")
    apple_key_id: Value = parameter("Id of the key from Apple.", default="", group="Apple")
    apple_secret_arn: Value = parameter(
        "ARN of the secret whose member private_key is that key.",
        default="",
        group="Apple",
        AllowedPattern=SECRET_ARN,
    )
    oidc_name: Value = parameter(
        "Name of another provider that speaks OpenID Connect, as people see it; none if empty."
        " Changing it replaces the provider, and who came from there is a stranger.",
        default="",
        group="OpenID Connect",
        label="OIDC name",
        AllowedPattern=r"^$|[A-Za-z][A-Za-z0-9_-]{2,31}",
    )
    oidc_issuer: Value = parameter(
        "Address of that provider.",
        default="",
        group="OpenID Connect",
        label="OIDC issuer",
        AllowedPattern="^$|https://.+",
    )
    oidc_client_id: Value = parameter(
        "Client id at that provider.", default="", group="OpenID Connect", label="OIDC client ID"
    )
    oidc_secret_arn: Value = parameter(
        "ARN of the secret whose member client_secret is that of the provider's client.",
        default="",
        group="OpenID Connect",
        label="OIDC secret ARN",
        AllowedPattern=SECRET_ARN,
    )


def _together(name: str, what: str, first: Value, *others: Value) -> Rule:
    """Return the rule that a provider is configured as a whole or not at all."""
    given = [is_given(value) for value in (first, *others)]
    return Rule(
        f"{name}IsWhole",
        f"{what} needs all of its parameters, or none.",
        holds=And(*given),
        when=Or(*given),
    )


FEDERATION_RULES = (
    _together("Google", "Google", Federated.google_client_id, Federated.google_secret_arn),
    _together(
        *("Apple", "Apple", Federated.apple_services_id, Federated.apple_team_id),
        *(Federated.apple_key_id, Federated.apple_secret_arn),
    ),
    _together(
        *("Oidc", "OpenID Connect", Federated.oidc_name, Federated.oidc_issuer),
        *(Federated.oidc_client_id, Federated.oidc_secret_arn),
    ),
)


def identity_providers(
    t: Template, p: Federated, pool: UserPool
) -> Iterator[UserPoolIdentityProvider]:
    """Yield the providers of *pool*, each under the condition that it is configured."""
    google = {
        "client_id": p.google_client_id,
        "client_secret": _secret("GoogleSecretArn", "client_secret"),
        "authorize_scopes": "openid email profile",
    }
    apple = {
        "client_id": p.apple_services_id,
        "team_id": p.apple_team_id,
        "key_id": p.apple_key_id,
        "private_key": _secret("AppleSecretArn", "private_key"),
        "authorize_scopes": "email name",
    }
    other = {
        "client_id": p.oidc_client_id,
        "client_secret": _secret("OidcSecretArn", "client_secret"),
        "oidc_issuer": p.oidc_issuer,
        "attributes_request_method": "GET",
        "authorize_scopes": "openid email profile",
    }
    verified = {"email": "email", "email_verified": "email_verified"}
    apples = {"email": "email", "given_name": "firstName", "family_name": "lastName"}
    providers: tuple[tuple[str, Value, Value, Mapping[str, Value], Mapping[str, str]], ...] = (
        # title, what configures it, its name, how it is reached, what it says of a person
        ("Google", p.google_client_id, "Google", google, {**verified, "name": "name"}),
        ("SignInWithApple", p.apple_services_id, "SignInWithApple", apple, apples),
        ("OIDC", p.oidc_name, p.oidc_name, other, {**verified, "name": "name"}),
    )
    for kind, given, name, details, attributes in providers:
        yield UserPoolIdentityProvider(
            f"{kind}Provider",
            Condition=condition(t, f"Has{kind}", is_given(given)),
            UserPoolId=Ref(pool),
            ProviderName=name,
            ProviderType=kind,
            ProviderDetails=dict(details),
            AttributeMapping={**attributes, "username": "sub"},
        )


def _secret(parameter_id: str, member: str) -> AWSHelperFn:
    return Sub(f"{{{{resolve:secretsmanager:${{{parameter_id}}}:SecretString:{member}}}}}")
