"""What every role of a blueprint may do, on what, and by which verb: ``docs/permissions``.

A permission that is added or changed shows there in review. ``RENEW=1 pytest`` this file, and the
tables are written anew from the templates.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from troposphere import Ref

from stackyard.library import Library, Rendered
from stackyard.project import Project
from templates_src.contract import AnyComponent, logical_id, plain
from templates_src.parts.access import access_of
from tests.support import ROOT

FOLDER = ROOT / "docs" / "permissions"
LIBRARY = Library(Project(ROOT))
VERBS = re.compile(r"(Read|Write|Send|Consume|Connect)([A-Z]\w*)")
HEAD = """# What the roles of {0} may do

Made from the templates by `tests/test_access_table.py`. A verb is the binding in the blueprint that
grants a permission, with its variable; what has none belongs to the component itself.

| role | verb | actions | on | where |
|---|---|---|---|---|
"""


def said(value: Any) -> str:
    """Return an expression of a template for people."""
    if isinstance(value, list):
        return ", ".join(map(said, value))
    if not isinstance(value, dict):
        return str(value)
    ((function, operand),) = value.items()
    if function == "Ref":
        return f"<{operand}>"
    if function == "Fn::GetAtt":
        return f"<{'.'.join(operand)}>"
    if function == "Fn::Sub":
        text, values = operand if isinstance(operand, list) else (operand, {})
        for name, replacement in values.items():
            text = text.replace(f"${{{name}}}", said(replacement))
        return re.sub(r"\$\{([^}]+)\}", r"<\1>", text)
    if function == "Fn::Join":
        items = operand[1] if isinstance(operand[1], list) else [operand[1]]
        return operand[0].join(map(said, items))
    if function == "Fn::Select":
        return f"{said(operand[1])}[{operand[0]}]"
    if function == "Fn::Split":
        return said(operand[1])
    assert function == "Fn::If", value
    return " or ".join(said(item) for item in operand[1:] if item != {"Ref": "AWS::NoValue"})


def chosen(value: Any, conditions: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield what *value* is and under which conditions."""
    if isinstance(value, dict) and set(value) == {"Fn::If"}:
        name, there, otherwise = value["Fn::If"]
        yield from chosen(there, (*conditions, name))
        yield from chosen(otherwise, (*conditions, f"not {name}"))
    elif value != {"Ref": "AWS::NoValue"}:
        yield value, conditions


def statements(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """Yield role, statement and conditions of all that the roles of a template may do."""
    for title, resource in body["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        own = (resource["Condition"],) if "Condition" in resource else ()
        for managed in resource["Properties"].get("ManagedPolicyArns", []):
            for arn, conditions in chosen(managed, own):
                yield title, {"Action": ["as this policy of AWS"], "Resource": arn}, conditions
        for policy in resource["Properties"].get("Policies", []):
            for held, outer in chosen(policy, own):
                for listed in held["PolicyDocument"]["Statement"]:
                    for statement, conditions in chosen(listed, outer):
                        yield title, statement, conditions


def rows(rendered: Rendered) -> Iterator[str]:
    for title, statement, conditions in statements(plain(rendered.body)):
        signed = VERBS.fullmatch(statement.get("Sid", ""))
        actions = statement["Action"]
        cells = [
            f"`{rendered.name}/{title}`",
            f"{signed[1]} `{signed[2]}`" if signed else "",
            "<br>".join([actions] if isinstance(actions, str) else actions),
            f"`{said(statement['Resource'])}`",
            ", ".join(dict.fromkeys(conditions)),
        ]
        yield f"| {' | '.join(cells)} |"


def table(blueprint: str) -> str:
    found = [row for rendered in LIBRARY.tree(blueprint) for row in rows(rendered)]
    return HEAD.format(blueprint) + "\n".join(sorted(found)) + "\n"


@pytest.mark.parametrize("blueprint", LIBRARY.blueprints)
def test_every_permission_of_a_blueprint_stands_in_its_table(blueprint: str) -> None:
    page = FOLDER / f"{blueprint}.md"
    if os.environ.get("RENEW"):
        FOLDER.mkdir(exist_ok=True)
        page.write_text(table(blueprint))
    assert page.exists(), f"{page} is missing; write it with RENEW=1"
    reviewed, found = (set(text.splitlines()) for text in (page.read_text(), table(blueprint)))
    assert (sorted(found - reviewed), sorted(reviewed - found)) == ([], []), (
        "permissions came or went; review them and write the table with RENEW=1"
    )


def bases(component: AnyComponent) -> list[AnyComponent]:
    """Return the component that *component* extends, if it extends one."""
    own = component.build.__module__.rpartition(".")[2]
    return [LIBRARY.components[own]] if own != component.name else []


def granted(component: AnyComponent) -> list[Any]:
    """Return the statements that the verbs in a component's contract grant."""
    fields: list[str] = list(component.takes.__dataclass_fields__)
    access = access_of(component.takes(**{name: Ref(logical_id(name)) for name in fields}))
    return [plain(statement) for statement in (*access.starting, *access.running)]


@pytest.mark.parametrize("name", LIBRARY.components)
def test_what_a_blueprint_adds_to_a_role_is_granted_by_a_verb(name: str) -> None:
    component = LIBRARY.components[name]
    for base in bases(component):
        before = [plain(one) for _, one, _ in statements(base.template().to_dict())]
        after = [plain(one) for _, one, _ in statements(component.template().to_dict())]
        added = [one for one in after if one not in before]
        assert [one for one in added if one not in granted(component)] == []


@pytest.mark.parametrize("name", LIBRARY.components)
def test_what_is_bound_is_touched_by_its_verb_alone(name: str) -> None:
    component = LIBRARY.components[name]
    verbs = granted(component)
    # bindings of several verbs to one parameter are several parameters
    touched = {json.dumps(one["Resource"]) for one in verbs}
    for _, statement, _ in statements(component.template().to_dict()):
        if json.dumps(plain(statement["Resource"])) in touched:
            assert plain(statement) in verbs
            assert VERBS.fullmatch(statement["Sid"])
