"""Put the templates of every offered version where Service Catalog finds them, for ever."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.catalog import offers
from stackyard.catalog.bound import bound
from stackyard.deploy.publish import located, publish
from stackyard.errors import DeployError
from stackyard.library import Library
from stackyard.project import Project


@dataclass(frozen=True)
class Offered:
    """A version in the bucket.

    Attributes:
        system: its name.
        version: its number.
        key: of its template.
        is_new: whether it was put now.
    """

    system: str
    version: str
    key: str
    is_new: bool


def publish_all(account: Account, project: Project, bucket: str) -> Iterator[Offered]:
    """Publish the versions that ``dist/`` holds, and see that the others are there.

    Raises:
        DeployError: an older version is not in the bucket; nothing of it can be made again here.
    """
    library = Library(project)
    for system, offer in offers.read(project).items():
        built = located(account, project.dist, system, bucket).prefix
        for version, prefix in offers.prefixes(offer).items():
            key = offers.key(prefix, system)
            is_new = False
            if prefix == built:
                place = publish(account, project.dist, system, bucket)
                body = bound(library.template(f"blueprints/{system}").body, place.bucket, prefix)
                is_new = put(account, place.bucket, key, body)
            elif key not in s3.keys(account, bucket, key):
                raise DeployError(
                    f"s3://{bucket}/{key}: {system} {version} is offered and not there; check out"
                    f" {version} and publish it from there"
                )
            yield Offered(system, version, key, is_new)


def put(account: Account, bucket: str, key: str, body: Mapping[str, Any]) -> bool:
    """Put a template at *key*, once, and return whether it was put now.

    Raises:
        DeployError: another is there, or it cannot be read back.
    """
    content = text(body)
    is_new = s3.put_once(account, bucket, key, content, there=bool(s3.keys(account, bucket, key)))
    s3.check_readable(account, bucket, key, len(content))
    return is_new


def text(body: Mapping[str, Any]) -> bytes:
    """Return a template as it is published; JSON is YAML."""
    return json.dumps(body, indent=1).encode()


def digest(body: Mapping[str, Any]) -> str:
    """Return what tells a template from every other."""
    return hashlib.sha256(text(body)).hexdigest()[:16]
