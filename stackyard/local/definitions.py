"""Task definitions as ECS describes them: everything in them, in the words of its API.

MiniStack keeps some of what a template says in the template's words, such as ``Secrets``, which no
client of the API finds, and forgets the rest, such as the platform.
"""

from __future__ import annotations

import functools
from collections.abc import MutableMapping
from typing import Any

import botocore.session

from stackyard.local import ministack
from stackyard.local.handlers import Created, Handler, Properties

TASK_DEFINITION = "AWS::ECS::TaskDefinition"
KEPT_ELSEWHERE = {"family", "tags"}


def install(handlers: MutableMapping[str, Handler]) -> None:
    """Let MiniStack's handler keep what a registration by the API would."""
    known = handlers[TASK_DEFINITION]

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        return _completed(properties, known["create"](logical_id, properties, stack))

    def update(physical_id: str, old: Properties, new: Properties, *more: Any) -> Created:
        return _completed(new, known["update"](physical_id, old, new, *more))

    handlers[TASK_DEFINITION] = {**known, "create": create, "update": update}


def _completed(properties: Properties, created: Created) -> Created:
    kept = ministack.module("services.ecs")._task_defs[created[0].rpartition("/")[2]]
    said = _in_api_words(properties, _registration())
    kept.update({name: value for name, value in said.items() if name not in KEPT_ELSEWHERE})
    return created


def _in_api_words(data: Any, shape: Any) -> Any:
    """Return properties of a template with the names that a shape of the API has for them."""
    if shape.type_name == "structure" and isinstance(data, dict):
        names = {name.lower(): name for name in shape.members}
        known = {names[key.lower()]: value for key, value in data.items() if key.lower() in names}
        return {name: _in_api_words(value, shape.members[name]) for name, value in known.items()}
    if shape.type_name == "list" and isinstance(data, list):
        return [_in_api_words(one, shape.member) for one in data]
    return data


@functools.cache
def _registration() -> Any:
    model = botocore.session.get_session().get_service_model("ecs")
    return model.operation_model("RegisterTaskDefinition").input_shape
