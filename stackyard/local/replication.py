"""Replication of buckets, which MiniStack does and its template form of a bucket leaves out."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from stackyard.local.api import call
from stackyard.local.handlers import Created, Handler, Properties

BUCKET = "AWS::S3::Bucket"
PROPERTY = "ReplicationConfiguration"


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Wrap MiniStack's own handler."""
    native = handlers[BUCKET]

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        created: Created = native["create"](logical_id, properties, stack)
        _replicate(created[0], {}, properties)
        return created

    def update(name: str, old: Properties, new: Properties, *more: Any) -> Created:
        updated: Created = native["update"](name, old, new, *more)
        _replicate(updated[0], old, new)
        return updated

    handlers[BUCKET] = {**native, "create": create, "update": update}


def _replicate(bucket: str, old: Properties, new: Properties) -> None:
    wanted = new.get(PROPERTY)
    if wanted:
        rules = [_in_words_of_s3(rule) for rule in wanted["Rules"]]
        given = {"Role": wanted["Role"], "Rules": rules}
        call("s3", "PutBucketReplication", Bucket=bucket, **{PROPERTY: given})
    elif old.get(PROPERTY):
        call("s3", "DeleteBucketReplication", Bucket=bucket)


def _in_words_of_s3(rule: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {"Priority": int(rule["Priority"])} if "Priority" in rule else {}
    return {**{"ID" if key == "Id" else key: value for key, value in rule.items()}, **numbers}
