"""The typed contract: what a template takes, what it gives, and how one is nested in another.

A component is two classes and a function. The same ``Parameters`` class holds ``Ref``s inside the
component and is the keyword arguments outside; the same ``Outputs`` class holds values inside and
``GetAtt Outputs.X`` outside. mypy and the editor therefore check the wiring of nested stacks.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, ParamSpec, TypeVar, cast, dataclass_transform

from troposphere import AWSHelperFn, GetAtt, If, Join, Output, Parameter, Ref, Sub, Template
from troposphere.cloudformation import Stack

Value = str | int | AWSHelperFn
Data = Any  # JSON: what a troposphere object becomes with to_dict()

P = ParamSpec("P")
P2 = ParamSpec("P2")
T = TypeVar("T")
ParametersT = TypeVar("ParametersT")
ParametersT2 = TypeVar("ParametersT2")
OutputsT = TypeVar("OutputsT")

# The virtual-hosted form is the only one that works in every partition and for new buckets:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
TEMPLATE_URL = (
    "https://${TemplateBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/${TemplatePrefix}components/"
)
# what the keys of every build begin with
PUBLISHED = "stackyard/"
# how consoles write what a Python name has in lower case
ACRONYMS = {
    word.lower(): word
    for word in (
        *("ACL", "API", "ARN", "AZ", "CIDR", "CIDRs", "CPU", "DB", "DNS", "ECR", "ECS", "HTTP"),
        *("HTTPS", "ID", "IDs", "IP", "KMS", "MiB", "NAT", "RDS", "S3", "SNS", "SQS", "SSM", "TLS"),
        *("URL", "VPC", "WAF"),
    )
}


@cache
def logical_id(name: str) -> str:
    """Return CloudFormation's form of a Python name: ``queue_arn`` is ``QueueArn``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


@cache
def _words(name: str) -> str:
    """Return *name* for people: ``vpc_cidr`` is ``VPC CIDR``, ``task_role`` ``Task role``."""
    words = [ACRONYMS.get(word, word) for word in re.split(r"[_-]", name)]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])


class Declared(AWSHelperFn):
    """A parameter as its class shows it (``Parameters.cpu``): a Ref that knows its declaration."""

    def __init__(self, module: str, owner: str, field: dataclasses.Field[Any]) -> None:
        self.data = {"Ref": logical_id(field.name)}
        self.is_of_component = ".components." in module
        self.owner = owner
        self.field = field


def parameter(
    description: str,
    *,
    default: Any = dataclasses.MISSING,
    group: str = "",
    label: str = "",
    bind: object = None,
    **spec: Any,
) -> Any:
    """Declare a template parameter.

    Args:
        description: its documentation: one sentence with a full stop, units and shape included.
        default: the value if none is given; without it the parameter is required.
        group: heading under which consoles show it; the component's name if empty.
        label: what consoles show beside the field; the parameter's name in words if empty.
        bind: how a service makes the value available to its container (``parts.access``).
        spec: the other attributes of a CloudFormation parameter (``Type``, ``AllowedValues``).
    """
    metadata = {
        "spec": {"Type": "String", "Description": description, **spec},
        "group": group,
        "label": label,
        "bind": bind,
    }
    return dataclasses.field(default=default, metadata=metadata)


def flag(description: str, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """Declare a parameter that is ``"true"`` or ``"false"``: CloudFormation has no boolean."""
    given = default if default is dataclasses.MISSING else str(default).lower()
    return parameter(description, default=given, AllowedValues=["true", "false"], **options)


def passed_to(declared: Value, *, default: Any = dataclasses.MISSING, **options: Any) -> Any:
    """Declare a parameter that only passes its value to the component that declares it.

    Description, type, bounds and, unless another is given, the default come from there.

    Args:
        declared: ``component.takes.name``.
        default: a default of this template's own.
        options: ``group``, ``label`` or attributes of the parameter that differ here.
    """
    source = cast(Declared, declared)
    own = default if default is not dataclasses.MISSING else source.field.default
    inherited = {**source.field.metadata["spec"]}
    options.setdefault("group", source.field.metadata["group"] or source.owner)
    options.setdefault("label", source.field.metadata["label"])
    description = options.pop("Description", inherited.pop("Description"))
    return parameter(description, default=own, **{**inherited, **options})


def output(description: str) -> Any:
    """Declare a template output. It exists under every condition, empty if it must be."""
    return dataclasses.field(metadata={"description": description})


@dataclass_transform(
    kw_only_default=True, frozen_default=True, field_specifiers=(parameter, flag, passed_to, output)
)
def contract(cls: type[T]) -> type[T]:
    """Make *cls* the parameters or the outputs of a template."""
    # dataclass would compile a signature and six methods for every class, a third of the time that
    # importing a library takes; these do for all
    cls.__doc__ = cls.__doc__ or cls.__name__
    made = dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False)(cls)
    for method in (_init, _repr, _setattr, _delattr):
        setattr(made, f"_{method.__name__}__", method)
    if len(cls.__bases__) > 1:
        _inherit(made)
    module = cls.__module__.rpartition(".")[2]
    for field in dataclasses.fields(cast(Any, made)):
        inherited = getattr(made, field.name, None)
        # what an extended component adds is its own, the rest still belongs to the component
        extends = isinstance(inherited, Declared) and inherited.is_of_component
        if "spec" in field.metadata and not (extends and field.name not in cls.__annotations__):
            setattr(made, field.name, Declared(cls.__module__, _words(module), field))
    return made


def _inherit(cls: Any) -> None:
    """Let a field be that of the class which Python would take an attribute from.

    dataclass takes a whole base after the other, so that a base which only inherits a field would
    win over one that declares it anew.
    """
    for name in cls.__dataclass_fields__:
        owner = next(one for one in cls.__mro__ if name in vars(one).get("__annotations__", ()))
        cls.__dataclass_fields__[name] = owner.__dataclass_fields__[name]


def _init(self: Any, **given: Any) -> None:
    fields = type(self).__dataclass_fields__
    unknown = [name for name in given if name not in fields]
    if unknown:
        raise TypeError(f"{type(self).__qualname__}() has no parameter {unknown[0]!r}")
    values = {name: given.get(name, field.default) for name, field in fields.items()}
    missing = [name for name, value in values.items() if value is dataclasses.MISSING]
    if missing:
        raise TypeError(f"{type(self).__qualname__}() is missing {', '.join(missing)}")
    self.__dict__.update(values)


def _repr(self: Any) -> str:
    return f"{type(self).__qualname__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


def _setattr(self: Any, name: str, value: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delattr(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


@contract
class Nesting:
    """Where the nested templates are. Every blueprint's parameters begin with these two."""

    template_bucket: Value = parameter(
        "S3 bucket in this region that holds the nested templates.",
        group="Templates",
        AllowedPattern="[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    )
    # build.py appends the digest of the nested templates, so that a parent of one release can
    # never fetch a child of another
    template_prefix: Value = parameter(
        "Key prefix of the nested templates, ending in a slash.",
        group="Templates",
        default=PUBLISHED,
        AllowedPattern=".*/",
    )


@dataclasses.dataclass(frozen=True)
class Rule:
    """What must hold between parameters before CloudFormation creates anything.

    Attributes:
        name: logical id of the rule.
        description: what the person reads who broke it.
        holds: condition function over parameters (``Parameters.cpu``) and constants.
        when: the rule applies only where this holds; always if None.
    """

    name: str
    description: str
    holds: AWSHelperFn
    when: AWSHelperFn | None = None

    def data(self) -> dict[str, Data]:
        """Return the rule in CloudFormation's form."""
        assertion = {"Assert": plain(self.holds), "AssertDescription": self.description}
        condition = {"RuleCondition": plain(self.when)} if self.when is not None else {}
        return {**condition, "Assertions": [assertion]}


class Component(Generic[P, ParametersT, OutputsT]):
    """A template: parameters, outputs, rules and the function that builds it."""

    def __init__(
        self,
        parameters: Callable[P, ParametersT],
        outputs: type[OutputsT],
        build: Callable[[Template, ParametersT], OutputsT],
        rules: Sequence[Rule] = (),
    ) -> None:
        self.takes = cast(type[ParametersT], parameters)
        self.gives = outputs
        self.build = build
        self.rules = tuple(rules)
        self.module = build.__module__
        self.name = self.module.rpartition(".")[2]

    def extended(
        self, name: str, parameters: Callable[P2, ParametersT2]
    ) -> Component[P2, ParametersT2, OutputsT]:
        """Return this component under another name with more parameters.

        Args:
            name: name of the template that it becomes.
            parameters: a contract that inherits from this component's and binds what it adds.

        Raises:
            TypeError: *parameters* does not inherit from this component's parameters.
        """
        taken = cast(type[Any], parameters)
        if not issubclass(taken, self.takes):
            raise TypeError(f"{name}: {taken.__qualname__} does not extend {self.name}.Parameters")
        build = cast(Callable[[Template, ParametersT2], OutputsT], self.build)
        other = Component(parameters, self.gives, build, self.rules)
        other.name, other.module = name, taken.__module__
        return other

    def template(self) -> Template:
        """Return the whole template, parameters as ``Ref``s inside."""
        t = Template(Description=(self.build.__doc__ or "").partition("\n")[0])
        t.set_version("2010-09-09")
        t.set_metadata({"AWS::CloudFormation::Interface": self._interface()})
        fields = _fields(self.takes)
        for field in fields:
            default = {} if field.default is dataclasses.MISSING else {"Default": field.default}
            t.add_parameter(Parameter(logical_id(field.name), **field.metadata["spec"], **default))
        for rule in self.rules:
            t.add_rule(rule.name, rule.data())
        given = {field.name: Ref(logical_id(field.name)) for field in fields}
        outputs = self.build(t, cast(Any, self.takes)(**given))
        for field in _fields(self.gives):
            t.add_output(
                Output(
                    logical_id(field.name),
                    Description=field.metadata["description"],
                    Value=getattr(outputs, field.name),
                )
            )
        return t

    def nest(self, parent: Template, title: str, /, *args: P.args, **given: P.kwargs) -> OutputsT:
        """Nest this template in *parent* as *title* and return its outputs.

        Raises:
            TypeError: a parameter is unknown or missing.
        """
        return self._nest(parent, title, None, given)

    def nest_if(
        self, condition: str, parent: Template, title: str, /, *args: P.args, **given: P.kwargs
    ) -> OutputsT:
        """Nest this template where *condition* of *parent* holds; elsewhere its outputs are empty.

        Raises:
            TypeError: a parameter is unknown or missing.
        """
        return self._nest(parent, title, condition, given)

    def _nest(
        self, parent: Template, title: str, condition: str | None, given: Mapping[str, Any]
    ) -> OutputsT:
        cast(Any, self.takes)(**given)  # names are checked as a call's are
        values = {logical_id(name): value for name, value in given.items()}
        stack = Stack(
            title,
            TemplateURL=Sub(f"{TEMPLATE_URL}{self.name}.yaml"),
            Parameters={name: _travelling(parent, value) for name, value in values.items()},
            # a nested stack holds nothing itself: what must outlive it says so in its own template
            DeletionPolicy="Delete",
            UpdateReplacePolicy="Delete",
        )
        if condition:
            stack.Condition = condition
        parent.add_resource(stack)
        for name, rule in self._lifted(values):
            parent.add_rule(f"{title}{name}", rule)
        outputs = {}
        for field in _fields(self.gives):
            value = GetAtt(title, f"Outputs.{logical_id(field.name)}")
            outputs[field.name] = If(condition, value, "") if condition else value
        return self.gives(**outputs)

    def _lifted(self, values: Mapping[str, Any]) -> Iterator[tuple[str, Data]]:
        """Yield the rules that the parent can check itself, before anything is created.

        Those are the rules whose parameters all come from parameters of the parent or constants.
        """
        known: dict[str, Data] = {}
        for field in _fields(self.takes):
            name = logical_id(field.name)
            value = plain(values.get(name, field.default))
            if isinstance(value, str | int) or (isinstance(value, dict) and "Ref" in value):
                known[name] = value
        for rule in self.rules:
            data = rule.data()
            used = {name for name in _refs(data) if not name.startswith("AWS::")}
            if used <= known.keys() and any(isinstance(known[name], dict) for name in used):
                lifted = _folded(_replace_refs(data, known))
                applies = _constant(lifted.get("RuleCondition", True))
                if applies is not False:  # constants may have decided that it never does
                    yield rule.name, lifted

    def _interface(self) -> Data:
        groups: dict[str, list[str]] = {}
        labels = {}
        for field in _fields(self.takes):
            name = logical_id(field.name)
            group = field.metadata["group"] or _words(self.name)
            groups.setdefault(group, []).append(name)
            labels[name] = {"default": field.metadata["label"] or _words(field.name)}
        return {
            "ParameterGroups": [
                {"Label": {"default": group}, "Parameters": names}
                for group, names in groups.items()
            ],
            "ParameterLabels": labels,
        }


AnyComponent = Component[..., Any, Any]


def after(parent: Template, title: str, *earlier: str) -> None:
    """Let the nested stack *title* wait for others from which it takes no value.

    Args:
        parent: template of all of them.
        title: who waits.
        earlier: for whom; none of them may be conditional.
    """
    parent.resources[title].DependsOn = list(earlier)


def bound(parameters: object) -> Iterator[tuple[Any, Value]]:
    """Yield what ``bind`` says and the value of each parameter of a contract that is bound."""
    for field in dataclasses.fields(cast(Any, parameters)):
        if field.metadata.get("bind") is not None:
            yield field.metadata["bind"], getattr(parameters, field.name)


def plain(value: Any) -> Data:
    """Return *value* as JSON data, troposphere objects resolved."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return plain(value.to_dict()) if hasattr(value, "to_dict") else value


def _travelling(parent: Template, value: Any) -> Any:
    """Return *value* as it reaches a nested stack, where a list must be a comma-joined string."""
    name = value.data["Ref"] if isinstance(value, Ref) else ""
    kind = parent.parameters[name].properties["Type"] if name in parent.parameters else ""
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    return Join(",", value) if is_list else value


def _fields(cls: type[Any]) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls)


def _refs(data: Data) -> Iterator[str]:
    if isinstance(data, dict):
        if set(data) == {"Ref"}:
            yield data["Ref"]
        for value in data.values():
            yield from _refs(value)
    elif isinstance(data, list):
        for value in data:
            yield from _refs(value)


def _constant(data: Data) -> bool | None:
    """Return what a condition over constants comes to, None if a parameter is in it."""
    if isinstance(data, bool):
        return data
    ((function, arguments),) = data.items()
    if function == "Fn::Equals" and all(isinstance(item, str | int) for item in arguments):
        return str(arguments[0]) == str(arguments[1])
    if function == "Fn::Not":
        inner = _constant(arguments[0])
        return None if inner is None else not inner
    return None


def _folded(data: Data) -> Data:
    """Return rules without the constant terms that decide nothing in an And or Or."""
    if isinstance(data, list):
        return [_folded(item) for item in data]
    if not isinstance(data, dict):
        return data
    folded = {key: _folded(value) for key, value in data.items()}
    for function, neutral in (("Fn::And", True), ("Fn::Or", False)):
        if set(folded) == {function}:
            open_terms = [term for term in folded[function] if _constant(term) is not neutral]
            return open_terms[0] if len(open_terms) == 1 else {function: open_terms}
    return folded


def _replace_refs(data: Data, values: Mapping[str, Data]) -> Data:
    if isinstance(data, dict):
        if set(data) == {"Ref"}:
            return values.get(data["Ref"], data)
        return {key: _replace_refs(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [_replace_refs(value, values) for value in data]
    return data
