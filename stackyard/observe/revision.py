"""A task definition like another, with another image, for as long as a task needs it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.session

from stackyard.aws.account import Account

# a family of its own: whoever starts a task of the service's family by name gets the newest
SUFFIX = "-once"


@contextmanager
def with_image(
    account: Account, definition: Mapping[str, Any], container: str, image: str
) -> Iterator[str]:
    """Register a copy of a task definition and yield its ARN; afterwards it is inactive.

    Args:
        account: where.
        definition: as ECS describes it.
        container: whose image is another.
        image: that one.

    Raises:
        DeployError: AWS refuses.
    """
    given = {name: value for name, value in definition.items() if name in _accepted()}
    containers = [
        {**one, "image": image} if one["name"] == container else one
        for one in definition["containerDefinitions"]
    ]
    family = f"{definition['family']}{SUFFIX}"
    client = account.client("ecs", family)
    made = client.register_task_definition(
        **{**given, "family": family, "containerDefinitions": containers}
    )
    arn = str(made["taskDefinition"]["taskDefinitionArn"])
    try:
        yield arn
    finally:
        client.deregister_task_definition(taskDefinition=arn)


@functools.cache
def _accepted() -> frozenset[str]:
    """Return what a registration takes; a description says more."""
    model = botocore.session.get_session().get_service_model("ecs")
    shape = model.operation_model("RegisterTaskDefinition").input_shape
    assert shape is not None
    return frozenset(shape.members)
