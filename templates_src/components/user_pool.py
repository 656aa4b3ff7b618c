"""A user pool (Amazon Cognito): people, their groups, how they sign in and what a client may ask.

Cognito cannot change how people are named or which attributes they have once the pool exists, and
another pool would be without them and their passwords.
"""

from __future__ import annotations

from typing import Any

from troposphere import Equals, GetAtt, If, Join, Not, Ref, Template
from troposphere.cognito import (
    AccountRecoverySetting,
    AdminCreateUserConfig,
    EmailConfiguration,
    ManagedLoginBranding,
    PasswordPolicy,
    Policies,
    RecoveryOption,
    RefreshTokenRotation,
    ResourceServerScopeType,
    SchemaAttribute,
    TokenValidityUnits,
    UserAttributeUpdateSettings,
    UsernameConfiguration,
    UserPool,
    UserPoolAddOns,
    UserPoolClient,
    UserPoolDomain,
    UserPoolGroup,
    UserPoolIdentityProvider,
    UserPoolResourceServer,
)

from templates_src.contract import Component, Rule, Value, contract, flag, output, parameter
from templates_src.parts.identity_providers import (
    FEDERATION_RULES,
    Federated,
    identity_providers,
)
from templates_src.parts.logic import condition, is_given, is_true, only_if

SCOPES = {"read": "Read what one may see", "write": "Change what one may change"}
GROUP_NAME = r"[\w+=,.@-]{1,128}"
MANAGED_LOGIN = 2  # the version after the classic hosted UI


@contract
class Parameters(Federated):
    self_sign_up: Value = flag("Whether people may sign up by themselves.", default=True)
    password_length: Value = parameter(
        "Least number of characters of a password, which has letters of both cases and digits.",
        Type="Number",
        MinValue=8,
        MaxValue=99,
        default=12,
    )
    mfa: Value = parameter(
        "Whether a second factor, an app for one-time passwords, may (optional) or must be used.",
        default="optional",
        AllowedValues=["off", "optional", "on"],
        label="MFA",
    )
    # Lite has no managed login and does not rotate refresh tokens
    tier: Value = parameter(
        "Feature plan, which is the price per user; threat protection needs PLUS.",
        default="ESSENTIALS",
        AllowedValues=["ESSENTIALS", "PLUS"],
    )
    threat_protection: Value = parameter(
        "What happens when a sign-in looks like an attack: nothing, a record, or a refusal.",
        default="OFF",
        AllowedValues=["OFF", "AUDIT", "ENFORCED"],
    )
    deletion_protection: Value = flag("Whether the pool refuses to be deleted.", default=False)
    email_identity_arn: Value = parameter(
        "ARN of the SES identity that sends mail; Cognito's own, 50 a day, if empty.",
        default="",
        label="E-mail identity ARN",
        AllowedPattern="^$|arn:.*",
    )
    admin_group_name: Value = parameter(
        "Name of the group that comes first: administrators. Changing it replaces the group.",
        default="admins",
        group="Groups",
        AllowedPattern=GROUP_NAME,
    )
    editor_group_name: Value = parameter(
        "Name of the second group: who edits. Changing it replaces the group.",
        default="editors",
        group="Groups",
        AllowedPattern=GROUP_NAME,
    )
    member_group_name: Value = parameter(
        "Name of the last group: everybody else. Changing it replaces the group.",
        default="members",
        group="Groups",
        AllowedPattern=GROUP_NAME,
    )
    # Cognito refuses a prefix with one of its own names in it
    domain_prefix: Value = parameter(
        "First part of the address of the login pages, unique in the region, without aws, amazon or"
        " cognito; no pages, and no other providers, if empty. Changing it replaces the address.",
        default="",
        group="Client",
        AllowedPattern="^$|(?!.*(aws|amazon|cognito))[a-z0-9](-?[a-z0-9])*",
        MaxLength=63,
    )
    resource_server_identifier: Value = parameter(
        "First part of the API's scopes, as in chronotrail/read. Changing it replaces them.",
        group="Client",
        AllowedPattern="[!-~]{1,200}",
    )
    callback_urls: Value = parameter(
        "Comma-separated addresses that people return to after they signed in; HTTPS, but for"
        " localhost.",
        Type="CommaDelimitedList",
        group="Client",
    )
    logout_urls: Value = parameter(
        "Comma-separated addresses that people return to after they signed out.",
        Type="CommaDelimitedList",
        group="Client",
    )
    access_token_minutes: Value = parameter(
        "Minutes that an access token is valid; it cannot be taken back at a load balancer.",
        Type="Number",
        MinValue=5,
        MaxValue=1440,
        default=60,
        group="Client",
    )
    id_token_minutes: Value = parameter(
        "Minutes that an ID token is valid.",
        Type="Number",
        MinValue=5,
        MaxValue=1440,
        default=60,
        group="Client",
        label="ID token minutes",
    )
    refresh_token_days: Value = parameter(
        "Days after which people sign in again.",
        Type="Number",
        MinValue=1,
        MaxValue=3650,
        default=30,
        group="Client",
    )


@contract
class Outputs:
    user_pool_id: Value = output("Id of the user pool.")
    user_pool_arn: Value = output("ARN of the user pool.")
    client_id: Value = output("Id of the client, which is no secret.")
    issuer: Value = output("Address of who issues the tokens.")
    jwks_endpoint: Value = output("Address of the keys that the tokens are signed with.")
    login_url: Value = output("Address of the login pages; empty if there are none.")


RULES = (
    *FEDERATION_RULES,
    Rule(
        "ThreatProtectionIsPaidFor",
        "ThreatProtection needs Tier PLUS.",
        holds=Equals(Parameters.tier, "PLUS"),
        when=Not(Equals(Parameters.threat_protection, "OFF")),
    ),
)


def build(t: Template, p: Parameters) -> Outputs:
    """User pool with groups, providers, scopes, login pages and a public client."""
    pool = t.add_resource(_pool(t, p))
    for precedence, (title, name) in enumerate(
        (
            ("AdminGroup", p.admin_group_name),
            ("EditorGroup", p.editor_group_name),
            ("MemberGroup", p.member_group_name),
        )
    ):
        t.add_resource(
            UserPoolGroup(title, UserPoolId=Ref(pool), GroupName=name, Precedence=10 * precedence)
        )
    providers = [t.add_resource(one) for one in identity_providers(t, p, pool)]
    server = t.add_resource(
        UserPoolResourceServer(
            "ResourceServer",
            UserPoolId=Ref(pool),
            Identifier=p.resource_server_identifier,
            Name=p.resource_server_identifier,
            Scopes=[
                ResourceServerScopeType(ScopeName=name, ScopeDescription=what)
                for name, what in SCOPES.items()
            ],
        )
    )
    client = t.add_resource(_client(p, pool, server, providers))
    paged = _login_pages(t, p, pool, client)
    issuer = Join("", ["https://", GetAtt(pool, "ProviderName")])
    pages = ["https://", p.domain_prefix, ".auth.", Ref("AWS::Region"), ".amazoncognito.com"]
    return Outputs(
        user_pool_id=Ref(pool),
        user_pool_arn=GetAtt(pool, "Arn"),
        client_id=Ref(client),
        issuer=issuer,
        jwks_endpoint=Join("", [issuer, "/.well-known/jwks.json"]),
        login_url=If(paged, Join("", pages), ""),
    )


def _pool(t: Template, p: Parameters) -> UserPool:
    uses_mfa = condition(t, "UsesMfa", Not(Equals(p.mfa, "off")))
    must_mfa = condition(t, "RequiresMfa", Equals(p.mfa, "on"))
    protected = condition(t, "IsProtected", is_true(p.deletion_protection))
    open_to_all = condition(t, "LetsPeopleSignUp", is_true(p.self_sign_up))
    sends = condition(t, "HasEmailIdentity", is_given(p.email_identity_arn))
    watched = condition(t, "WatchesForThreats", Not(Equals(p.threat_protection, "OFF")))
    passwords = PasswordPolicy(
        MinimumLength=p.password_length,
        RequireLowercase=True,
        RequireUppercase=True,
        RequireNumbers=True,
        RequireSymbols=False,  # length does more, and people can remember it
        TemporaryPasswordValidityDays=3,
    )
    mail = EmailConfiguration(EmailSendingAccount="DEVELOPER", SourceArn=p.email_identity_arn)
    return UserPool(
        "UserPool",
        # never change these three: see above
        UsernameAttributes=["email"],
        UsernameConfiguration=UsernameConfiguration(CaseSensitive=False),
        # mutable, or who comes from another provider could sign in only once
        Schema=[
            SchemaAttribute(Name="email", AttributeDataType="String", Required=True, Mutable=True)
        ],
        AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings=UserAttributeUpdateSettings(
            AttributesRequireVerificationBeforeUpdate=["email"]
        ),
        AccountRecoverySetting=AccountRecoverySetting(
            RecoveryMechanisms=[RecoveryOption(Name="verified_email", Priority=1)]
        ),
        AdminCreateUserConfig=AdminCreateUserConfig(
            AllowAdminCreateUserOnly=If(open_to_all, False, True)
        ),
        Policies=Policies(PasswordPolicy=passwords),
        MfaConfiguration=If(must_mfa, "ON", If(uses_mfa, "OPTIONAL", "OFF")),
        EnabledMfas=only_if(uses_mfa, ["SOFTWARE_TOKEN_MFA"]),
        UserPoolTier=p.tier,
        UserPoolAddOns=only_if(watched, UserPoolAddOns(AdvancedSecurityMode=p.threat_protection)),
        EmailConfiguration=only_if(sends, mail),
        DeletionProtection=If(protected, "ACTIVE", "INACTIVE"),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def _client(
    p: Parameters,
    pool: UserPool,
    server: UserPoolResourceServer,
    providers: list[UserPoolIdentityProvider],
) -> UserPoolClient:
    """Return the client of a browser or a phone, which can keep no secret and so brings PKCE."""
    scopes = [Join("/", [p.resource_server_identifier, name]) for name in SCOPES]
    known: list[Any] = [only_if(provider.Condition, Ref(provider)) for provider in providers]
    return UserPoolClient(
        "Client",
        # its scopes are names, and would not wait
        DependsOn=[server.title],
        UserPoolId=Ref(pool),
        GenerateSecret=False,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["code"],
        AllowedOAuthScopes=["openid", "email", "profile", *scopes],
        CallbackURLs=p.callback_urls,
        LogoutURLs=p.logout_urls,
        SupportedIdentityProviders=["COGNITO", *known],
        # not ALLOW_REFRESH_TOKEN_AUTH, which rotation excludes:
        # https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-refresh-token.html
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"],
        RefreshTokenRotation=RefreshTokenRotation(Feature="ENABLED", RetryGracePeriodSeconds=60),
        EnableTokenRevocation=True,
        PreventUserExistenceErrors="ENABLED",
        AccessTokenValidity=p.access_token_minutes,
        IdTokenValidity=p.id_token_minutes,
        RefreshTokenValidity=p.refresh_token_days,
        TokenValidityUnits=TokenValidityUnits(
            AccessToken="minutes", IdToken="minutes", RefreshToken="days"
        ),
    )


def _login_pages(t: Template, p: Parameters, pool: UserPool, client: UserPoolClient) -> str:
    """Add the domain of the login pages and their look; return the condition that they exist."""
    paged = condition(t, "HasLoginPages", is_given(p.domain_prefix))
    t.add_resource(
        UserPoolDomain(
            "Domain",
            Condition=paged,
            UserPoolId=Ref(pool),
            Domain=p.domain_prefix,
            ManagedLoginVersion=MANAGED_LOGIN,
        )
    )
    # without a style the pages of this version do not open
    t.add_resource(
        ManagedLoginBranding(
            "Style",
            Condition=paged,
            UserPoolId=Ref(pool),
            ClientId=Ref(client),
            UseCognitoProvidedValues=True,
        )
    )
    return paged


user_pool = Component(Parameters, Outputs, build, rules=RULES)
