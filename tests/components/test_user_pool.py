from __future__ import annotations

import json
from typing import Any

import pytest

from stackyard.resolved import Stack, plain
from stackyard.rules import violations
from templates_src.components.user_pool import user_pool
from tests.components.evaluated import stack_of

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:google-AbCdEf"
GIVEN = {
    "ResourceServerIdentifier": "chronotrail",
    "CallbackUrls": "https://app.example.com/callback",
    "LogoutUrls": "https://app.example.com/",
}
GOOGLE = {"GoogleClientId": "id.apps.googleusercontent.com", "GoogleSecretArn": SECRET}


def pool(**given: str) -> Stack:
    return stack_of(user_pool, **{**GIVEN, **given})


def properties(stack: Stack, title: str) -> Any:
    return plain(dict(stack.resources[title].properties))


def broken(**given: str) -> set[str]:
    body = user_pool.template().to_dict()
    return {one.rule for one in violations(body, {**GIVEN, **given}, "us-east-1", set())}


def test_people_sign_in_with_their_address_in_whatever_case() -> None:
    made = properties(pool(), "UserPool")
    assert made["UsernameAttributes"] == ["email"]
    assert made["UsernameConfiguration"] == {"CaseSensitive": False}
    assert made["AutoVerifiedAttributes"] == ["email"]
    (way,) = made["AccountRecoverySetting"]["RecoveryMechanisms"]
    assert way["Name"] == "verified_email"


@pytest.mark.parametrize(
    ("mfa", "configured", "factors"),
    [("off", "OFF", None), ("optional", "OPTIONAL", 1), ("on", "ON", 1)],
)
def test_second_factor_is_a_choice(mfa: str, configured: str, factors: int | None) -> None:
    made = properties(pool(Mfa=mfa), "UserPool")
    assert made["MfaConfiguration"] == configured
    assert (len(made["EnabledMfas"]) if "EnabledMfas" in made else None) == factors


def test_threats_are_watched_for_only_in_the_plan_that_includes_it() -> None:
    assert broken(ThreatProtection="ENFORCED") == {"ThreatProtectionIsPaidFor"}
    assert broken(ThreatProtection="ENFORCED", Tier="PLUS") == set()
    made = properties(pool(ThreatProtection="ENFORCED", Tier="PLUS"), "UserPool")
    assert made["UserPoolAddOns"] == {"AdvancedSecurityMode": "ENFORCED"}
    assert "UserPoolAddOns" not in properties(pool(), "UserPool")


def test_client_keeps_no_secret_and_gets_a_code() -> None:
    made = properties(pool(), "Client")
    assert made["GenerateSecret"] is False
    assert made["AllowedOAuthFlows"] == ["code"]
    assert "chronotrail/read" in made["AllowedOAuthScopes"]
    assert made["PreventUserExistenceErrors"] == "ENABLED"


def test_refresh_tokens_rotate_and_nothing_that_rotation_excludes_is_allowed() -> None:
    made = properties(pool(), "Client")
    assert made["RefreshTokenRotation"]["Feature"] == "ENABLED"
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in made["ExplicitAuthFlows"]


def test_tokens_live_as_long_as_they_are_told() -> None:
    made = properties(pool(AccessTokenMinutes="15", RefreshTokenDays="7"), "Client")
    assert (made["AccessTokenValidity"], made["RefreshTokenValidity"]) == ("15", "7")
    assert made["TokenValidityUnits"]["AccessToken"] == "minutes"


def test_providers_exist_only_when_configured() -> None:
    titles = {"GoogleProvider", "SignInWithAppleProvider", "OIDCProvider"}
    assert not titles & pool().resources.keys()
    with_google = pool(**GOOGLE)
    assert titles & with_google.resources.keys() == {"GoogleProvider"}
    assert len(properties(with_google, "Client")["SupportedIdentityProviders"]) == 2
    assert properties(pool(), "Client")["SupportedIdentityProviders"] == ["COGNITO"]


def test_a_provider_is_configured_as_a_whole() -> None:
    assert broken(GoogleClientId="id") == {"GoogleIsWhole"}
    assert broken(AppleTeamId="team") == {"AppleIsWhole"}
    assert broken(OidcName="Okta", OidcIssuer="https://okta.example.com") == {"OidcIsWhole"}
    assert broken(**GOOGLE) == set()


def test_secret_of_a_provider_is_read_where_it_is_kept() -> None:
    details = properties(pool(**GOOGLE), "GoogleProvider")["ProviderDetails"]
    assert SECRET in json.dumps(details["client_secret"])
    assert "resolve:secretsmanager" in json.dumps(details["client_secret"])


def test_groups_come_in_an_order() -> None:
    resources = pool(AdminGroupName="chiefs").resources
    order = [
        plain(dict(resources[title].properties))
        for title in ("AdminGroup", "EditorGroup", "MemberGroup")
    ]
    assert order[0]["GroupName"] == "chiefs"
    assert [one["Precedence"] for one in order] == sorted(one["Precedence"] for one in order)


def test_login_pages_exist_where_they_have_an_address() -> None:
    assert not {"Domain", "Style"} & pool().resources.keys()
    assert {"Domain", "Style"} <= pool(DomainPrefix="chronotrail").resources.keys()


def test_people_outlive_the_stack() -> None:
    made = user_pool.template().to_dict()["Resources"]["UserPool"]
    assert made["DeletionPolicy"] == "RetainExceptOnCreate"
    assert made["UpdateReplacePolicy"] == "Retain"
    assert properties(pool(DeletionProtection="true"), "UserPool")["DeletionProtection"] == "ACTIVE"
