"""One template of a system, evaluated as CloudFormation does before it asks any service.

Everything is evaluated when it is first asked for: outputs of nested stacks therefore come in the
order of their dependencies, and a circle of them is noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from stackyard.errors import BuildError
from stackyard.resolved import contextual, intrinsics
from stackyard.resolved.binding import bind, pseudo_parameters
from stackyard.resolved.values import Scalar, Text, Unknown, Value, dynamic, equal, text
from stackyard.resolved.world import Dangling, Truth, World

T = TypeVar("T")
NO_VALUE = object()


class Scope:
    """A stack while its template is evaluated."""

    def __init__(
        self,
        world: World,
        template: str,
        given: Mapping[str, Value],
        name: Scalar,
        *,
        path: str = "",
        ancestors: tuple[str, ...] = (),
    ) -> None:
        self.world = world
        self.template = template
        self.path = path
        self.body = world.templates[template]
        self.resources: Mapping[str, Any] = self.body.get("Resources", {})
        self._name = name
        self._ancestors = (*ancestors, template)
        self._at = "Parameters"
        self._open: list[str] = []
        self._known: dict[str, Any] = {}
        self._pseudo = {
            **pseudo_parameters(world.region, world.account, name, path),
            "AWS::NoValue": NO_VALUE,
        }
        self.parameters = self._bind(given)

    def resource_path(self, logical_id: str) -> str:
        """Return the path of a resource of this stack: ``Network/Vpc``."""
        return f"{self.path}/{logical_id}" if self.path else logical_id

    def condition(self, name: str) -> Truth:
        """Return whether a condition holds."""
        pinned = self.world.conditions.get(self.path)
        if pinned is not None:
            return pinned[name]
        declared = self._declared("Conditions", name)
        return self._once(f"Conditions.{name}", lambda: self._test(declared))

    def exists(self, logical_id: str) -> Truth:
        """Return whether the condition of a resource holds; True if it has none."""
        name = self.resources[logical_id].get("Condition")
        return True if name is None else self._within(logical_id, lambda: self.condition(name))

    def properties(self, logical_id: str) -> dict[str, Value]:
        """Return the properties of a resource."""
        data = self.resources[logical_id].get("Properties", {})
        return cast("dict[str, Value]", self._once(logical_id, lambda: self.value(data)))

    def attribute(self, logical_id: str, name: str) -> Value:
        """Return an attribute of a resource such as ``DeletionPolicy``, None if it has none."""
        data = self.resources[logical_id].get(name)
        return None if data is None else self._within(logical_id, lambda: self.value(data))

    def depends_on(self, logical_id: str) -> tuple[str, ...]:
        """Return the paths of the resources that ``DependsOn`` names and that exist."""
        named = self.resources[logical_id].get("DependsOn", ())
        paths = self._within(
            logical_id, lambda: [self.target(item, "", "DependsOn") for item in _as_list(named)]
        )
        return tuple(path.path for path in paths if path.kind != "absent")

    def child(self, logical_id: str) -> Scope:
        """Return the nested stack that a resource creates."""
        return self._once(f"{logical_id}.", lambda: self._nested(logical_id))

    def output(self, name: str) -> Value:
        """Return the value of an output, None if its condition is false."""
        declared = self._declared("Outputs", name)
        condition = declared.get("Condition")
        if condition is not None and self.condition(condition) is False:
            return None
        return self._once(f"Outputs.{name}", lambda: self.value(declared["Value"]))

    def value(self, data: Any) -> Value:
        """Return *data* with every intrinsic function evaluated."""
        kind = type(data)
        if kind is str:
            return dynamic(data) if "{{resolve:" in data else data
        if kind is list:
            # as below: most are plain texts
            return [
                item
                for one in data
                if (
                    item := one if type(one) is str and "{{resolve:" not in one else self.value(one)
                )
                is not NO_VALUE
            ]
        if kind is not dict:
            return data
        if len(data) == 1:
            ((name, argument),) = data.items()
            if name == "Ref":
                return self.ref(argument)
            if name.startswith("Fn::"):
                return self._call(name, argument)
        found = {}
        for key, one in data.items():
            if type(one) is not str or "{{resolve:" in one:  # most values are plain texts
                one = self.value(one)
                if one is NO_VALUE:
                    continue
            found[key] = one
        return found

    def ref(self, name: str) -> Value:
        """Return ``Ref``."""
        if name in self.parameters:
            return self.parameters[name]
        if name in self._pseudo:
            return self._pseudo[name]
        return self.target(name, "", "Ref")

    def fail(self, problem: str) -> BuildError:
        """Return the error that says where in this template *problem* is."""
        return BuildError(f"{self.template}: {self._at}: {problem}")

    def _call(self, name: str, argument: Any) -> Value:
        try:
            if name in contextual.FUNCTIONS:
                found = contextual.FUNCTIONS[name](self, argument)
            elif name in intrinsics.FUNCTIONS:
                found = intrinsics.FUNCTIONS[name](self.value(argument))
            else:
                raise ValueError("is not supported here")
        except (ValueError, TypeError, AttributeError) as error:
            raise self.fail(f"{name} cannot be evaluated: {error}; correct its arguments") from None
        is_dynamic = isinstance(found, str | Text) and "{{resolve:" in str(found)
        return dynamic(found) if is_dynamic else found

    def _test(self, data: Any) -> Truth:
        ((name, argument),) = data.items()
        if name == "Condition":
            return self.condition(argument)
        if name == "Fn::Equals":
            left, right = (self.value(item) for item in argument)
            return equal(left, right)
        if name not in LOGIC:
            raise self.fail(f"{name} is no condition function; use And, Or, Not or Equals")
        return LOGIC[name]([self._test(item) for item in argument])

    def target(self, logical_id: str, attribute: str, how: str) -> Unknown:
        """Return a resource or an attribute of it, noting the reference if it does not exist."""
        path = self.resource_path(logical_id)
        if logical_id not in self.resources:
            kind = "resource" if how != "Ref" else "parameter or resource"
            raise self.fail(f"{how} names {logical_id!r}; declare a {kind} of that name")
        if self.exists(logical_id) is False:
            return self.absent(path, how, self.resources[logical_id]["Condition"], attribute)
        declared = self.resources[logical_id]["Type"]
        custom = declared.startswith(("Custom::", "AWS::CloudFormation::CustomResource"))
        return Unknown("custom" if custom and attribute else "resource", path, attribute)

    def absent(self, path: str, how: str, condition: str, attribute: str = "") -> Unknown:
        """Return what stands for something that *condition* keeps from existing, and note it."""
        source = self.resource_path(self._at)
        self.world.dangling.append(Dangling(self.template, source, path, how, condition))
        return Unknown("absent", path, attribute)

    def _nested(self, logical_id: str) -> Scope:
        properties = self.properties(logical_id)
        url = str(properties.get("TemplateURL", ""))
        name = "/".join(url.rsplit("/", 2)[-2:]).rpartition(".")[0]
        if name not in self.world.templates:
            raise self.fail(f"no template {name!r} for {url}; nest one of this library's")
        if name in self._ancestors:
            raise self.fail(f"{name} nests itself; take out one of the two")
        suffix = Unknown("suffix", f"suffix of {self.resource_path(logical_id)}")
        return Scope(
            self.world,
            name,
            properties.get("Parameters", {}),
            text((self._name, f"-{logical_id}-", suffix)),
            path=self.resource_path(logical_id),
            ancestors=self._ancestors,
        )

    def _bind(self, given: Mapping[str, Value]) -> dict[str, Value]:
        try:
            return bind(self.body.get("Parameters", {}), given)
        except ValueError as error:
            raise self.fail(str(error)) from None

    def _declared(self, section: str, name: str) -> Any:
        if name not in self.body.get(section, {}):
            raise self.fail(f"{section} has no {name!r}; declare it")
        return self.body[section][name]

    def _once(self, place: str, evaluate: Callable[[], T]) -> T:
        """Return what *evaluate* returns, which it is asked for only once, noticing circles."""
        if place not in self._known:
            if place in self._open:
                steps = [step.removesuffix(".") for step in self._open]
                steps = steps[steps.index(place.removesuffix(".")) :]
                names = " -> ".join([*dict.fromkeys(steps), steps[0]])
                raise self.fail(f"circular: {names}; take out one of these references")
            self._open.append(place)
            self._known[place] = self._within(place.removesuffix("."), evaluate)
            self._open.pop()
        return cast(T, self._known[place])

    def _within(self, place: str, evaluate: Callable[[], T]) -> T:
        """Return what *evaluate* returns, errors and references of which are at *place*."""
        before, self._at = self._at, place
        try:
            return evaluate()
        finally:
            self._at = before


LOGIC: dict[str, Callable[[list[Truth]], Truth]] = {
    "Fn::And": lambda terms: False if False in terms else None if None in terms else True,
    "Fn::Or": lambda terms: True if True in terms else None if None in terms else False,
    "Fn::Not": lambda terms: None if terms[0] is None else not terms[0],
}


def _as_list(named: Any) -> list[str]:
    return [named] if isinstance(named, str) else list(named)
