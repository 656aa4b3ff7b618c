"""Publishing a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackyard.aws import s3
from stackyard.aws.account import Account
from stackyard.deploy.publish import publish
from stackyard.errors import DeployError
from tests.deployed.small import QUEUE, child, written


def test_publishing_again_uploads_nothing(account: Account, dist: Path) -> None:
    assert len(publish(account, dist, "root").uploaded) == 4  # with its part of the manifest
    again = publish(account, dist, "root")
    assert again.uploaded == ()
    assert len(again.kept) == 4


def test_other_bytes_under_a_published_digest_are_refused(account: Account, dist: Path) -> None:
    published = publish(account, dist, "root")
    written(dist, queue={**QUEUE, "Description": "changed"})
    with pytest.raises(DeployError, match=r"components/queue\.yaml: holds other bytes"):
        publish(account, dist, "root")
    assert s3.keys(account, published.bucket, published.prefix)


def test_what_cannot_be_read_back_is_noticed(account: Account, dist: Path) -> None:
    published = publish(account, dist, "root")
    key = f"{published.prefix}blueprints/root.yaml"
    size = (dist / "blueprints" / "root.yaml").stat().st_size
    s3.check_readable(account, published.bucket, key, size)
    with pytest.raises(DeployError, match=r"root\.yaml: has \d+ bytes, not 1; publish again"):
        s3.check_readable(account, published.bucket, key, 1)
    with pytest.raises(DeployError, match="was published and cannot be read back"):
        s3.check_readable(account, published.bucket, f"{key}.gone", size)


def test_a_template_that_nests_what_is_not_built_is_not_published(
    account: Account, tmp_path: Path
) -> None:
    missing = {"Resources": {"Gone": child("gone")}}
    with pytest.raises(DeployError, match=r"root\.yaml: nests components/gone, which is not built"):
        publish(account, written(tmp_path / "broken", root=missing), "root")
