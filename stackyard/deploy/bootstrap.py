"""The bootstrap stack: a component of the library that is deployed on its own.

It makes the bucket that nested templates come from, so it nests none. What CloudFormation's role
may do is added here, where the resource types of the whole library are known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stackyard.aws import cloudformation
from stackyard.aws.account import Account
from stackyard.deploy import permissions
from stackyard.deploy.plan import Request
from stackyard.deploy.target import BOOTSTRAP_STACK
from stackyard.environments import load
from stackyard.errors import BuildError
from stackyard.library import Library
from stackyard.project import Project
from stackyard.resolved import resolve

NAME = "bootstrap"
COMPONENT = f"components/{NAME}"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BODY = 51_200  # bytes; there is no bucket yet to read it from
TAGS = {"project": "stackyard"}


def template(project: Project) -> dict[str, Any]:
    """Return the template with the permissions for everything that the library deploys.

    Raises:
        BuildError: the sources cannot be built, or it is larger than AWS takes.
    """
    library = Library(project)
    body = library.template(COMPONENT).body
    others = [name for name in library.components if f"components/{name}" != COMPONENT]
    bodies = [library.template(f"components/{name}").body for name in others]
    bodies += [library.template(f"blueprints/{name}").body for name in library.blueprints]
    try:
        more = permissions.policies(
            permissions.actions(bodies), prefixes(project, library), boundary=True
        )
    except ValueError as error:
        raise BuildError(f"{COMPONENT}: {error}; part the library into two") from None
    made = {**body, "Resources": {**body["Resources"], **more}}
    size = len(json.dumps(made, separators=(",", ":")).encode())
    if size > LARGEST_BODY:
        raise BuildError(f"{COMPONENT}: is {size} bytes and AWS takes {LARGEST_BODY}; shorten it")
    return made


def prefixes(project: Project, library: Library) -> list[str]:
    """Return what the names of the project's stacks begin with: ``pyshop-`` of pyshop-dev."""
    found = set()
    for name in library.blueprints:
        sets, _ = load(project.params, name, library.template(f"blueprints/{name}").body)
        for item in sets:
            found.add(item.stack_name.removesuffix(item.environment))
    return sorted(found)


def request(
    account: Account,
    body: Mapping[str, Any],
    given: Mapping[str, str | None],
    allow_data_loss: frozenset[str] = frozenset(),
) -> Request:
    """Return what to deploy; a parameter that is None or not given keeps the value that it has."""
    stack = cloudformation.describe(account, BOOTSTRAP_STACK)
    kept = {
        name: value
        for name, value in (stack.parameters if stack else {}).items()
        if name in body["Parameters"]
    }
    parameters = {**kept, **{name: value for name, value in given.items() if value is not None}}
    desired = resolve(
        NAME,
        {f"blueprints/{NAME}": dict(body)},
        parameters,
        account.region,
        stack_name=BOOTSTRAP_STACK,
        account=account.id,
    )
    return Request(
        stack_name=BOOTSTRAP_STACK,
        template_body=json.dumps(body, separators=(",", ":")),
        parameters=parameters,
        tags=TAGS,
        termination_protection=None if account.is_embedded else True,
        desired=desired,
        allow_data_loss=allow_data_loss,
    )
