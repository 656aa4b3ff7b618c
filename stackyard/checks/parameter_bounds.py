"""A root parameter that is only passed on admits nothing that the nested template refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stackyard.checks import finding
from stackyard.declared import Declaration, declarations, members
from stackyard.findings import Finding
from stackyard.resolved import System
from stackyard.rules import expanded, verdict

# The root stack takes the value and the nested one fails, in the middle of everything else.
NESTED = "AWS::CloudFormation::Stack"
PLACE = re.compile(r"components/\w+(?=\.yaml)")
BOUNDS = frozenset(
    {"AllowedValues", "AllowedPattern", "MinValue", "MaxValue", "MinLength", "MaxLength"}
)
# Whether one pattern admits less than another is not computed but tried with these
TEXTS = (
    *("", "a", "A", "0", "_", "-", ".", "/", "a b", "é", "aws", "a/b", "a,b", "a.example.com"),
    *("10.0.0.0/16", "arn:aws:s3:::a", "https://a.example.com", "a@example.com", "a" * 4096),
)


def check(system: System) -> Iterator[Finding]:
    """Yield parameters with a value that the root stack takes and a nested stack refuses."""
    roots = declarations(system.root.body)
    for title, name, inner in _passed(system):
        outer = roots[name]
        for value in _suspects(outer, inner):
            if not any(outer.problems(value)) and _arrives(system, name, value, title):
                problem = next(inner.problems(value))
                message = (
                    f"{name} admits {_shown(value)}, but {inner.name} of {title} {problem}; "
                    "give both the same bounds"
                )
                yield finding(__name__, system, system.root, message)
                break


def _passed(system: System) -> Iterator[tuple[str, str, Declaration]]:
    """Yield the nested stacks, root parameters and nested ones through which values go unchanged.

    Only those whose bounds differ.
    """
    body = system.root.body
    for title, resource in body["Resources"].items():
        properties = resource.get("Properties", {})
        place = PLACE.search(str(properties.get("TemplateURL"))) if properties else None
        if resource["Type"] != NESTED or place is None or place[0] not in system.templates:
            continue
        inner = system.templates[place[0]].get("Parameters", {})
        for nested, value in properties.get("Parameters", {}).items():
            name = _ref(value)
            if name is not None and name in body.get("Parameters", {}) and nested in inner:
                spec, own = inner[nested], body["Parameters"][name]
                # most are the same in every word, and the rest of it takes longer
                if spec != own and _bounds(spec) != _bounds(own):
                    yield title, name, Declaration(nested, spec)


def _ref(value: Any) -> str | None:
    """Return the parameter whose value arrives as it is; a list travels joined."""
    if isinstance(value, Mapping) and "Fn::Join" in value:
        value = value["Fn::Join"][1]
    return value.get("Ref") if isinstance(value, Mapping) else None


def _bounds(spec: Mapping[str, Any]) -> dict[str, Any]:
    is_number = "Number" in spec["Type"]
    return {"is_number": is_number, **{name: spec[name] for name in BOUNDS & spec.keys()}}


def _suspects(outer: Declaration, inner: Declaration) -> Iterator[str]:
    """Yield values that *inner* refuses and *outer* may admit."""
    values = outer.allowed
    if not values:
        values = [*TEXTS]
        for spec, beyond in ((outer.spec, 0), (inner.spec, 1)):
            # what is at the bounds of one and just outside of those of the other
            values += [f"{float(spec[one]) - beyond:g}" for one in {"MinValue"} & spec.keys()]
            values += [f"{float(spec[one]) + beyond:g}" for one in {"MaxValue"} & spec.keys()]
            values += ["a" * max(0, int(spec[one]) - beyond) for one in {"MinLength"} & spec.keys()]
            values += ["a" * (int(spec[one]) + beyond) for one in {"MaxLength"} & spec.keys()]
    return (value for value in values if any(inner.problems(value)))


def _arrives(system: System, name: str, value: str, title: str) -> bool:
    """Return whether a value passes the root's rules while the nested stack may exist.

    That is so with the other values of this environment, or whatever the others are.
    """
    body = system.root.body
    texts = {key: one.default for key, one in declarations(body).items()}
    texts |= {key: str(one) for key, one in system.given.items()}
    own = {"AWS::Region": system.region, **_values(body, {**texts, name: value})}
    only = _values(body, {name: value})
    about = [rule for rule in body.get("Rules", {}).values() if _mentions(rule, name)]
    exists = [{"Assert": expanded(one, body)} for one in _conditions(body, title)]
    return any(
        all(verdict(rule, values) in allowed for rule in about)
        and verdict({"Assertions": exists}, values) is not False
        for values, allowed in ((own, (True, None)), (only, (True,)))
    )


def _values(body: Mapping[str, Any], texts: Mapping[str, str | None]) -> dict[str, Any]:
    declared = declarations(body)
    return {
        key: members(text) if key in declared and declared[key].is_list else text
        for key, text in texts.items()
        if text is not None
    }


def _conditions(body: Mapping[str, Any], title: str) -> list[str]:
    resource = body["Resources"][title]
    return [resource["Condition"]] if "Condition" in resource else []


def _mentions(data: Any, name: str) -> bool:
    return f'{{"Ref": "{name}"}}' in json.dumps(data)


def _shown(value: str) -> str:
    return repr(value) if len(value) < 100 else f"{len(value)} characters"
