"""Secrets whose Ref is their ARN, as on AWS; MiniStack's is the name, which no policy can use.

Generated ones leave out punctuation when asked to, which MiniStack forgets.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, MutableMapping

from stackyard.local import ministack
from stackyard.local.handlers import Attributes, Created, Handler, Properties, is_true

SECRET = "AWS::SecretsManager::Secret"


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Wrap MiniStack's own handler and reader of drift, which go by the name."""
    native = handlers[SECRET]
    readers = ministack.module("services.cloudformation.drift")._DRIFT_READERS
    read, readable = readers[SECRET]
    readers[SECRET] = (lambda arn, properties: read(_name(arn), properties), readable)

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        return _by_arn(native["create"](logical_id, _generated(properties), stack))

    def update(
        arn: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> tuple[str, Mapping[str, object]]:
        name, attributes = native["update"](_name(arn), old, new, stack, logical_id)
        return (arn, attributes) if name == _name(arn) else _by_arn((name, attributes))

    def delete(arn: str, properties: Properties) -> None:
        native["delete"](_name(arn), properties)

    handlers[SECRET] = {**native, "create": create, "update": update, "delete": delete}


def _generated(properties: Properties) -> Properties:
    wanted = properties.get("GenerateSecretString", {})
    if not is_true(wanted.get("ExcludePunctuation")):
        return properties
    excluded = wanted.get("ExcludeCharacters", "") + string.punctuation
    return {**properties, "GenerateSecretString": {**wanted, "ExcludeCharacters": excluded}}


def _by_arn(created: Created) -> Created:
    attributes: Attributes = created[1]
    return attributes["Arn"], attributes


def _name(arn: str) -> str:
    # MiniStack deletes a replaced secret by the name that it knows
    record = ministack.module("services.secretsmanager")._resolve(arn)[1]
    return str(record["Name"]) if record else arn
