"""Put a build where CloudFormation finds it, once and for ever under the build's digest."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.errors import DeployError

# Of dist/, what a deployment reads; the rest is for people and other tools
FOLDERS = ("blueprints", "components", "functions")
UPLOADS = 8  # at once


@dataclass(frozen=True)
class Published:
    """A build in a bucket.

    Attributes:
        bucket: its name.
        prefix: of all keys, ending in a slash.
        uploaded: keys that were put now.
        kept: keys that were there with the same bytes.
    """

    bucket: str
    prefix: str
    region: str
    uploaded: tuple[str, ...]
    kept: tuple[str, ...]

    def url(self, name: str) -> str:
        """Return the address of ``blueprints/pyshop.yaml`` for CloudFormation."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return f"https://{self.bucket}.s3.{self.region}.{suffix}/{self.prefix}{name}"


def publish(account: Account, dist: Path, blueprint: str, bucket: str = "") -> Published:
    """Upload the templates and functions of a blueprint under the digest of its build.

    Args:
        account: where to.
        dist: the built folder.
        blueprint: whose templates.
        bucket: its name; on the embedded account one is made if it does not exist.

    Raises:
        DeployError: it is not built, there is no bucket, or other bytes were published under this
            digest.
    """
    built = _built(dist, blueprint)
    bucket = _bucket(account, bucket)
    prefix = built["prefix"]
    files = {f"{prefix}{path}": dist / path for path in built["outputs"] if _is_read(path)}
    there = s3.keys(account, bucket, prefix)

    def put(key: str) -> bool:
        return s3.put_once(account, bucket, key, files[key].read_bytes(), there=key in there)

    with ThreadPoolExecutor(UPLOADS) as pool:
        done = dict(zip(files, pool.map(put, files), strict=True))
    return Published(
        bucket=bucket,
        prefix=prefix,
        region=account.region,
        uploaded=tuple(key for key, put in done.items() if put),
        kept=tuple(key for key, put in done.items() if not put),
    )


def _built(dist: Path, blueprint: str) -> dict[str, Any]:
    """Return what the manifest says of a blueprint."""
    try:
        manifest = json.loads((dist / "manifest.json").read_bytes())
        return dict(manifest["blueprints"][blueprint])
    except (OSError, ValueError, KeyError):
        raise DeployError(f"{dist}: {blueprint} is not built; run python build.py first") from None


def _is_read(path: str) -> bool:
    return path.partition("/")[0] in FOLDERS


def _bucket(account: Account, name: str) -> str:
    if not account.is_embedded:
        if not name:
            raise DeployError("publish: no artifact bucket is configured; name one")
        if not s3.exists(account, name):
            raise DeployError(f"{name}: there is no such bucket; create it or correct its name")
        return name
    name = name or f"stackyard-{account.id}-{account.region}"
    if not s3.exists(account, name):
        s3.create(account, name)
    return name
