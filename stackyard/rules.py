"""The Rules section of a template, evaluated as CloudFormation will before it creates anything.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from stackyard.declared import as_text, declarations, members

Truth = bool | None  # None: only AWS can tell
Value = Any  # a text, a list of texts, a Truth, or None where only AWS knows


class Violation(NamedTuple):
    """An assertion that does not hold.

    Attributes:
        rule: logical id of the rule.
        description: its AssertDescription, empty if it has none.
        values: the parameters that it speaks of (``AWS::Region`` included) with the values that
            break it; None where only AWS knows.
    """

    rule: str
    description: str
    values: Mapping[str, str | None]


def violations(
    body: Mapping[str, Any],
    parameters: Mapping[str, str],
    region: str,
    unknown: Collection[str] = (),
) -> Iterator[Violation]:
    """Yield the assertions of the template *body* that certainly fail.

    Args:
        body: the template.
        parameters: the values given; the template's defaults stand for the others.
        region: where the stack would be created.
        unknown: parameters about whose value nothing is known.
    """
    texts: dict[str, str | None] = {"AWS::Region": region}
    values: dict[str, Value] = dict(texts)
    for name, declared in declarations(body).items():
        text = None if name in unknown else parameters.get(name, declared.default)
        texts[name] = text
        values[name] = members(text) if text is not None and declared.is_list else text
    for rule, data in body.get("Rules", {}).items():
        condition = data.get("RuleCondition")
        if condition is not None and _evaluate(condition, values) is not True:
            continue
        for assertion in data.get("Assertions", ()):
            if _evaluate(assertion["Assert"], values) is False:
                named = dict.fromkeys([*_refs(assertion["Assert"]), *_refs(condition)])
                shown = {name: texts.get(name) for name in named}
                yield Violation(rule, assertion.get("AssertDescription", ""), shown)


def verdict(rule: Mapping[str, Any], values: Mapping[str, Value]) -> Truth:
    """Return whether a rule accepts *values*, which are texts and lists of texts by parameter."""
    condition = rule.get("RuleCondition")
    applies = condition is None or _evaluate(condition, values)
    holds = _and(*(_evaluate(one["Assert"], values) for one in rule.get("Assertions", ())))
    return _or(_not(applies), holds)


def expanded(condition: str, body: Mapping[str, Any]) -> Any:
    """Return what a condition of a template asks, whatever it and those in it are called."""

    def expand(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"Condition"}:
                return expand(body["Conditions"][value["Condition"]])
            return {key: expand(item) for key, item in value.items()}
        return [expand(item) for item in value] if isinstance(value, list) else value

    return expand(body["Conditions"][condition])


def _evaluate(data: Any, values: Mapping[str, Value]) -> Value:
    if isinstance(data, list):
        return [_evaluate(item, values) for item in data]
    if not isinstance(data, dict):
        return as_text(data)
    ((name, operand),) = data.items()
    if name == "Ref":
        return values.get(operand)
    function = FUNCTIONS.get(name)
    return function(*_evaluate(operand, values)) if function else None


def _and(*terms: Truth) -> Truth:
    if any(term is False for term in terms):
        return False
    return None if None in terms else True


def _not(term: Truth) -> Truth:
    return None if term is None else not term


def _or(*terms: Truth) -> Truth:
    return _not(_and(*map(_not, terms)))


def _equals(left: Value, right: Value) -> Truth:
    unknown = None in (*_flat(left), *_flat(right))
    return None if unknown else bool(left == right)


def _contains(texts: Value, text: Value) -> Truth:
    return _or(*(_equals(member, text) for member in _flat(texts)))


def _each_member_equals(texts: Value, text: Value) -> Truth:
    return _and(*(_equals(member, text) for member in _flat(texts)))


def _each_member_in(texts: Value, others: Value) -> Truth:
    return _and(*(_contains(others, member) for member in _flat(texts)))


# RefAll, ValueOf and ValueOfAll are missing: what they ask only an account can answer.
FUNCTIONS: dict[str, Callable[..., Truth]] = {
    "Fn::And": _and,
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _each_member_equals,
    "Fn::EachMemberIn": _each_member_in,
    "Fn::Equals": _equals,
    "Fn::Not": _not,
    "Fn::Or": _or,
}


def _flat(value: Value) -> list[Value]:
    """Return a list as its members: ``[a, [b, c]]`` is what a list of Refs to lists becomes."""
    if not isinstance(value, list):
        return [value]
    return [member for item in value for member in _flat(item)]


def _refs(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if "Ref" in data:
            yield data["Ref"]
        else:
            yield from _refs(list(data.values()))
    elif isinstance(data, list):
        for item in data:
            yield from _refs(item)
