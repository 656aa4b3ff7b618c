"""Put a build where CloudFormation finds it, once and for ever under the build's digest."""

from __future__ import annotations

import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.errors import DeployError

# Of dist/, what a deployment reads; the rest is for people and other tools
FOLDERS = ("blueprints", "components", "functions")
UPLOADS = 8  # at once
NESTED = re.compile(r"\$\{TemplatePrefix\}(components/\w+)\.yaml")


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

    def data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

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
        DeployError: it is not built, there is no bucket, other bytes were published under this
            digest, or a file cannot be read back.
    """
    built = _built(dist, blueprint)
    bucket = _bucket(account, bucket)
    prefix = built["prefix"]
    files = _files(dist, built)
    there = s3.keys(account, bucket, prefix)

    def put(key: str) -> bool:
        is_new = s3.put_once(account, bucket, key, files[key], there=key in there)
        # CloudFormation reads with the permissions of whoever deploys
        s3.check_readable(account, bucket, key, len(files[key]))
        return is_new

    with ThreadPoolExecutor(UPLOADS) as pool:
        done = dict(zip(files, pool.map(put, files), strict=True))
    return Published(
        bucket=bucket,
        prefix=prefix,
        region=account.region,
        uploaded=tuple(key for key, put in done.items() if put),
        kept=tuple(key for key, put in done.items() if not put),
    )


def located(account: Account, dist: Path, blueprint: str, bucket: str) -> Published:
    """Return where the build of a blueprint is, or would be, without a look at it."""
    return Published(bucket, _built(dist, blueprint)["prefix"], account.region, (), ())


def is_published(account: Account, dist: Path, blueprint: str, bucket: str) -> bool:
    """Return whether the build of a blueprint is in *bucket* as a whole."""
    if not s3.exists(account, bucket):
        return False
    built = _built(dist, blueprint)
    return _files(dist, built).keys() <= s3.keys(account, bucket, built["prefix"])


def default_bucket(account: Account) -> str:
    """Return the name of the bucket that the embedded account gets."""
    return f"stackyard-{account.id}-{account.region}"


def _files(dist: Path, built: dict[str, Any]) -> dict[str, bytes]:
    """Return the content of every key of a build, its part of the manifest included.

    Raises:
        DeployError: a template nests one that is not built.
    """
    paths = [path for path in built["outputs"] if _is_read(path)]
    contents = {path: (dist / path).read_bytes() for path in paths}
    for path, content in contents.items():
        for nested in NESTED.findall(content.decode("utf-8", "replace")):
            if f"{nested}.yaml" not in contents:
                raise DeployError(f"{path}: nests {nested}, which is not built; build again")
    outputs = {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}
    # parameter files and sources can change under the same digest, so they are not part of it
    manifest = {"prefix": built["prefix"], "outputs": outputs}
    contents["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    return {f"{built['prefix']}{path}": content for path, content in contents.items()}


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
    name = name or default_bucket(account)
    if not s3.exists(account, name):
        s3.create(account, name)
    return name
