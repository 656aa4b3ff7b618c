"""A bound template that was published, with those that it nests, read back from its bucket."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from stackyard.aws.account import Account
from stackyard.aws.template_text import parsed

AT_ONCE = 8
NESTED = re.compile(r"https://([\w.:${}-]+?)\.s3\.[^/\"]+/([\w./-]*)(components/\w+)\.yaml")


def templates(account: Account, name: str, body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a bound template and those that it nests, as ``resolve`` takes them.

    Args:
        account: which may read the bucket.
        name: what the root is called: ``blueprints/<name>``.
        body: the root template.

    Raises:
        DeployError: one cannot be read.
    """
    found = {f"blueprints/{name}": dict(body)}
    places = dict.fromkeys(NESTED.findall(json.dumps(body)))

    def one(place: tuple[str, str, str]) -> tuple[str, dict[str, Any]]:
        bucket, prefix, path = place
        bucket = bucket.replace("${AWS::Region}", account.region)
        return path, read(account, bucket, f"{prefix}{path}.yaml")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return found | dict(pool.map(one, places))


def read(account: Account, bucket: str, key: str) -> dict[str, Any]:
    """Return the template at *key*.

    Raises:
        DeployError: it cannot be read.
    """
    answer = account.client("s3", f"s3://{bucket}/{key}").get_object(Bucket=bucket, Key=key)
    return parsed(answer["Body"].read().decode())
