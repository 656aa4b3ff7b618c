"""Publishing a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.deploy.publish import publish
from stackyard.errors import DeployError
from tests.deployed.small import (
    QUEUE,
    written,
)


def test_publishing_again_uploads_nothing(account: Account, dist: Path) -> None:
    assert len(publish(account, dist, "root").uploaded) == 3
    again = publish(account, dist, "root")
    assert again.uploaded == ()
    assert len(again.kept) == 3


def test_other_bytes_under_a_published_digest_are_refused(account: Account, dist: Path) -> None:
    published = publish(account, dist, "root")
    written(dist, queue={**QUEUE, "Description": "changed"})
    with pytest.raises(DeployError, match=r"components/queue\.yaml: holds other bytes"):
        publish(account, dist, "root")
    assert s3.keys(account, published.bucket, published.prefix)
