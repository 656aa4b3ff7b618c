"""Put a build where CloudFormation finds it, once and for ever under the build's digest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

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


def publish(account: Account, dist: Path, digest: str, bucket: str = "") -> Published:
    """Upload the templates and functions of *dist* under ``stackyard/<digest>/``.

    Args:
        account: where to.
        dist: the built folder.
        digest: of the build.
        bucket: its name; on the embedded account one is made if it does not exist.

    Raises:
        DeployError: there is no bucket, or other bytes were published under this digest.
    """
    bucket = _bucket(account, bucket)
    prefix = f"stackyard/{digest}/"
    files = {
        f"{prefix}{path.relative_to(dist).as_posix()}": path
        for folder in FOLDERS
        for path in sorted((dist / folder).rglob("*"))
        if path.is_file()
    }
    if not files:
        raise DeployError(f"{dist}: holds no templates to publish; build first")
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
