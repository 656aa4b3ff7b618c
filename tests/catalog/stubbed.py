"""An account whose clients answer what a test says, in shapes that botocore's models check.

The embedded account has no Service Catalog, so this is all that tries these calls: status,
versions, guidance, plans, shares. The answers are modelled on the API's shapes, not recorded.
"""

from __future__ import annotations

from typing import Any

import boto3
from botocore.stub import Stubber

from stackyard.aws.account import Account

REGION = "us-east-1"
PRODUCT, OLD, NEW = "prod-abcdefghijklm", "pa-aaaaaaaaaaaaa", "pa-bbbbbbbbbbbbb"


class Stubs:
    """An account and what its services answer, in order."""

    def __init__(self) -> None:
        self.account = Account(
            region=REGION, endpoint_url="http://127.0.0.1:9", embedded_id="1" * 12
        )
        self.stubbers: dict[str, Stubber] = {}

    def answer(
        self, service: str, operation: str, answer: dict[str, Any], asked: dict[str, Any]
    ) -> None:
        """Expect one more call."""
        self._stubber(service).add_response(operation, answer, asked)

    def fail(self, service: str, operation: str, code: str, message: str) -> None:
        """Expect one more call, and refuse it."""
        self._stubber(service).add_client_error(operation, code, message)

    def check(self) -> None:
        """Fail if a call was expected that nobody made."""
        for stubber in self.stubbers.values():
            stubber.assert_no_pending_responses()

    def _stubber(self, service: str) -> Stubber:
        if service not in self.stubbers:
            client = boto3.client(
                service,  # type: ignore[call-overload]
                region_name=REGION,
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            self.account._clients[service] = client
            self.stubbers[service] = Stubber(client)
            self.stubbers[service].activate()
        return self.stubbers[service]


def artifact(id: str, name: str, day: int, guidance: str = "DEFAULT") -> dict[str, Any]:
    return {
        "Id": id,
        "Name": name,
        "Active": True,
        "Guidance": guidance,
        "CreatedTime": f"2026-01-{day:02}T00:00:00Z",
    }


def provisioned(name: str, artifact_id: str, version: str, **more: str) -> dict[str, Any]:
    return {
        "Id": f"pp-{name}",
        "Name": name,
        "ProductId": PRODUCT,
        "ProductName": "pyshop",
        "ProvisioningArtifactId": artifact_id,
        "ProvisioningArtifactName": version,
        "Status": "AVAILABLE",
        "UserArn": "arn:aws:iam::111111111111:user/ann",
        **more,
    }
