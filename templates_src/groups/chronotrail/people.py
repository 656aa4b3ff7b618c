"""The people group of ChronoTrail: who they are, what they may do, how they sign in."""

from __future__ import annotations

from troposphere import Template

from templates_src.components.user_pool import Outputs as UserPoolOutputs
from templates_src.components.user_pool import user_pool
from templates_src.contract import Value, contract, passed_to
from templates_src.groups.chronotrail.common import APPLICATION, Common


@contract
class Parameters(Common):
    callback_urls: Value = passed_to(user_pool.takes.callback_urls, group="Users")
    logout_urls: Value = passed_to(user_pool.takes.logout_urls, group="Users")
    login_domain_prefix: Value = passed_to(user_pool.takes.domain_prefix, group="Users")
    self_sign_up: Value = passed_to(user_pool.takes.self_sign_up, group="Users")
    password_length: Value = passed_to(user_pool.takes.password_length, group="Users")
    mfa: Value = passed_to(user_pool.takes.mfa, group="Users")
    user_pool_tier: Value = passed_to(user_pool.takes.tier, group="Users")
    threat_protection: Value = passed_to(user_pool.takes.threat_protection, group="Users")
    email_identity_arn: Value = passed_to(user_pool.takes.email_identity_arn, group="Users")
    access_token_minutes: Value = passed_to(user_pool.takes.access_token_minutes, group="Users")
    id_token_minutes: Value = passed_to(user_pool.takes.id_token_minutes, group="Users")
    refresh_token_days: Value = passed_to(user_pool.takes.refresh_token_days, group="Users")
    google_client_id: Value = passed_to(user_pool.takes.google_client_id)
    google_secret_arn: Value = passed_to(user_pool.takes.google_secret_arn)
    apple_services_id: Value = passed_to(user_pool.takes.apple_services_id)
    apple_team_id: Value = passed_to(user_pool.takes.apple_team_id)
    apple_key_id: Value = passed_to(user_pool.takes.apple_key_id)
    apple_secret_arn: Value = passed_to(user_pool.takes.apple_secret_arn)
    oidc_name: Value = passed_to(user_pool.takes.oidc_name)
    oidc_issuer: Value = passed_to(user_pool.takes.oidc_issuer)
    oidc_client_id: Value = passed_to(user_pool.takes.oidc_client_id)
    oidc_secret_arn: Value = passed_to(user_pool.takes.oidc_secret_arn)


def nest_user_pool(t: Template, p: Parameters) -> UserPoolOutputs:
    """Nest the user pool with its client."""
    return user_pool.nest(
        t,
        "Users",
        resource_server_identifier=APPLICATION,
        callback_urls=p.callback_urls,
        logout_urls=p.logout_urls,
        domain_prefix=p.login_domain_prefix,
        self_sign_up=p.self_sign_up,
        password_length=p.password_length,
        mfa=p.mfa,
        tier=p.user_pool_tier,
        threat_protection=p.threat_protection,
        email_identity_arn=p.email_identity_arn,
        access_token_minutes=p.access_token_minutes,
        id_token_minutes=p.id_token_minutes,
        refresh_token_days=p.refresh_token_days,
        google_client_id=p.google_client_id,
        google_secret_arn=p.google_secret_arn,
        apple_services_id=p.apple_services_id,
        apple_team_id=p.apple_team_id,
        apple_key_id=p.apple_key_id,
        apple_secret_arn=p.apple_secret_arn,
        oidc_name=p.oidc_name,
        oidc_issuer=p.oidc_issuer,
        oidc_client_id=p.oidc_client_id,
        oidc_secret_arn=p.oidc_secret_arn,
        deletion_protection=p.deletion_protection,
    )
