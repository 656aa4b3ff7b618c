"""Listeners of a public load balancer. What no service's rule matches is not found."""

from __future__ import annotations

from typing import Any

from troposphere import If, Ref
from troposphere.elasticloadbalancingv2 import (
    Action,
    Certificate,
    FixedResponseConfig,
    Listener,
    LoadBalancer,
    RedirectConfig,
)

from templates_src.contract import Value
from templates_src.parts.logic import only_if


def http_listener(balancer: LoadBalancer, *, redirects: str) -> Listener:
    """Return the listener on port 80.

    Args:
        balancer: whose listener it is.
        redirects: condition under which it only redirects to HTTPS.
    """
    to_https = RedirectConfig(
        Protocol="HTTPS",
        Port="443",
        Host="#{host}",
        Path="/#{path}",
        Query="#{query}",
        StatusCode="HTTP_301",
    )
    return Listener(
        "HttpListener",
        LoadBalancerArn=Ref(balancer),
        Port=80,
        Protocol="HTTP",
        DefaultActions=[
            If(redirects, Action(Type="redirect", RedirectConfig=to_https), not_found())
        ],
    )


def https_listener(
    balancer: LoadBalancer, *, certificate_arn: Value, tls_policy: Value, **more: Any
) -> Listener:
    """Return the listener on port 443.

    Args:
        balancer: whose listener it is.
        certificate_arn: of a certificate in the same region.
        tls_policy: name of a security policy of Elastic Load Balancing.
        more: other attributes of the listener, ``Condition`` among them.
    """
    return Listener(
        "HttpsListener",
        LoadBalancerArn=Ref(balancer),
        Port=443,
        Protocol="HTTPS",
        SslPolicy=tls_policy,
        Certificates=[Certificate(CertificateArn=certificate_arn)],
        DefaultActions=[not_found()],
        **more,
    )


def test_listener(
    balancer: LoadBalancer,
    *,
    port: Value,
    secure: str,
    certificate_arn: Value,
    tls_policy: Value,
    **more: Any,
) -> Listener:
    """Return the listener on which a release is tried before it gets requests.

    Args:
        balancer: whose listener it is.
        port: that no other listener has.
        secure: condition under which it speaks HTTPS.
        certificate_arn: of a certificate in the same region.
        tls_policy: name of a security policy of Elastic Load Balancing.
        more: other attributes of the listener, ``Condition`` among them.
    """
    return Listener(
        "TestListener",
        LoadBalancerArn=Ref(balancer),
        Port=port,
        Protocol=If(secure, "HTTPS", "HTTP"),
        SslPolicy=only_if(secure, tls_policy),
        Certificates=only_if(secure, [Certificate(CertificateArn=certificate_arn)]),
        DefaultActions=[not_found()],
        **more,
    )


def not_found() -> Action:
    """Return the action that answers with 404."""
    response = FixedResponseConfig(
        StatusCode="404", ContentType="text/plain", MessageBody="Not found"
    )
    return Action(Type="fixed-response", FixedResponseConfig=response)
