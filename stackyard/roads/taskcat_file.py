"""``taskcat.yml``: an integration test per blueprint and environment, made from ``params/``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stackyard.checks.physical_names import chosen_names
from stackyard.declared import declarations
from stackyard.environments import ParameterSet
from stackyard.resolved import System, resolve

FILE = "taskcat.yml"  # beside build.py
# What taskcat puts in its place: twenty small letters
UNIQUE, SHAPE = "$[taskcat_random-string]", "abcdefghijklmnopqrst"
HEAD = f"""\
# Made from params/ by build.py. Change those, not this file.
# From here: taskcat test run --project-root dist --input-file ../{FILE}
project:
  name: stackyard
  # functions are in dist/ as archives already
  package_lambda: false
  # CloudFormation reads nested templates, and Lambda archives, in the region of the stack
  s3_regional_buckets: true
  # names that are made from a stack's keep to the limits of AWS
  shorten_stack_name: true
tests:
"""
PLACE = {
    "TemplateBucket": "$[taskcat_autobucket]",
    "TemplatePrefix": "$[taskcat_project_name]/",
}
# What a test makes it deletes
PROTECTION = "DeletionProtection"


@dataclass(frozen=True)
class Test:
    """One entry of the file."""

    name: str
    template: str
    regions: tuple[str, ...]
    parameters: Mapping[str, str]

    def lines(self) -> Iterator[str]:
        """Yield the entry as YAML, every value quoted; taskcat refuses ``$[...]`` in flow style."""
        yield f"  {self.name}:"
        yield f"    template: {self.template}"
        yield "    regions:"
        yield from (f"      - {region}" for region in self.regions)
        yield "    parameters:"
        yield from (f"      {name}: {json.dumps(v)}" for name, v in self.parameters.items())


def test_of(item: ParameterSet, system: System) -> Test:
    """Return the test of an environment.

    Args:
        item: the environment.
        system: the same, resolved in one of its regions.
    """
    unique = dict.fromkeys(_to_generate(system), UNIQUE)
    values = {**item.parameters, **unique}
    if values.get(PROTECTION) == "true":
        values[PROTECTION] = "false"
    return Test(
        f"{item.blueprint}-{item.environment}",
        f"blueprints/{item.blueprint}.yaml",
        item.regions,
        {**PLACE, **{name: v for name, v in values.items() if name not in PLACE}},
    )


def text(tests: Iterable[Test]) -> str:
    """Return the text of the file."""
    return HEAD + "".join(f"{line}\n" for test in tests for line in test.lines())


def _to_generate(system: System) -> list[str]:
    """Return the parameters that need another value, so that a test meets no deployed system.

    Physical names are unique in an account. One parameter in each is enough, if it takes any text,
    and so do the nested templates that it is passed to.
    """
    chosen: list[str] = []
    for names in chosen_names(system):
        if not any(name in chosen for name in names):
            chosen += [name for name in names if _takes_anything(system, name)][:1]
    return chosen


def _takes_anything(system: System, name: str) -> bool:
    if [*declarations(system.root.body)[name].problems(SHAPE)]:
        return False
    changed = resolve(
        system.blueprint,
        system.templates,
        {**system.given, name: SHAPE},
        system.region,
        stack_name=system.stack_name,
    )
    return not any(
        isinstance(value, str) and SHAPE in value and [*declared.problems(value)]
        for stack in changed.stacks()
        for declared in declarations(stack.body).values()
        if (value := stack.parameters[declared.name]) is not None
    )
