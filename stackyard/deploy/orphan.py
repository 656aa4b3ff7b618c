"""Release a resource from its stack so that it exists on with nobody's template behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackyard.aws import cloudformation, recovery
from stackyard.aws.account import Account
from stackyard.aws.cloudformation import STACK, Resource, Stack
from stackyard.deploy import holdings
from stackyard.deploy.events import DeployEvent, Noticed, Outcome, Remaining
from stackyard.deploy.operations import Followed
from stackyard.deploy.plan import READY, token
from stackyard.errors import DeployError

INLINE_BYTES = 51_200  # of a template, beyond which it comes from a bucket
RETAINED = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
Template = dict[str, Any]


@dataclass(frozen=True)
class Release:
    """A resource that can be released.

    Attributes:
        path: ``Jobs/WorkQueue``.
        root: the root stack.
        stack: the one that holds it.
        resource: what it is.
        template: of *stack*.
    """

    path: str
    root: Stack
    stack: Stack
    resource: Resource
    template: Template


def prepare(account: Account, stack_name: str, path: str) -> Release:
    """Return what is to be released.

    Raises:
        DeployError: there is no such resource, a stack is at work, or something refers to it.
    """
    root = _ready(account, stack_name)
    stack, resource = _found(account, root, path)
    template = recovery.template(account, stack.id)
    logical_id = resource.logical_id
    if users := list(references(template, logical_id)):
        raise DeployError(
            f"{path}: is used by {', '.join(users)} of the same stack; "
            "remove these references from the blueprint and deploy it, then orphan"
        )
    if len(template["Resources"]) == 1:
        raise DeployError(
            f"{path}: is the only resource of its stack, which cannot be empty; "
            "remove the nested stack from the blueprint with its policies at Retain"
        )
    return Release(path, root, stack, resource, template)


def orphan(account: Account, release: Release) -> Iterator[DeployEvent]:
    """Make a resource retained, then remove it from its stack; the last event is an Outcome.

    The stack that holds it is updated by itself: an update of the root would bring the resource
    back from the published template. So will the next deployment, unless the blueprint has
    changed.

    Raises:
        DeployError: AWS refuses or cannot be reached; nothing is deleted then.
    """
    logical_id = release.resource.logical_id
    kept = _with(release.template, logical_id, RETAINED)
    if kept != release.template:
        yield Noticed(f"{release.path}: DeletionPolicy becomes Retain")
        yield from (step := _Update(account, release)).run(kept)
        if not step.is_good:
            yield step.failed()
            return
    deployed = recovery.template(account, release.stack.id)["Resources"][logical_id]
    if deployed.get("DeletionPolicy") not in holdings.KEEPING:
        raise DeployError(
            f"{release.path}: the stack does not say Retain although it was updated; "
            "nothing was removed: try again"
        )
    yield Noticed(f"{release.path}: leaves the stack")
    yield from (step := _Update(account, release)).run(_without(kept, logical_id))
    if not step.is_good:
        yield step.failed()
        return
    one = release.resource
    remaining = Remaining(one.type, one.physical_id, f"{release.path} is nobody's now")
    yield Outcome("orphaned", release.root.name, step.status, remaining=(remaining,))


def retain(account: Account, stack: Stack, chosen: Mapping[str, str]) -> Iterator[DeployEvent]:
    """Update one stack so that resources survive it.

    Args:
        account: the stack's.
        stack: which.
        chosen: DeletionPolicy by logical id.

    Raises:
        DeployError: AWS refuses, or the update fails.
    """
    template = recovery.template(account, stack.id)
    for logical_id, policy in chosen.items():
        template = _with(template, logical_id, {"DeletionPolicy": policy})
    followed = Followed(account, stack.id)
    source = _source(stack, template)
    # a stack policy can protect several of them, and none of them is touched
    yield from followed.run("update", lambda: recovery.update(account, stack, source, "*", token()))
    if followed.status != "UPDATE_COMPLETE":
        raise DeployError(
            f"{stack.name}: is in {followed.status} after its deletion policies were to change; "
            "nothing was deleted: recover it"
        )


def importing(release: Release) -> str:
    """Return what imports a resource again: one entry of ``--resources-to-import``."""
    from stackyard.local import schemas

    one = release.resource
    names = schemas.names(one.type, "primaryIdentifier")
    values = one.physical_id.split("|")
    entry = {
        "ResourceType": one.type,
        "LogicalResourceId": one.logical_id,
        "ResourceIdentifier": dict(zip(names, values, strict=False)),
    }
    return json.dumps([entry])


def references(template: Mapping[str, Any], logical_id: str) -> Iterator[str]:
    """Yield what in a template refers to a resource: ``resource Service``, ``output QueueUrl``."""
    for section, word in (("Resources", "resource"), ("Outputs", "output")):
        for name, definition in template.get(section, {}).items():
            if name != logical_id and _refers(definition, logical_id):
                yield f"{word} {name}"


class _Update:
    """One update of the stack that holds the resource."""

    def __init__(self, account: Account, release: Release) -> None:
        self.account = account
        self.release = release
        self.followed = Followed(account, release.stack.id)

    def run(self, template: Template) -> Iterator[DeployEvent]:
        stack, logical_id = self.release.stack, self.release.resource.logical_id
        source = _source(stack, template)
        yield from self.followed.run(
            "orphan", lambda: recovery.update(self.account, stack, source, logical_id, token())
        )

    @property
    def status(self) -> str:
        return self.followed.status

    @property
    def is_good(self) -> bool:
        return self.status == "UPDATE_COMPLETE"

    def failed(self) -> Outcome:
        name, followed = self.release.root.name, self.followed
        return Outcome(
            "failed", name, self.status, cause=followed.cause, evidence=followed.evidence
        )


def _ready(account: Account, name: str) -> Stack:
    stack = cloudformation.describe(account, name)
    where = f"{cloudformation.name_of(name)} in {account.region}"
    if stack is None:
        raise DeployError(f"{where}: there is no such stack; deploy it first")
    if stack.status not in READY:
        raise DeployError(f"{where}: is in {stack.status}; recover it, then orphan")
    return stack


def _found(account: Account, root: Stack, path: str) -> tuple[Stack, Resource]:
    stack = root
    *outer, logical_id = path.split("/")
    for name in outer:
        nested = _named(account, stack, name)
        if nested.type != STACK:
            raise DeployError(f"{path}: {name} is a {nested.type}, not a nested stack; correct it")
        stack = _ready(account, nested.physical_id)
    resource = _named(account, stack, logical_id)
    if resource.type == STACK:
        raise DeployError(f"{path}: is a nested stack; name a resource in it")
    return stack, resource


def _named(account: Account, stack: Stack, logical_id: str) -> Resource:
    known = {one.logical_id: one for one in cloudformation.resources(account, stack.id)}
    if logical_id not in known:
        there = ", ".join(sorted(known))
        raise DeployError(f"{stack.name}: has no resource {logical_id!r}; it has {there}")
    return known[logical_id]


def _with(template: Template, logical_id: str, attributes: Mapping[str, str]) -> Template:
    definition = {**template["Resources"][logical_id], **attributes}
    return {**template, "Resources": {**template["Resources"], logical_id: definition}}


def _without(template: Template, logical_id: str) -> Template:
    left = {name: one for name, one in template["Resources"].items() if name != logical_id}
    return {**template, "Resources": left}


def _source(stack: Stack, template: Template) -> dict[str, str]:
    """Return how CloudFormation is handed a template."""
    body = json.dumps(template, separators=(",", ":"))
    if len(body.encode()) <= INLINE_BYTES:
        return {"TemplateBody": body}
    raise DeployError(
        f"{stack.name}: its template is larger than the {INLINE_BYTES} bytes that an edited one "
        "may have; change the deletion policy in the blueprint, deploy it, then try again"
    )


def _refers(data: Any, logical_id: str) -> bool:
    if isinstance(data, list):
        return any(_refers(item, logical_id) for item in data)
    if not isinstance(data, Mapping):
        return False
    depends = data.get("DependsOn", [])
    if logical_id in ([depends] if isinstance(depends, str) else depends):
        return True
    got = data.get("Fn::GetAtt", [""])
    if data.get("Ref") == logical_id or logical_id == (
        got.partition(".")[0] if isinstance(got, str) else got[0]
    ):
        return True
    text = data.get("Fn::Sub", "")
    text = text[0] if isinstance(text, list) else text
    if re.search(rf"\$\{{{logical_id}[.}}]", text):
        return True
    return any(_refers(value, logical_id) for value in data.values())
