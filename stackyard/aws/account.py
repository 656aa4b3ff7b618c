"""The account and region that a command works in, and the clients that reach it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, cast

import boto3
import botocore.config
import botocore.loaders
import botocore.session

from stackyard.aws.errors import translated

CONNECT_SECONDS = 5
READ_SECONDS = 60
ATTEMPTS = 10  # CloudFormation throttles per account, whoever else is calling
FEW = 2  # for what is on this machine, and for the first call of all, which must not hang


@dataclass(frozen=True)
class Account:
    """An account in a region.

    Attributes:
        region: ``eu-central-1``.
        profile: profile of the AWS configuration; its default if empty.
        endpoint_url: of the embedded account; AWS itself if empty.
        embedded_id: twelve digits, which the embedded account takes for credentials.
    """

    region: str
    profile: str = ""
    endpoint_url: str = ""
    embedded_id: str = ""

    @property
    def is_embedded(self) -> bool:
        """Whether this is an account on this machine."""
        return bool(self.embedded_id)

    @functools.cached_property
    def id(self) -> str:
        """Return the twelve digits of the account.

        Raises:
            DeployError: there are no valid credentials.
        """
        return cast(str, self.client("sts").get_caller_identity()["Account"])

    def client(self, service: str, about: str = "") -> Any:
        """Return the client of *service*; whatever it raises is a DeployError.

        Args:
            service: in boto3's words.
            about: the stack or bucket that its errors are about.

        Raises:
            DeployError: the profile does not exist.
        """
        where = self.endpoint_url or self.region
        where = f"{about} in {where}" if about else where
        if service not in self._clients:
            with translated(where):
                self._clients[service] = self._made(service)
        return _Translating(self._clients[service], where)

    @functools.cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    @functools.cached_property
    def _session(self) -> boto3.Session:
        models = botocore.session.get_session()
        models.register_component("data_loader", _loader())
        session = functools.partial(boto3.Session, botocore_session=models, region_name=self.region)
        if self.is_embedded:
            return session(aws_access_key_id=self.embedded_id, aws_secret_access_key="embedded")
        return session(profile_name=self.profile or None)

    def _made(self, service: str) -> Any:
        config = botocore.config.Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={
                "mode": "standard" if self.is_embedded else "adaptive",
                "max_attempts": FEW if self.is_embedded or service == "sts" else ATTEMPTS,
            },
            user_agent_extra="stackyard",
        )
        # boto3's stubs know each service by a literal
        session = cast(Any, self._session)
        return session.client(service, endpoint_url=self.endpoint_url or None, config=config)


@functools.cache
def _loader() -> botocore.loaders.Loader:
    """Return what reads the models of services: once, and not again for every account."""
    return botocore.loaders.create_loader()


class _Translating:
    """A client whose errors are DeployErrors."""

    def __init__(self, client: Any, where: str) -> None:
        self._client = client
        self._where = where

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._client, name)
        if not callable(attribute):
            return attribute

        def operation(*args: Any, **parameters: Any) -> Any:
            with translated(self._where):
                result = attribute(*args, **parameters)
            return _Paginator(result, self._where) if name == "get_paginator" else result

        return operation


class _Paginator:
    """A paginator whose errors are DeployErrors."""

    def __init__(self, paginator: Any, where: str) -> None:
        self._paginator = paginator
        self._where = where

    def paginate(self, **parameters: Any) -> Any:
        """Yield the pages."""
        with translated(self._where):
            yield from self._paginator.paginate(**parameters)
