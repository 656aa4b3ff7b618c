"""A blueprint, a parameter set and a region as the resources that AWS would see.

Checks, prices, diagrams and comparisons are views of this model; nothing else reads templates.
A condition that only AWS can decide counts as true, and what depends on it is marked uncertain:
better one resource too many in view than one too few.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from stackyard.errors import BuildError
from stackyard.resolved.scope import Scope
from stackyard.resolved.values import Scalar, Text, Unknown, Value, plain, unknowns
from stackyard.resolved.world import NESTED, Dangling, Truth, World

__all__ = [
    "Dangling",
    "Resource",
    "Scalar",
    "Stack",
    "System",
    "Text",
    "Truth",
    "Unknown",
    "Value",
    "plain",
    "resolve",
    "unknowns",
]


class Resource(NamedTuple):
    """A resource that would be created.

    Attributes:
        path: logical ids from the root stack's, ``Network/Vpc``.
        logical_id: the last of them.
        template: name of the template that declares it, ``components/network``.
        type: ``AWS::EC2::VPC``.
        properties: evaluated, with ``Unknown`` and ``Text`` for what only AWS knows.
        condition: name of the condition under which it exists, or None.
        uncertain: only AWS can tell whether that condition holds.
        deletion_policy: as written, or None.
        update_replace_policy: likewise.
        depends_on: paths of the resources that ``DependsOn`` names.
        metadata: evaluated.
    """

    path: str
    logical_id: str
    template: str
    type: str
    properties: Mapping[str, Value]
    condition: str | None = None
    uncertain: bool = False
    deletion_policy: str | None = None
    update_replace_policy: str | None = None
    depends_on: tuple[str, ...] = ()
    metadata: Mapping[str, Value] = MappingProxyType({})

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {name: plain(value) for name, value in self._asdict().items()}


class Stack(NamedTuple):
    """One stack of a system.

    Attributes:
        path: logical ids from the root's, empty for the root.
        template: name of its template.
        body: that template.
        parameters: what ``Ref`` gives for each.
        conditions: whether each holds, None if only AWS can tell.
        resources: by logical id, nested stacks included.
        absent: resources whose condition is false, and that condition.
        outputs: those whose condition is not false.
        children: nested stacks by logical id.
    """

    path: str
    template: str
    body: Mapping[str, Any]
    parameters: Mapping[str, Value]
    conditions: Mapping[str, Truth]
    resources: Mapping[str, Resource]
    absent: Mapping[str, str]
    outputs: Mapping[str, Value]
    children: Mapping[str, Stack]

    def walk(self) -> Iterator[Stack]:
        """Yield this stack and all that are nested in it."""
        yield self
        for child in self.children.values():
            yield from child.walk()

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "path": self.path,
            "template": self.template,
            "parameters": plain(self.parameters),
            "conditions": dict(self.conditions),
            "resources": {name: item.as_data() for name, item in self.resources.items()},
            "absent": dict(self.absent),
            "outputs": plain(self.outputs),
            "children": {name: child.as_data() for name, child in self.children.items()},
        }


@dataclass(frozen=True)
class System:
    """A blueprint with the parameters of one environment in one region.

    Attributes:
        blueprint: ``pyshop``.
        templates: bodies by name, those of the blueprint and of all that it nests.
        given: the parameters as given.
        region: ``eu-west-1``.
        stack_name: of the root stack.
        environment: name of the parameter set, or empty.
        account: twelve digits, or None.
        root: the root stack.
        dangling: references to what does not exist under these conditions.
    """

    blueprint: str
    templates: Mapping[str, Any]
    given: Mapping[str, Value]
    region: str
    stack_name: str
    environment: str
    account: str | None
    root: Stack
    dangling: tuple[Dangling, ...]

    def stacks(self) -> Iterator[Stack]:
        """Yield the root stack and every nested one."""
        return self.root.walk()

    def resources(self, type: str | None = None) -> Iterator[Resource]:
        """Yield every resource, or those of one type."""
        yield from self._by_path.values() if type is None else self._by_type.get(type, [])

    def find(self, path: str) -> Resource | None:
        """Return the resource at *path*, None if there is none."""
        return self._by_path.get(path)

    def target(self, value: Value) -> Resource | None:
        """Return the resource that *value* is the ``Ref`` or an attribute of, None if none."""
        return self.find(value.path) if isinstance(value, Unknown) else None

    def with_open(self, names: Collection[str], only: Iterable[str] | None = None) -> System:
        """Return this system with root parameters left open: unknowns of kind ``parameter``.

        All conditions stay as they are, so that only values change.

        Args:
            names: the parameters.
            only: paths of the resources that are wanted, and of which it then consists; all if
                None.
        """
        values = self.root.parameters
        opened = {name: Unknown("parameter", name, many="," in str(values[name])) for name in names}
        conditions = {stack.path: stack.conditions for stack in self.stacks()}
        world = World(self.templates, self.region, self.account, conditions)
        scope = Scope(world, self.root.template, {**self.given, **opened}, self.stack_name)
        wanted = None if only is None else {above for path in only for above in _trail(path)}
        return replace(self, root=_stack(scope, wanted), dangling=tuple(world.dangling))

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "blueprint": self.blueprint,
            "environment": self.environment,
            "region": self.region,
            "stack_name": self.stack_name,
            "root": self.root.as_data(),
        }

    @cached_property
    def _by_path(self) -> dict[str, Resource]:
        found = (item for stack in self.stacks() for item in stack.resources.values())
        return {item.path: item for item in found}

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for item in self._by_path.values():
            found.setdefault(item.type, []).append(item)
        return found


def resolve(
    blueprint: str,
    templates: Mapping[str, dict[str, Any]],
    parameters: Mapping[str, Value],
    region: str,
    *,
    stack_name: str,
    environment: str = "",
    account: str | None = None,
) -> System:
    """Return the resources of a blueprint as they would be in AWS.

    Args:
        blueprint: ``pyshop``.
        templates: bodies by name, ``blueprints/pyshop`` and all that it nests.
        parameters: values by CloudFormation's own names. The two that the tool fills when it
            publishes may be missing.
        region: where it would be deployed.
        stack_name: name of the root stack.
        environment: name of the parameter set, for messages.
        account: twelve digits if known.

    Raises:
        BuildError: a template refers to what nobody declares, in a circle, or calls a function
            with arguments that AWS would refuse.
    """
    root = f"blueprints/{blueprint}"
    if root not in templates:
        raise BuildError(f"{blueprint}: there is no template {root!r}; build the blueprint first")
    world = World(templates, region, account)
    stack = _stack(Scope(world, root, parameters, stack_name))
    return System(
        blueprint=blueprint,
        templates=templates,
        given=parameters,
        region=region,
        stack_name=stack_name,
        environment=environment,
        account=account,
        root=stack,
        dangling=tuple(world.dangling),
    )


def _stack(scope: Scope, only: Collection[str] | None = None) -> Stack:
    resources, absent, outputs, children = {}, {}, {}, {}
    for logical_id, declared in scope.resources.items():
        if only is not None and scope.resource_path(logical_id) not in only:
            continue
        exists = scope.exists(logical_id)
        if exists is False:
            absent[logical_id] = declared["Condition"]
            continue
        resources[logical_id] = _resource(scope, logical_id, uncertain=exists is None)
        if declared["Type"] == NESTED:
            children[logical_id] = _stack(scope.child(logical_id), only)
    for name, declared in scope.body.get("Outputs", {}).items() if only is None else ():
        condition = declared.get("Condition")
        if condition is None or scope.condition(condition) is not False:
            outputs[name] = scope.output(name)
    return Stack(
        path=scope.path,
        template=scope.template,
        body=scope.body,
        parameters=scope.parameters,
        conditions={name: scope.condition(name) for name in scope.body.get("Conditions", {})},
        resources=resources,
        absent=absent,
        outputs=outputs,
        children=children,
    )


def _resource(scope: Scope, logical_id: str, *, uncertain: bool) -> Resource:
    declared = scope.resources[logical_id]
    return Resource(
        path=scope.resource_path(logical_id),
        logical_id=logical_id,
        template=scope.template,
        type=declared["Type"],
        properties=scope.properties(logical_id),
        condition=declared.get("Condition"),
        uncertain=uncertain,
        deletion_policy=scope.attribute(logical_id, "DeletionPolicy"),
        update_replace_policy=scope.attribute(logical_id, "UpdateReplacePolicy"),
        depends_on=scope.depends_on(logical_id) if "DependsOn" in declared else (),
        metadata=scope.attribute(logical_id, "Metadata") or {},
    )


def _trail(path: str) -> Iterator[str]:
    """Yield a path and those of the nested stacks above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]
